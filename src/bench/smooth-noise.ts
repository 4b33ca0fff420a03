import { type Rng, wrapAngle } from "../base/index.ts";
import { createTrajectory, type Ocp, rollout, type Vec } from "../ocp/index.ts";
import { positionGap } from "../planner/index.ts";

/** Below this speed a heading says nothing about the direction of motion. [m/s] */
const SLOW = 0.05;
/** Headings are changed by no more than this. [rad] */
const MOST_TURN = 0.3;

/**
 * A trajectory that differs from another as a good guess differs from the optimum: smoothly, more towards the
 * end, not at all at the start; headings follow the changed motion of a robot that does not slip.
 *
 * e(s) = a s^2 + (b / 2) s sin(2 pi s), s = k / N, with a, b normal in x and in y, scaled so that max |e| = size.
 *
 * @param X (N + 1, nx): x, y, yaw, forward speed, ...
 * @param dt duration of a stage [s]
 * @param size largest position error [m]
 * @returns a changed copy
 */
export function withSmoothNoise(X: Vec, nx: number, dt: number, size: number, rng: Rng): Vec {
  const N = X.length / nx - 1;
  const [ax, bx, ay, by] = [rng.gauss(), rng.gauss(), rng.gauss(), rng.gauss()];
  const error = new Float64Array(2 * (N + 1));
  let largest = 0;
  for (let k = 0; k <= N; k++) {
    const s = k / N;
    const wave = 0.5 * s * Math.sin(2 * Math.PI * s);
    error[2 * k] = ax * s * s + bx * wave;
    error[2 * k + 1] = ay * s * s + by * wave;
    largest = Math.max(largest, Math.hypot(error[2 * k], error[2 * k + 1]));
  }
  const scale = largest > 0 ? size / largest : 0;
  const out = X.slice();
  for (let k = 1; k <= N; k++) {
    out[k * nx] += scale * error[2 * k];
    out[k * nx + 1] += scale * error[2 * k + 1];
    const ahead = Math.min(k + 1, N);
    const speed = X[k * nx + 3] * (ahead - k + 1) * dt;
    if (Math.abs(X[k * nx + 3]) < SLOW) continue;
    const yaw = X[k * nx + 2];
    const dx = scale * (error[2 * ahead] - error[2 * k - 2]);
    const dy = scale * (error[2 * ahead + 1] - error[2 * k - 1]);
    const turn = (Math.cos(yaw) * dy - Math.sin(yaw) * dx) / speed;
    out[k * nx + 2] = wrapAngle(yaw + Math.min(MOST_TURN, Math.max(-MOST_TURN, turn)));
  }
  return out;
}

/** Steps of the search for the scale of control noise; each halves what is uncertain of it. */
const BISECTIONS = 24;
/** Control noise is never larger than this, in halves of the controls' range. */
const MOST_CONTROL = 4;

/**
 * Controls that differ smoothly from others, so that rolled out they lead so far off: what a network's prediction
 * does, which nothing pulls back to the optimum.
 *
 * du_j(s) = r_j (a_j + b_j cos(pi s) + c_j sin(2 pi s)), s = k / N, with a, b, c normal and r half the range.
 *
 * @param X, U a trajectory of the problem: (N + 1, nx) and (N, nu)
 * @param size largest position error after the rollout [m]
 * @returns controls (N, nu) within their bounds; the error is smaller than asked for where those allow no more
 */
export function withControlNoise(ocp: Ocp, X: Vec, U: Vec, size: number, rng: Rng): Vec {
  const { N, uLower, uUpper } = ocp;
  const { nx, nu } = ocp.dynamics;
  const change = new Float64Array(N * nu);
  for (let j = 0; j < nu; j++) {
    const [a, b, c] = [rng.gauss(), rng.gauss(), rng.gauss()];
    const half = 0.5 * (uUpper[j] - uLower[j]);
    for (let k = 0; k < N; k++) {
      const s = k / N;
      change[k * nu + j] = half * (a + b * Math.cos(Math.PI * s) + c * Math.sin(2 * Math.PI * s));
    }
  }
  const x0 = X.slice(0, nx);
  const trajectory = createTrajectory(ocp);
  const errorOf = (scale: number): number => {
    for (let i = 0; i < change.length; i++) trajectory.U[i] = U[i] + scale * change[i];
    rollout(ocp, x0, trajectory);
    return positionGap(trajectory.X, X, nx);
  };
  let low = 0;
  let high = MOST_CONTROL;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = 0.5 * (low + high);
    if (errorOf(middle) < size) low = middle;
    else high = middle;
  }
  errorOf(low);
  return trajectory.U.slice();
}
