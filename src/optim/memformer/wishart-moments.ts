/**
 * Moments of the second-moment matrix `H = X'X / n` of n normal examples with covariance
 * `Sigma = diag(eigenvalues)`, without sampling:
 *
 *     m_ij = E tr(Sigma^-1 H^i Sigma H^j)
 *
 * By Isserlis' theorem the expectation of a product of jointly normal numbers is the sum over all ways to
 * pair them. With k = i + j each H is a vertex with two ends (a row of X to its left and to its right);
 * a pairing of the 2k ends joins the vertices' sums over examples into loops, each worth n, and the
 * matrices between them into loops of traces:
 *
 *     m_ij = n^-k  sum over pairings  n^(loops of examples)  prod over loops of traces  tr Sigma^(power)
 *
 * There are (2k-1)!! pairings: 105 for k = 4, two millions for k = 8.
 *
 * @param i >= 0 @param j >= 0
 */
export function wishartMoment(eigenvalues: readonly number[], n: number, i: number, j: number): number {
  const k = i + j;
  if (k === 0) return eigenvalues.length;
  const traces = Array.from({ length: k + 2 }, (_, p) => eigenvalues.reduce((sum, s) => sum + s ** p, 0));
  let moment = 0;
  for (const [pattern, count] of patternsOf(i, j)) {
    let rest = pattern;
    let product = count;
    for (let p = 0; p < traces.length; p++) {
      product *= traces[p] ** (rest % DIGIT);
      rest = Math.floor(rest / DIGIT);
    }
    moment += product * n ** (rest - k);
  }
  return moment;
}

/**
 * A pairing's loops in one number, in digits of base 16: how many loops of traces have power 0, 1, .. k + 1, and in
 * front of them the loops of examples.
 */
const DIGIT = 16;
/** How many pairings have each pattern, by `i,j`: they do not depend on the covariance. */
const known = new Map<string, ReadonlyMap<number, number>>();

function patternsOf(i: number, j: number): ReadonlyMap<number, number> {
  const key = `${i},${j}`;
  const found = known.get(key) ?? countPatterns(i, i + j);
  known.set(key, found);
  return found;
}

function countPatterns(i: number, k: number): ReadonlyMap<number, number> {
  // The word is Sigma^-1 H..H Sigma H..H, a ring: before[m] is the power of Sigma between H m-1 and H m.
  const before = new Int8Array(k);
  before[0] -= 1;
  before[i % k] += 1;
  const mate = new Int8Array(2 * k).fill(-1); // ends 2m (left of H m) and 2m + 1 (right)
  const counts = new Map<number, number>();
  const pair = (from: number): void => {
    let first = from;
    while (first < 2 * k && mate[first] >= 0) first++;
    if (first === 2 * k) {
      const pattern = patternOf(mate, before);
      counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
      return;
    }
    for (let second = first + 1; second < 2 * k; second++) {
      if (mate[second] >= 0) continue;
      mate[first] = second;
      mate[second] = first;
      pair(first + 1);
      mate[first] = mate[second] = -1;
    }
  };
  pair(0);
  return counts;
}

/** The loops of a pairing of ends, as the number that {@link DIGIT} describes. */
function patternOf(mate: Int8Array, before: Int8Array): number {
  const k = before.length;
  let pattern = 0;
  let seen = 0; // a bit for each end
  for (let m = 0; m < k; m++) {
    if ((seen >> (2 * m)) & 1) continue;
    // From an end across the matrix beside it to the next H, and on to that end's mate.
    let power = 0;
    let end = 2 * m;
    while (((seen >> end) & 1) === 0) {
      const vertex = end >> 1;
      const right = (end & 1) === 1;
      const next = right ? (vertex + 1) % k : (vertex + k - 1) % k;
      const other = right ? 2 * next : 2 * next + 1;
      power += 1 + before[right ? next : vertex];
      seen |= (1 << end) | (1 << other);
      end = mate[other];
    }
    pattern += DIGIT ** power;
  }
  seen = 0;
  for (let start = 0; start < 2 * k; start++) {
    if ((seen >> start) & 1) continue;
    pattern += DIGIT ** (k + 2);
    for (let end = start; ((seen >> end) & 1) === 0; end = mate[end] ^ 1)
      seen |= (1 << end) | (1 << mate[end]);
  }
  return pattern;
}
