import type { Mover } from "../sim/index.ts";

/** Standard deviations of a mover's place [m] and of its speed [m/s], each along one axis. */
export type MoverDeviation = { readonly place: number; readonly speed: number };

/** A mover as somebody sees it: how sure of it that is, where it is known. */
export type SeenMover = Mover & { readonly deviation?: MoverDeviation };

/**
 * Nobody keeps a velocity: of one whose deviation is not known, and of one that is known for sure, it is taken to change
 * by this share of the speed.
 */
const UNSTEADY = 0.15;
/** No mover is kept clear of by more than this share of its radius for want of certainty, or nobody gets through a crowd. */
const MOST_SPREAD = 0.5;

/** A mover after a time at constant velocity; its place is the less certain. @param t [s] */
export function moverAhead<M extends SeenMover>(mover: M, t: number): M {
  const { x, y, vx, vy, deviation } = mover;
  const moved = { ...mover, x: x + t * vx, y: y + t * vy };
  return deviation === undefined
    ? moved
    : { ...moved, deviation: { ...deviation, place: Math.hypot(deviation.place, t * deviation.speed) } };
}

/**
 * By how much a mover's disc grows until it is predicted for a time: one standard deviation of its place,
 * `min(most, sqrt(place^2 + (speed t)^2))`, where `speed` is at least a share of the mover's speed and `most` one of its
 * radius.
 *
 * @param t [s] @returns [m]
 */
export function moverSpread({ vx, vy, radius, deviation }: SeenMover, t: number): number {
  const unsteady = UNSTEADY * Math.hypot(vx, vy);
  const { place = 0, speed = 0 } = deviation ?? {};
  return Math.min(MOST_SPREAD * radius, Math.hypot(place, t * Math.max(speed, unsteady)));
}
