import type { StateRows, Vec } from "../ocp/index.ts";
import { type Robot, robotSizes, topSpeed } from "../sim/index.ts";
import {
  addBodyGapHessian,
  bodyCapsule,
  bodyGap,
  bodyGapGradient,
  moverAhead,
  moverSpread,
  type SeenMover,
} from "../track/index.ts";
import type { NavigationOptions } from "./navigation-options.ts";
import { speedClearance } from "./speed-clearance.ts";

/** No more movers than this are kept clear of at a time: those that can be met soonest. */
export const MOST_MOVERS = 6;

/** Where movers are predicted to be: (N + 1, 3) of each, its place and what the body keeps from there. [m] */
export type PredictedMovers = { readonly tracks: readonly Vec[] };

/** Nobody near. */
export const NO_MOVERS: PredictedMovers = { tracks: [] };

/**
 * Predicts those movers that a robot can meet within the horizon, whatever both do, at most {@link MOST_MOVERS} of them:
 * those that it can meet soonest. Each is a disc of constant velocity that grows with its spread.
 *
 * @param x (nx) where the robot is
 */
export function predictMovers(
  robot: Robot,
  { N, dt, margin }: NavigationOptions,
  x: Vec,
  movers: readonly SeenMover[] = [],
): PredictedMovers {
  if (movers.length === 0) return NO_MOVERS;
  const body = bodyCapsule(robot);
  const meetings = movers.map((mover) => {
    const gap = bodyGap(body, x, mover.x, mover.y) - mover.radius - margin;
    const soonest = Math.max(0, gap) / (topSpeed(robot) + approach(mover, x));
    return { mover, soonest: soonest + 1e-3 * gap };
  });
  const near = meetings.filter(({ soonest }) => soonest < N * dt).sort((a, b) => a.soonest - b.soonest);
  if (near.length === 0) return NO_MOVERS;
  return { tracks: near.slice(0, MOST_MOVERS).map(({ mover }) => trackOf(mover, N, dt, margin)) };
}

/** How fast a mover comes nearer, or, negative, goes away; no faster than a robot could follow. [m/s] */
function approach({ x, y, vx, vy }: SeenMover, at: Vec): number {
  const [dx, dy] = [at[0] - x, at[1] - y];
  return Math.max(0, (vx * dx + vy * dy) / Math.max(1e-6, Math.hypot(dx, dy)));
}

function trackOf(mover: SeenMover, N: number, dt: number, margin: number): Vec {
  const track = new Float64Array(3 * (N + 1));
  for (let k = 0; k <= N; k++) {
    const { x, y } = moverAhead(mover, k * dt);
    track.set([x, y, mover.radius + moverSpread(mover, k * dt) + margin], 3 * k);
  }
  return track;
}

/** A row of nobody is met by so much of its unit. [m] */
const NOBODY = 1;

/**
 * Soft rows that keep the body clear of movers, one per mover and stage, alike those of what stands:
 *
 *     gap(x, m_k) - r - spread_k - margin - s(v) >= 0
 *
 * with m_k its predicted place, r its radius, and s(v) the {@link speedClearance} of the options' reaction time. Rows
 * without a mover are constant.
 *
 * @param around read at every evaluation, so that it may change between solves
 */
export function moverRows(
  robot: Robot,
  options: NavigationOptions,
  around: { movers: PredictedMovers },
): StateRows {
  const { nx } = robotSizes(robot);
  const body = bodyCapsule(robot);
  const atSpeed = speedClearance(robot, options.reaction);
  const gradient = new Float64Array(3);
  const moving = new Float64Array(1);
  return {
    count: MOST_MOVERS,
    soft: {
      linear: options.collision.linear / options.lookahead,
      quadratic: options.collision.quadratic / (options.lookahead * options.lookahead),
    },
    value(x, k, out) {
      const { tracks } = around.movers;
      atSpeed?.value(x, moving);
      out.fill(NOBODY);
      for (let j = 0; j < tracks.length; j++) {
        const track = tracks[j];
        out[j] = bodyGap(body, x, track[3 * k], track[3 * k + 1]) - track[3 * k + 2] - moving[0];
      }
    },
    jacobian(x, k, C) {
      const { tracks } = around.movers;
      C.fill(0);
      for (let j = 0; j < tracks.length; j++) {
        const track = tracks[j];
        bodyGapGradient(body, x, track[3 * k], track[3 * k + 1], gradient);
        for (let i = 0; i < 3; i++) C[j * nx + i] = gradient[i];
        atSpeed?.subtractGradient(x, C, j * nx);
      }
    },
    hessian(x, k, p, H) {
      const { tracks } = around.movers;
      for (let j = 0; j < tracks.length; j++) {
        if (Math.abs(p[j]) <= 1e-6) continue;
        const track = tracks[j];
        addBodyGapHessian(body, x, track[3 * k], track[3 * k + 1], p[j], H, nx);
        atSpeed?.subtractHessian(x, p, j, H);
      }
    },
  };
}
