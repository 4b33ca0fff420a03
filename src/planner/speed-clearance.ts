import type { Vec } from "../ocp/index.ts";
import { type Robot, robotKinematics, topSpeed } from "../sim/index.ts";

/** Speeds below this share of the largest are rounded off. */
const ROUNDED = 0.025;

/** Clearance that grows with speed, `reaction (sqrt(|v|^2 + rho^2) - rho)`, and its derivatives. */
export type SpeedClearance = {
  /** Writes it into out_0. [m] */ value(x: Vec, out: Vec): void;
  /** Takes its gradient off the n-long row of C that begins at `row`. */
  subtractGradient(x: Vec, C: Vec, row: number): void;
  /** Takes p_i times its Hessian off H (nx, nx). */
  subtractHessian(x: Vec, p: Vec, i: number, H: Vec): void;
};

/**
 * What a robot's body covers within its reaction time: |v| is the speed of the body, rounded off at rest by rho, a share
 * of its top speed, so that the second derivative stays bounded.
 *
 * @param reaction [s]; undefined is returned for none
 */
export function speedClearance(robot: Robot, reaction: number): SpeedClearance | undefined {
  if (reaction === 0) return undefined;
  const { nx, sideways } = robotKinematics(robot);
  const axes = sideways === undefined ? [3] : [3, sideways];
  const rho = ROUNDED * topSpeed(robot);
  const rounded = (x: Vec): number => {
    let sum = rho * rho;
    for (let a = 0; a < axes.length; a++) sum += x[axes[a]] * x[axes[a]];
    return Math.sqrt(sum);
  };
  return {
    value(x, out) {
      out[0] = reaction * (rounded(x) - rho);
    },
    subtractGradient(x, C, row) {
      const slope = reaction / rounded(x);
      for (const i of axes) C[row + i] -= slope * x[i];
    },
    subtractHessian(x, p, row, H) {
      const s = rounded(x);
      const f = (reaction * p[row]) / s ** 3;
      for (const i of axes) for (const j of axes) H[i * nx + j] -= f * ((i === j ? s * s : 0) - x[i] * x[j]);
    },
  };
}
