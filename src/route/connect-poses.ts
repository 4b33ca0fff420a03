import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { curveCost, type DriveGround, jointCost } from "./drive-cost.ts";
import type { DriveCurve, DriveSegment } from "./drive-curve.ts";
import type { DriveModel } from "./drive-model.ts";
import { forEachDubinsWord } from "./dubins.ts";
import { forEachReedsSheppWord, type HearWord } from "./reeds-shepp.ts";

/** A curve and what it costs at least, or in all. [m] */
export type PricedCurve = { readonly curve: DriveCurve; readonly cost: number };

/** Words of more than this many are not tried: what is in the way of the cheapest few is in the way of all. */
const TRIED = 6;
const NOTHING: DriveSegment = { curvature: 0, length: 0 };
/** Shorter segments are rounding, in turning radii. */
const NO_LENGTH = 1e-9;

/** Shorter ways between two changes of direction are no way to drive: each radius that they lack costs so much. */
const SHORT_RUN = { radii: 0.25, price: 10 };

/** What a word costs for its ways between changes of direction that are too short. [m] */
function shortRunPrice({ radius }: DriveModel, before: DriveSegment, lengths: Vec, count: number): number {
  let sum = 0;
  let direction = Math.sign(before.length);
  let run = direction === 0 ? 0 : SHORT_RUN.radii; // what was driven before counts as long enough
  const close = (): number => (direction === 0 ? 0 : Math.max(0, SHORT_RUN.radii - run));
  for (let i = 0; i < count; i++) {
    if (Math.abs(lengths[i]) < NO_LENGTH) continue;
    if (direction * lengths[i] < 0) {
      sum += close();
      run = 0;
    }
    direction = Math.sign(lengths[i]);
    run += Math.abs(lengths[i]);
  }
  return SHORT_RUN.price * radius * (sum + close());
}

/** What a word costs without obstacles. */
function wordPrice(
  model: DriveModel,
  before: DriveSegment,
  letters: Int8Array,
  lengths: Vec,
  count: number,
): number {
  const { radius, prices } = model;
  let sum = 0;
  let { curvature, length } = before;
  for (let i = 0; i < count; i++) {
    if (Math.abs(lengths[i]) < NO_LENGTH) continue;
    const next = letters[i] / radius;
    sum += jointCost(model, curvature, length, next, lengths[i]);
    sum += radius * (Math.abs(lengths[i]) * (lengths[i] < 0 ? prices.reverse : prices.forward));
    curvature = next;
    length = lengths[i];
  }
  return sum;
}

/** Hears of all words between two poses, in turning radii. */
function wordsBetween(model: DriveModel, from: Vec, to: Vec, hear: HearWord): void {
  const c = Math.cos(from[2]);
  const s = Math.sin(from[2]);
  const dx = (to[0] - from[0]) / model.radius;
  const dy = (to[1] - from[1]) / model.radius;
  const x = c * dx + s * dy;
  const y = c * dy - s * dx;
  const turn = wrapAngle(to[2] - from[2]);
  const { forward, reverse } = model.prices;
  if (reverse === Number.POSITIVE_INFINITY) forEachDubinsWord(x, y, turn, hear);
  else if (forward < Number.POSITIVE_INFINITY) forEachReedsSheppWord(x, y, turn, hear);
  else {
    // Backwards only: Dubins' words in a mirror across the y-axis.
    forEachDubinsWord(-x, y, -turn, (letters, lengths, count) => {
      for (let i = 0; i < count; i++) lengths[i] = -lengths[i];
      hear(letters, lengths, count);
    });
  }
}

/** What the cheapest curve between two poses costs where nothing is in the way. [m] */
export function cheapestPrice(model: DriveModel, from: Vec, to: Vec): number {
  let least = Number.POSITIVE_INFINITY;
  wordsBetween(model, from, to, (letters, lengths, count) => {
    least = Math.min(least, wordPrice(model, NOTHING, letters, lengths, count));
  });
  return least;
}

/**
 * The cheapest curve between two poses that touches nothing, of the few that cost least without obstacles.
 *
 * @param before the segment driven until now
 * @param atMost a curve that costs as much or more is none [m]
 */
export function connectPoses(
  ground: DriveGround,
  from: Vec,
  to: Vec,
  before: DriveSegment = NOTHING,
  atMost = Number.POSITIVE_INFINITY,
): PricedCurve | undefined {
  const { model } = ground;
  const tried: (PricedCurve & { readonly extra: number })[] = [];
  wordsBetween(model, from, to, (letters, lengths, count) => {
    const extra = shortRunPrice(model, before, lengths, count);
    const cost = extra + wordPrice(model, before, letters, lengths, count);
    if (cost >= Math.min(atMost, tried[TRIED - 1]?.cost ?? Number.POSITIVE_INFINITY)) return;
    const at = tried.findIndex((other) => cost < other.cost);
    tried.splice(at < 0 ? tried.length : at, 0, {
      curve: curveOf(model, letters, lengths, count),
      cost,
      extra,
    });
    if (tried.length > TRIED) tried.pop();
  });
  let best: PricedCurve | undefined;
  let least = atMost;
  for (const { curve, cost: bound, extra } of tried) {
    if (bound >= least) break;
    const cost = extra + curveCost(ground, from, curve, before, least - extra);
    if (cost >= least) continue;
    least = cost;
    best = { curve, cost };
  }
  return best;
}

function curveOf({ radius }: DriveModel, letters: Int8Array, lengths: Vec, count: number): DriveCurve {
  const curve: DriveSegment[] = [];
  for (let i = 0; i < count; i++) {
    if (Math.abs(lengths[i]) < NO_LENGTH) continue;
    curve.push({ curvature: letters[i] / radius, length: radius * lengths[i] });
  }
  return curve;
}
