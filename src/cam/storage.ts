import { checkCount, checkWithin, type Rng, shuffle } from "../base/index.ts";

type Vec = Float64Array;

/** Corners are enumerated up to this dimension. */
const MOST_BITS = 12;
/** Draws of patterns, before a code is taken. */
const MOST_DRAWS = 100;

/**
 * How many patterns Theorem 4.4 allows: `M <= exp(2n (tau - 2 rho)) (1 - e^{-2}) / (2 e^2)`.
 *
 * Patterns at pairwise Hamming distance >= tau n, a state within rho n of one of them: then a flip that
 * leads to that pattern lowers the energy, and one that leads away raises it, in expectation over the
 * projections. With d = tau n and h = rho n bits the bound depends on d - 2h alone.
 *
 * @param dim n
 * @param tau in [0, 1]
 * @param rho in [0, 1]
 * @throws ConfigError outside of these
 * Source: docs/associative-memory.md#energy-of-a-state-and-what-a-bit-flip-does-to-it;
 * Jain et al. 2023 (Mnemosyne), Theorem 4.4.
 */
export function storageBound(dim: number, tau: number, rho: number): number {
  checkCount("dim", dim, 1);
  for (const [name, value] of Object.entries({ tau, rho })) checkWithin(name, value, 0, 1);
  return (Math.exp(2 * dim * (tau - 2 * rho)) * -Math.expm1(-2)) / (2 * Math.exp(2));
}

/**
 * The least margin of any flip, for every number of patterns, over **all** sets of patterns: how far the
 * exact energy change is on the right side of 0, over `exp(sigma'xi_1)`.
 *
 * Every state within h bits of xi_1, every bit, and the M - 1 corners at distance >= d from xi_1 that
 * harm that flip most. The corners need not keep their distance from each other, so sets are included
 * that the theorem does not speak of: a positive margin proves its claim for M, a negative one refutes
 * nothing. xi_1 = (1, .., 1) is no restriction: to flip a bit of everything changes no energy.
 *
 * @param dim n, at most 12: 2^n corners
 * @param distance d = tau n, 1 to n
 * @param errors h = rho n, 0 to n
 * @returns (1 + corners at distance >= d): margin with at most 1, 2, .. patterns; never increases
 * @throws ConfigError where a number is not of this kind
 */
export function worstFlipMargins(dim: number, distance: number, errors: number): Vec {
  checkCount("dim", dim, 1, MOST_BITS);
  checkCount("distance", distance, 1, dim);
  checkCount("errors", errors, 0, dim);
  const corners = 2 ** dim;
  // Bit l of a corner's number is set where it differs from xi_1.
  const others = Array.from({ length: corners }, (_, i) => i).filter((i) => countBits(i) >= distance);
  const margins = new Float64Array(1 + others.length).fill(Number.POSITIVE_INFINITY);
  const parts = new Float64Array(others.length);
  for (let sigma = 0; sigma < corners; sigma++) {
    const off = countBits(sigma);
    if (off > errors) continue;
    for (let bit = 0; bit < dim; bit++) {
      const wrong = (sigma >> bit) & 1;
      // A wrong bit's flip must lower the energy, a right one's must raise it.
      const sign = wrong ? -1 : 1;
      for (let j = 0; j < others.length; j++) {
        const overlap = 2 * off - 2 * countBits(others[j] ^ sigma);
        const agrees = ((others[j] >> bit) & 1) === wrong;
        parts[j] = sign * Math.exp(overlap) * -Math.expm1(agrees ? -2 : 2);
      }
      parts.sort();
      let margin = sign * -Math.expm1(wrong ? 2 : -2);
      margins[0] = Math.min(margins[0], margin);
      for (let j = 0; j < others.length; j++) {
        margin += Math.min(0, parts[j]);
        margins[j + 1] = Math.min(margins[j + 1], margin);
      }
    }
  }
  return margins;
}

/** All states within h bits of a pattern, itself first. @param pattern (n), n at most 12 */
export function statesWithin(pattern: Vec, errors: number): Vec[] {
  checkCount("length of pattern", pattern.length, 1, MOST_BITS);
  const states: Vec[] = [];
  for (let i = 0; i < 2 ** pattern.length; i++)
    if (countBits(i) <= errors) states.push(pattern.map((spin, l) => ((i >> l) & 1 ? -spin : spin)));
  return states;
}

/**
 * Draws patterns that keep a Hamming distance: corners in random order, each taken that is far enough
 * from all before it. Where no draw of many has room for all, it is some words of a code with the bits
 * and their signs shuffled (the lexicode: 16 words of 8 bits at distance 4, 128 at distance 2).
 *
 * @param dim n, at most 12
 * @param distance d, 1 to n
 * @param count M
 * @returns (M, n), or fewer patterns where neither way has room for all
 * @throws ConfigError where a number is not of this kind
 */
export function drawPatterns(dim: number, distance: number, count: number, rng: Rng): Vec {
  checkCount("dim", dim, 1, MOST_BITS);
  checkCount("distance", distance, 1, dim);
  checkCount("count", count, 1, 2 ** dim);
  const corners = Int32Array.from({ length: 2 ** dim }, (_, i) => i);
  const code = takeCorners(corners, distance, corners.length);
  let most: Int32Array = corners.subarray(0, 0);
  for (let n = 0; n < MOST_DRAWS && most.length < Math.min(count, code.length); n++) {
    shuffle(corners, rng);
    const taken = takeCorners(corners, distance, count);
    if (taken.length > most.length) most = taken;
  }
  const bits = Int32Array.from({ length: dim }, (_, i) => i);
  let signs = 0;
  if (most.length < count && code.length > most.length) {
    shuffle(code, rng);
    shuffle(bits, rng);
    signs = rng.int(2 ** dim);
    most = code.subarray(0, count);
  }
  return Float64Array.from({ length: most.length * dim }, (_, at) =>
    ((most[Math.floor(at / dim)] ^ signs) >> bits[at % dim]) & 1 ? -1 : 1,
  );
}

/** Takes the corners, in their order, that are far enough from all taken before. */
function takeCorners(corners: Int32Array, distance: number, most: number): Int32Array {
  const taken: number[] = [];
  for (let i = 0; i < corners.length && taken.length < most; i++)
    if (taken.every((other) => countBits(other ^ corners[i]) >= distance)) taken.push(corners[i]);
  return Int32Array.from(taken);
}

function countBits(value: number): number {
  let bits = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
