import type { Vec } from "../ocp/index.ts";
import {
  cellIndexAt,
  footprintDiscGap,
  isStopped,
  OCCUPIED,
  poseOf,
  type Robot,
  robotSizes,
} from "../sim/index.ts";
import { type BodyCapsule, bodyCapsule, bodyGap, type SeenMover } from "../track/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { brakeAlong } from "./safety.ts";
import type { Plan, Scene } from "./scene.ts";

/** Between two looks a body and a mover come no nearer than this share of the mover's radius. */
const FINE = 0.25;
/** But for that no stage is looked at more often than this. */
const MOST_LOOKS = 16;
/** Gaps that change by less than this share of the way that body and mover go stay the same, whatever they round to. */
const SAME = 1e-6;

/** People turn round within a second: by so much may who moves change his velocity while the robot stops. [m/s^2] */
export const MOVER_CHANGE = 1.5;

/**
 * First stage in which a robot that moves runs into a mover: they meet at his predicted place, or, where movers may change
 * their velocities, he may have strayed to it. Who may be there for want of a sure speed counts unless they part; who may be
 * there by a change of velocity counts anyway, unless he stays: beside others a robot stands until they are away. Into one
 * that stands they may run. Nor counts one who stays and whom it touches from the start, as long as it comes no nearer.
 *
 * @param X (n + 1, nx) states, `dt` apart [s]
 * @param change by how much movers may change their velocities [m/s^2]; where they may, the robot counts as moving for a
 *   stage after it has stopped
 * @param stays whether a mover has stood for so long that he will
 * @returns -1 where there is none
 */
export function moverContact(
  robot: Robot,
  X: Vec,
  dt: number,
  movers: readonly SeenMover[],
  change = 0,
  stays: (mover: SeenMover) => boolean = () => true,
): number {
  const { nx } = robotSizes(robot);
  const bodies = { robot, body: bodyCapsule(robot), nx, change };
  const stages = X.length / nx - 1;
  const rests = (k: number): boolean => isStopped(robot, X.subarray(k * nx, (k + 1) * nx));
  /** Whether it stands throughout stage k: one that sets out in it moves. */
  const stands = (k: number): boolean => rests(k) && rests(k + 1);
  let first = -1;
  for (const mover of movers) {
    const last = first < 0 ? stages : first;
    const touched = stages > 0 && gapsIn(bodies, X, 0, dt, mover)(0) < 0;
    const how = { touched, stays: stays(mover) };
    for (let k = 0; k < last; k++) {
      if (stands(k) && (change === 0 || k === 0 || stands(k - 1))) continue;
      if (!meets(bodies, X, k, dt, mover, how)) continue;
      first = k;
      break;
    }
  }
  return first;
}

/** How far a mover may get from its predicted place by changing its velocity. [m] */
const changed = (t: number, change: number): number => 0.5 * change * t * t;

/** How far it may be from there: by that, or for want of a speed that is sure. [m] */
function straying({ deviation }: SeenMover, t: number, change: number): number {
  return change === 0 ? 0 : Math.max(t * (deviation?.speed ?? 0), changed(t, change));
}

/** Who looks for whom: the true polygon counts, the capsule around it says where that need not be asked. */
type Bodies = {
  readonly robot: Robot;
  readonly body: BodyCapsule;
  readonly nx: number;
  readonly change: number;
};

const HERE = new Float64Array(3);

/** The farthest that a point of the body is from its frame. [m] */
const bodyReach = ({ r, ax, ay, bx, by }: BodyCapsule): number =>
  r + Math.max(Math.hypot(ax, ay), Math.hypot(bx, by));

/** The gap between body and mover at a share f of stage k [m]; exact where the mover may be within it. */
function gapsIn({ robot, body, nx, change }: Bodies, X: Vec, k: number, dt: number, mover: SeenMover) {
  const [a, b] = [k * nx, (k + 1) * nx];
  const most = straying(mover, (k + 1) * dt, change);
  return (f: number): number => {
    for (let i = 0; i < 3; i++) HERE[i] = X[a + i] + f * (X[b + i] - X[a + i]);
    const t = (k + f) * dt;
    const [x, y] = [mover.x + t * mover.vx, mover.y + t * mover.vy];
    const gap = bodyGap(body, HERE, x, y) - mover.radius;
    return gap > most ? gap : footprintDiscGap(robot, poseOf(HERE), x, y, mover.radius);
  };
}

/** How a mover is there: whether the body touches him from the start, and whether he stays. */
type Presence = { readonly touched: boolean; readonly stays: boolean };

/** Whether body and mover come to touch within stage k. */
function meets(
  bodies: Bodies,
  X: Vec,
  k: number,
  dt: number,
  mover: SeenMover,
  { touched, stays }: Presence,
): boolean {
  const { body, nx, change } = bodies;
  const [a, b] = [k * nx, (k + 1) * nx];
  const moved =
    Math.hypot(X[b] - X[a], X[b + 1] - X[a + 1]) +
    bodyReach(body) * Math.abs(X[b + 2] - X[a + 2]) +
    dt * Math.hypot(mover.vx, mover.vy);
  const gapAt = gapsIn(bodies, X, k, dt, mover);
  let before = gapAt(0);
  if (before > moved + straying(mover, (k + 1) * dt, change)) return false;
  const looks = Math.min(MOST_LOOKS, Math.max(1, Math.ceil(moved / (FINE * mover.radius))));
  // Abreast counts as meeting, but not for one that is touched already and may go along him.
  const same = ((touched ? -SAME : SAME) * moved) / looks;
  for (let i = 1; i <= looks; i++) {
    const gap = gapAt(i / looks);
    const t = (k + i / looks) * dt;
    if (!stays && gap < changed(t, change)) return true;
    if (gap < straying(mover, t, change) && gap < before + same) return true;
    before = gap;
  }
  return false;
}

/**
 * Whether a plan may be begun among movers: a robot that follows it for a stage and then brakes along it stands before it
 * meets anybody, whether they stop at once or go on and change their velocities meanwhile. A meeting that is further off
 * is for later plans to avoid. Who is an obstacle of the grid, having stood for long, stays.
 */
export function isClearOfMovers(
  problem: NavigationProblem,
  plan: Plan,
  { movers, grid }: Pick<Scene, "movers" | "grid">,
): boolean {
  if (movers === undefined || movers.length === 0) return true;
  const stays = ({ x, y }: SeenMover): boolean => grid.cells[cellIndexAt(grid, x, y)] >= OCCUPIED;
  const { robot } = problem;
  const { nx } = robotSizes(robot);
  const { X, dt, time } = plan;
  const stopped = movers.map((mover) => ({ ...mover, vx: 0, vy: 0 }));
  const brake = brakeAlong(problem, plan, X.slice(nx, 2 * nx), time + dt);
  const stopping = new Float64Array(brake.X.length + nx);
  stopping.set(X.subarray(0, nx));
  stopping.set(brake.X, nx);
  return (
    moverContact(robot, stopping, dt, stopped) < 0 &&
    moverContact(robot, stopping, dt, movers, MOVER_CHANGE, stays) < 0
  );
}
