import { type Rng, wrapAngle } from "../../linalg/index.ts";
import type { Vec } from "../../ocp/index.ts";

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
