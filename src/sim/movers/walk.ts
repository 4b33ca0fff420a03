import type { WalkingGround } from "./walking-ground.ts";

/** A round thing that moves, as a walker sees it. [m, m/s] */
export type Body = {
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
  readonly radius: number;
};

/** How far a walker looks; a way that is free so far is free. [m] */
const SIGHT = 6;
/** Directions that are weighed, from the wanted one: right before left. [rad] */
const TURNS = [0, 5, 10, 15, 20, 30, 40, 50, 60, 75, 90, 105].flatMap((deg) => {
  const turn = (deg * Math.PI) / 180;
  return deg === 0 ? [0] : [-turn, turn];
});
/** Weight of a turn away from where it walks already, so that nobody dithers between two sides. */
const STEADY = 0.3;
/** Time within which a walker stops, and to which its changes of velocity are spread. [s] */
export const REACTION = 0.5;
/** Room that a walker keeps where it can. [m] */
const ELBOWS = 0.08;
/** Shortest step of a look along a wall. [m] */
const PROBE = 0.05;

/**
 * The velocity that a walker wants, by two rules for which people were measured. It goes in the direction alpha that leads
 * most directly to where it wants to be, given how far it could go before it met something, f(alpha); and no faster than
 * lets it stop there:
 *
 *     alpha = argmin D^2 + f(alpha)^2 - 2 D f(alpha) cos(alpha_0 - alpha),   v = min(v_0, f(alpha) / tau)
 *
 * with D its sight, tau 0.5 s, and the others taken to keep their velocities. Beyond the source, a direction costs
 * .6 D^2 (1 - cos) of the angle to where it walks already, in the share of its speed at which it does; of two directions that
 * are as good it takes the right one.
 *
 * @param me where it is, how fast and how wide @param speed v_0 [m/s]
 * @param heading alpha_0, map frame [rad] @param distance to where it wants to be: it looks no further [m]
 * @param out (2) [m/s]
 * Source: Moussaid, Helbing, Theraulaz, "How simple rules determine pedestrian behavior and crowd disasters", PNAS 2011.
 */
export function wantedVelocity(
  ground: WalkingGround,
  me: Body,
  speed: number,
  heading: number,
  distance: number,
  others: readonly Body[],
  out: Float64Array,
): void {
  const sight = Math.min(SIGHT, Math.max(distance, speed * REACTION));
  let least = Number.POSITIVE_INFINITY;
  let free = 0;
  let direction = heading;
  for (const turn of TURNS) {
    const [dx, dy] = [Math.cos(heading + turn), Math.sin(heading + turn)];
    const f = freeWay(ground, me, dx, dy, speed, sight, others);
    const swerve = (Math.hypot(me.vx, me.vy) - me.vx * dx - me.vy * dy) / speed;
    const cost = sight * sight + f * f - 2 * sight * f * Math.cos(turn) + 2 * STEADY * sight * sight * swerve;
    if (cost >= least - 1e-9) continue;
    least = cost;
    free = f;
    direction = heading + turn;
  }
  const v = Math.min(speed, free / REACTION);
  out[0] = v * Math.cos(direction);
  out[1] = v * Math.sin(direction);
}

/** How far a walker gets in direction (dx, dy) at a speed before it meets anything, at most `sight`. [m] */
function freeWay(
  ground: WalkingGround,
  me: Body,
  dx: number,
  dy: number,
  speed: number,
  sight: number,
  others: readonly Body[],
): number {
  let free = sight;
  for (const other of others) {
    const time = timeToTouch(me, speed * dx, speed * dy, other, ELBOWS);
    if (time * speed < free) free = time * speed;
  }
  for (let way = 0; way < free; ) {
    const clear = ground.clearance(me.x + way * dx, me.y + way * dy) - me.radius;
    if (clear <= 0 && way > 0) return way;
    way += Math.max(clear, PROBE);
  }
  return free;
}

/**
 * When two discs touch first, if one goes at (vx, vy) and the other as it does; 0 where they are too near and come nearer,
 * Infinity where they never do. [s]
 *
 * @param gap beyond the sum of their radii [m]
 */
export function timeToTouch(me: Body, vx: number, vy: number, other: Body, gap = 0): number {
  const px = other.x - me.x;
  const py = other.y - me.y;
  const wx = other.vx - vx;
  const wy = other.vy - vy;
  const reach = me.radius + other.radius + gap;
  const c = px * px + py * py - reach * reach;
  const b = px * wx + py * wy;
  if (b >= 0) return Number.POSITIVE_INFINITY;
  if (c <= 0) return 0;
  const a = wx * wx + wy * wy;
  const d = b * b - a * c;
  return d < 0 ? Number.POSITIVE_INFINITY : (-b - Math.sqrt(d)) / a;
}
