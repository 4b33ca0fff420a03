import type { Vec } from "../ocp/index.ts";
import { isStopped, type Robot, robotSizes } from "../sim/index.ts";
import { type BodyCapsule, bodyCapsule, bodyGap, type SeenMover } from "../track/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import { brakeAlong } from "./safety.ts";
import type { Plan } from "./scene.ts";

/** Between two looks a body and a mover come no nearer than this share of the mover's radius. */
const FINE = 0.25;
/** But for that no stage is looked at more often than this. */
const MOST_LOOKS = 16;

/**
 * First stage in which a robot runs into a mover at its predicted place: their discs meet while the robot moves. Into a
 * robot that stands they may run; nor counts one that the robot is within from the start, as long as it comes no nearer.
 *
 * @param X (n + 1, nx) states, `dt` apart [s] @returns -1 where there is none
 */
export function moverContact(robot: Robot, X: Vec, dt: number, movers: readonly SeenMover[]): number {
  const { nx } = robotSizes(robot);
  const body = bodyCapsule(robot);
  const stages = X.length / nx - 1;
  let first = -1;
  for (const mover of movers) {
    const last = first < 0 ? stages : first;
    for (let k = 0; k < last; k++) {
      if (isStopped(robot, X.subarray(k * nx, (k + 1) * nx))) continue;
      if (!meets(body, X, nx, k, dt, mover)) continue;
      first = k;
      break;
    }
  }
  return first;
}

const HERE = new Float64Array(3);

/** Whether body and mover come to touch within stage k. */
function meets(body: BodyCapsule, X: Vec, nx: number, k: number, dt: number, mover: SeenMover): boolean {
  const [a, b] = [k * nx, (k + 1) * nx];
  const reach = body.r + Math.max(Math.hypot(body.ax, body.ay), Math.hypot(body.bx, body.by));
  const moved =
    Math.hypot(X[b] - X[a], X[b + 1] - X[a + 1]) +
    reach * Math.abs(X[b + 2] - X[a + 2]) +
    dt * Math.hypot(mover.vx, mover.vy);
  const gapAt = (f: number): number => {
    for (let i = 0; i < 3; i++) HERE[i] = X[a + i] + f * (X[b + i] - X[a + i]);
    const t = (k + f) * dt;
    return bodyGap(body, HERE, mover.x + t * mover.vx, mover.y + t * mover.vy) - mover.radius;
  };
  let before = gapAt(0);
  if (before > moved) return false;
  const looks = Math.min(MOST_LOOKS, Math.max(1, Math.ceil(moved / (FINE * mover.radius))));
  for (let i = 1; i <= looks; i++) {
    const gap = gapAt(i / looks);
    if (gap < 0 && gap < before) return true;
    before = gap;
  }
  return false;
}

/**
 * Whether a plan may be begun among movers: it meets none, or a robot that follows it for a stage and then brakes along
 * it meets none before it stands, whether they go on or stop at once. A meeting that is further off is for later plans to
 * avoid.
 */
export function isClearOfMovers(
  problem: NavigationProblem,
  plan: Plan,
  movers: readonly SeenMover[] | undefined,
): boolean {
  if (movers === undefined || movers.length === 0) return true;
  const { robot } = problem;
  const { nx } = robotSizes(robot);
  const { X, dt, time } = plan;
  const stopped = movers.map((mover) => ({ ...mover, vx: 0, vy: 0 }));
  const goOn = moverContact(robot, X, dt, movers) < 0;
  const brake = brakeAlong(problem, plan, X.slice(nx, 2 * nx), time + dt);
  const stopping = new Float64Array(brake.X.length + nx);
  stopping.set(X.subarray(0, nx));
  stopping.set(brake.X, nx);
  if (moverContact(robot, stopping, dt, stopped) >= 0) return false;
  return goOn || moverContact(robot, stopping, dt, movers) < 0;
}
