import type { Vec } from "./ocp.ts";

/** Share of an argument's size that balances rounding and truncation of a first difference. */
export const FIRST = Math.cbrt(Number.EPSILON);

/** What to expect of differences. */
export type DifferenceAccuracy = {
  /** The step as a share of an argument's size. */
  readonly relative: number;
  /** Slopes at a step and at a shorter one that agree so well, relatively, leave nothing to mend. */
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
/** A step and this share of it are compared, the golden section: at half of it values that are rounded agree by chance. */
const SHORTER = 0.618034;
/** Sizes down to 8^-14 times the one at hand, 12 orders of magnitude, and up to 8^5, where a step is a fifth of it. */
const REACH = { down: 14, up: 5 };
/** A slope of which rounding may be more than this share makes the step look for a larger size. */
const COARSE = 1e-6;
/** A value so many times its change over a size hides it. */
const HIDDEN = 10;
/** A difference of so many roundings of its values is none. */
const UNTOLD = 4 * Number.EPSILON;

/** Writes the values (m) of a function at the present arguments. */
type Values = (out: Vec) => void;

/**
 * Central differences of a function R^n -> R^m whose arguments may be in any unit: what {@link differenceColumns} knows of it, and its
 * scratch. The step in z_j is a share of its size, `relative damp_j max(floor_j, |z_j|)`, with floor and damp 1 until the function says
 * otherwise: at calls 0, 1, 3, 7, 15, ... of a pass over a trajectory the slope is compared with that at a shorter step.
 * Where truncation parts them the size becomes the nearest 8^-e of it at which they agree; where rounding does (values that are
 * differences of large numbers, as a circle's of 1e5, or large beside their changes), the 8^e of it at which both it and truncation are
 * least. Of one value (a cost) that is far larger than what a size changes of it, by V, the step is `(|f| / V)^(1/3)` times as
 * long, which balances rounding and truncation again, and a slope that is no more than rounding is zero: a constant beside a cost does
 * not matter. A pass begins where the stage falls or is 0: sizes are forgotten then, and the same pass gives the same bits.
 */
export type CentralDifferences = {
  readonly accuracy: DifferenceAccuracy;
  /** (n) */
  readonly floor: Vec;
  readonly damp: Vec;
  /** (m) values at both ends of a step, slopes at it and at a shorter one. */
  readonly high: Vec;
  readonly low: Vec;
  readonly slope: Vec;
  readonly shorter: Vec;
  /** Calls of this pass, the one at which sizes are looked at next, and the last stage. */
  calls: number;
  due: number;
  last: number;
  /** What {@link compare} found: the largest slope, by how much two may differ, and by how much for rounding alone. */
  largest: number;
  apart: number;
  rounding: number;
};

/** Allocates differences of functions R^n -> R^m. @param accuracy what to expect of them */
export function createCentralDifferences(
  n: number,
  m: number,
  accuracy: DifferenceAccuracy = FIRST_DIFFERENCES,
): CentralDifferences {
  const values = (): Vec => new Float64Array(m);
  return {
    accuracy,
    ...{ floor: new Float64Array(n).fill(1), damp: new Float64Array(n).fill(1) },
    ...{ high: values(), low: values(), slope: values(), shorter: values() },
    ...{ calls: 0, due: 0, last: 0, largest: 0, apart: 0, rounding: 0 },
  };
}

/** Size of the argument z_j, whose share is the step. */
export function argumentSize({ floor, damp }: CentralDifferences, j: number, z: number): number {
  return damp[j] * Math.max(floor[j], Math.abs(z));
}

/**
 * Writes df/dz_j (m) for every j in turn; allocates nothing.
 *
 * @param f values at the present z
 * @param z (n) restored on return
 * @param k stage
 * @param column takes j and the slope, which is scratch
 */
export function differenceColumns(
  d: CentralDifferences,
  f: Values,
  z: Vec,
  k: number,
  column: (j: number, slope: Vec) => void,
): void {
  if (k === 0 || k < d.last) {
    d.calls = 0;
    d.due = 0;
    d.floor.fill(1);
    d.damp.fill(1);
  }
  const look = d.calls === d.due;
  if (look) d.due = 2 * d.calls + 1;
  d.last = k;
  d.calls++;
  const { high, low, slope, accuracy } = d;
  for (let j = 0; j < z.length; j++) {
    if (look) chooseSize(d, f, z, j);
    difference(d, f, z, j, accuracy.relative * argumentSize(d, j, z[j]), slope);
    if (slope.length === 1 && Math.abs(high[0] - low[0]) <= UNTOLD * Math.abs(high[0])) slope[0] = 0;
    column(j, slope);
  }
}

function difference(
  { high, low }: CentralDifferences,
  f: Values,
  z: Vec,
  j: number,
  h: number,
  out: Vec,
): void {
  const z0 = z[j];
  z[j] = z0 + h;
  f(high);
  z[j] = z0 - h;
  f(low);
  z[j] = z0;
  for (let i = 0; i < out.length; i++) out[i] = (high[i] - low[i]) / (2 * h);
}

/** Compares the slopes at a size's step and at a shorter one; leaves both. */
function compare(d: CentralDifferences, f: Values, z: Vec, j: number, size: number): void {
  const { high, slope, shorter, accuracy } = d;
  const h = accuracy.relative * size;
  difference(d, f, z, j, SHORTER * h, shorter);
  difference(d, f, z, j, h, slope);
  d.largest = 0;
  d.apart = 0;
  let value = 0;
  for (let i = 0; i < slope.length; i++) {
    d.largest = Math.max(d.largest, Math.abs(shorter[i]));
    d.apart = Math.max(d.apart, Math.abs(slope[i] - shorter[i]));
    value = Math.max(value, Math.abs(high[i]));
  }
  d.rounding = (accuracy.noise * value) / h;
}

/** Looks whether the size of z_j serves, and for another one where it does not. */
function chooseSize(d: CentralDifferences, f: Values, z: Vec, j: number): void {
  const now = argumentSize(d, j, z[j]);
  compare(d, f, z, j, now);
  const { rounding, largest } = d;
  const before = disagreement(d);
  const alarmed = d.apart > rounding && before > ALARMED * d.accuracy.agreed;
  if (!alarmed && d.slope.length === 1) {
    widen(d, f, z, j);
    return;
  }
  if (!alarmed && !(rounding > COARSE * largest)) return;
  if (alarmed && takeBest(d, f, z, j, before, 1 / FACTOR, REACH.down)) return;
  takeBest(d, f, z, j, before, FACTOR, REACH.up);
}

/** How far the slopes that were compared are apart, or may be for rounding, relative to them. */
function disagreement({ apart, rounding, largest }: CentralDifferences): number {
  return Math.max(apart, rounding) / largest;
}

/**
 * Takes the size, `factor^e` times the one at hand, at which slopes agree best, where that is far better than `before` and no
 * chance: a step further they agree better than before, too, which rounding does not make them do on shorter steps.
 *
 * @returns whether there is one
 */
function takeBest(
  d: CentralDifferences,
  f: Values,
  z: Vec,
  j: number,
  before: number,
  factor: number,
  reach: number,
): boolean {
  const now = argumentSize(d, j, z[j]);
  const most = FACTOR ** REACH.up * Math.max(1, Math.abs(z[j]));
  let best = before;
  let chosen = now;
  for (let e = 1; e <= reach && best > d.accuracy.agreed; e++) {
    const size = now * factor ** e;
    if (size > most) break;
    compare(d, f, z, j, size);
    const next = disagreement(d);
    if (!(next < best)) continue;
    best = next;
    chosen = size;
  }
  if (!(FACTOR ** 2 * best < before)) return false;
  compare(d, f, z, j, chosen * Math.min(1, factor));
  if (factor < 1 && disagreement(d) >= before) return false;
  d.floor[j] = Math.max(chosen, Math.abs(z[j]));
  d.damp[j] = chosen / d.floor[j];
  return true;
}

/** Where a value hides its own changes behind its rounding: lets the size grow, as long as slopes agree. @param d compared */
function widen(d: CentralDifferences, f: Values, z: Vec, j: number): void {
  const { high, low, shorter, slope, damp, accuracy } = d;
  const now = argumentSize(d, j, z[j]);
  const value = Math.abs(high[0]);
  if (!(accuracy.noise * value > COARSE * accuracy.relative * now * Math.abs(slope[0]))) return;
  difference(d, f, z, j, now, shorter);
  const above = high[0];
  const below = low[0];
  f(shorter);
  const change = Math.max(Math.abs(above - shorter[0]), Math.abs(below - shorter[0]));
  if (!(change > 0 && HIDDEN * change < value)) return;
  const narrow = damp[j];
  damp[j] *= Math.cbrt(value / change);
  compare(d, f, z, j, argumentSize(d, j, z[j]));
  if (d.apart > d.rounding && d.apart > ALARMED * accuracy.agreed * d.largest) damp[j] = narrow;
}
