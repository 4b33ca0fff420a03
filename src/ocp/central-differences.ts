import type { Vec } from "./ocp.ts";

/** Share of an argument's size that balances rounding and truncation of a first difference. */
export const FIRST = Math.cbrt(Number.EPSILON);

/** What to expect of differences. */
export type DifferenceAccuracy = {
  /** The step as a share of an argument's size. */
  readonly relative: number;
  /** Slopes at a step and at half of it that agree so well, relatively, leave nothing to mend. */
  readonly agreed: number;
  /** Relative rounding of the function. */
  readonly noise: number;
};

/** Of a function exact to rounding: slopes agree 20 times as far as they should. */
const FIRST_DIFFERENCES: DifferenceAccuracy = {
  relative: FIRST,
  agreed: 1e-9,
  noise: 8 * Number.EPSILON,
};
/** Slopes that agree so many times less far make the step look for another size, taken where they agree 8^2 times as far: what truncation falls by. */
const ALARMED = 100;
const FACTOR = 8;
/** Sizes down to 8^-14 times the one at hand: 12 orders of magnitude. */
const REACH = 14;
/** A slope of which rounding may be more than this share makes the step look for a larger size. */
const COARSE = 1e-6;
/** A value so many times its change over a size hides it. */
const HIDDEN = 10;
/** A difference of so many roundings of its values is none. */
const UNTOLD = 4 * Number.EPSILON;

/**
 * Central differences of a function R^n -> R^m whose arguments may be in any unit. The step in z_j is a share of its
 * size, `relative damp_j max(floor_j, |z_j|)`, with floor and damp 1 until the function says otherwise: at calls 0, 1, 3, 7, 15, ...
 * of a pass over a trajectory the slope is compared with that at half the step, and where truncation parts them the
 * size becomes the nearest 8^-e of it at which they agree. Of one value (a cost) that is far larger than what a size
 * changes of it, by V, the step is `(|f| / V)^(1/3)` times as long, which balances rounding and truncation again, and a
 * slope that is no more than rounding is zero: a constant beside a cost does not matter.
 * A pass begins where the stage falls or is 0: sizes are forgotten then, and the same pass gives the same bits.
 */
export type CentralDifferences = {
  /** Size of z_j, whose share is the step. */
  size(j: number, z: number): number;
  /** Writes df/dz_j (m) for every j in turn; at stage k; z is restored. The slope is scratch. */
  columns(f: (out: Vec) => void, z: Vec, k: number, column: (j: number, slope: Vec) => void): void;
};

/**
 * Prepares the differences; a call allocates nothing.
 *
 * @param accuracy what to expect of f
 */
export function createCentralDifferences(
  n: number,
  m: number,
  { relative, agreed, noise } = FIRST_DIFFERENCES,
): CentralDifferences {
  const [high, low, slope, half] = Array.from({ length: 4 }, () => new Float64Array(m));
  const [floor, damp] = [new Float64Array(n).fill(1), new Float64Array(n).fill(1)];
  const size = (j: number, z: number): number => damp[j] * Math.max(floor[j], Math.abs(z));
  let [calls, due, last] = [0, 0, 0];

  const difference = (f: (out: Vec) => void, z: Vec, j: number, h: number, out: Vec): void => {
    const z0 = z[j];
    z[j] = z0 + h;
    f(high);
    z[j] = z0 - h;
    f(low);
    z[j] = z0;
    for (let i = 0; i < m; i++) out[i] = (high[i] - low[i]) / (2 * h);
  };

  /** How far the slopes at h and h / 2 are apart, relative to them; where rounding may do it, `share` of rounding. */
  const disagreement = (f: (out: Vec) => void, z: Vec, j: number, h: number, share: number): number => {
    difference(f, z, j, h / 2, half);
    difference(f, z, j, h, slope);
    let [largest, apart, value] = [0, 0, 0];
    for (let i = 0; i < m; i++) {
      largest = Math.max(largest, Math.abs(half[i]));
      apart = Math.max(apart, Math.abs(slope[i] - half[i]));
      value = Math.max(value, Math.abs(high[i]));
    }
    const rounding = (noise * value) / h;
    return apart <= rounding ? (share === 0 ? 0 : (share * rounding) / largest) : apart / largest;
  };

  /** Where a value hides its own changes behind its rounding: lets the size grow, as long as slopes at h and h / 2 agree. */
  const widen = (f: (out: Vec) => void, z: Vec, j: number): void => {
    const now = size(j, z[j]);
    const value = Math.abs(high[0]);
    if (m > 1 || !(noise * value > COARSE * relative * now * Math.abs(slope[0]))) return;
    difference(f, z, j, now, half);
    const [above, below] = [high[0], low[0]];
    f(half);
    const change = Math.max(Math.abs(above - half[0]), Math.abs(below - half[0]));
    if (!(change > 0 && HIDDEN * change < value)) return;
    const narrow = damp[j];
    damp[j] *= Math.cbrt(value / change);
    if (disagreement(f, z, j, relative * size(j, z[j]), 0) > ALARMED * agreed) damp[j] = narrow;
  };

  /** Where truncation parts the slopes by `before`: takes a size at which they agree. */
  const shrink = (f: (out: Vec) => void, z: Vec, j: number, before: number): void => {
    const now = size(j, z[j]);
    let [best, chosen] = [before, now];
    for (let e = 1; e <= REACH && best > agreed; e++) {
      const s = now * FACTOR ** -e;
      const next = disagreement(f, z, j, relative * s, 1);
      if (next < best) [best, chosen] = [next, s];
    }
    if (FACTOR ** 2 * best > before) return;
    floor[j] = Math.max(chosen, Math.abs(z[j]));
    damp[j] = chosen / floor[j];
  };

  return {
    size,
    columns(f, z, k, column) {
      if (k === 0 || k < last) {
        [calls, due] = [0, 0];
        floor.fill(1);
        damp.fill(1);
      }
      const look = calls === due;
      if (look) due = 2 * calls + 1;
      last = k;
      calls++;
      for (let j = 0; j < n; j++) {
        if (look) {
          const apart = disagreement(f, z, j, relative * size(j, z[j]), 0);
          if (apart > ALARMED * agreed) shrink(f, z, j, apart);
          else widen(f, z, j);
        }
        difference(f, z, j, relative * size(j, z[j]), slope);
        if (m === 1 && Math.abs(high[0] - low[0]) <= UNTOLD * Math.abs(high[0])) slope[0] = 0;
        column(j, slope);
      }
    },
  };
}
