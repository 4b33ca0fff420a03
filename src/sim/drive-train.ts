import { type Rng, wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { type Robot, robotKinematics } from "./robot.ts";
import { isEffective, robotBounds, robotDerivative, robotSizes, yawRate } from "./robot-state.ts";

/** How the real robot differs from the planner's model. */
export type DriveTrainOptions = {
  /** Time constant of the actuators' first-order lag; 0 for none. [s] */ readonly lag_s: number;
  /** Share of every wheel speed that is lost on the ground, 0 .. < 1. */ readonly slip: number;
  /**
   * Standard deviations of a slowly varying (0.2 s) disturbance of the true velocity [m/s] and yaw rate
   * [rad/s]; it fades out below 0.1 m/s, so that a robot at rest stays put.
   */
  readonly noise: { readonly linear: number; readonly angular: number };
};

/** Correlation time of the disturbance. [s] */
const NOISE_TIME = 0.2;
/** Below this speed (wheels: yaw rate counts with a 0.2 m arm) the disturbance fades. [m/s] */
const NOISE_SPEED = 0.1;
const NOISE_ARM = 0.2;

/** The moving parts of a robot: told what to do, they move its state on in time. */
export type DriveTrain = {
  /** (nu) What the actuators do by now, behind what they are told; may be written. */ readonly effort: Vec;
  /**
   * Moves x (nx) on by h seconds (RK4), in place. Controls beyond the limits are clipped; the speeds
   * (and the steering angle) stay inside theirs whatever is commanded.
   *
   * @param u (nu) command, or "brake": every speed to zero as fast as the limits allow, then held
   */
  advance(x: Vec, u: Vec | "brake", h: number): void;
  /** Forgets the actuators' state: nothing pushes, as after a collision. */
  reset(): void;
};

/**
 * Wheels, actuators and ground: first-order lag on the controls, limits, slip and disturbance. The speeds
 * in x are those of the wheels (what odometry sees); slip and disturbance act on the pose alone.
 */
export function createDriveTrain(robot: Robot, options: DriveTrainOptions, rng: Rng): DriveTrain {
  const { lag_s, slip, noise } = options;
  const { nx, nu } = robotSizes(robot);
  const { uLower, uUpper, boxIndex, xLower, xUpper } = robotBounds(robot);
  const { axes, sideways, steering } = robotKinematics(robot);
  const noisy = noise.linear > 0 || noise.angular > 0;
  /** The actuators' efforts; and those at the start, middle and end of a step after all limits. */
  const effort = new Float64Array(nu);
  const controls = [new Float64Array(nu), new Float64Array(nu), new Float64Array(nu)];
  const gustOf = axes.map(({ motion }) => (motion === "forward" ? 0 : motion === "sideways" ? 1 : 2));
  /** Disturbance of forward speed, sideways speed, yaw rate. */
  const drift = new Float64Array(3);
  const gust = new Float64Array(3);
  const point = new Float64Array(nx);
  const sum = new Float64Array(nx);
  const slope = new Float64Array(nx);
  const ground = new Float64Array(nx);

  const setControls = (x: Vec, u: Vec | "brake", h: number): void => {
    const half = lag_s > 0 ? Math.exp(-h / (2 * lag_s)) : 0;
    const whole = half * half;
    for (let i = 0; i < nu; i++) {
      const speed = x[boxIndex[i]];
      let low = (xLower[i] - speed) / h;
      let high = (xUpper[i] - speed) / h;
      let target: number;
      if (u === "brake") {
        target = i + 3 === steering || speed === 0 ? 0 : speed > 0 ? uLower[i] : uUpper[i];
        if (i + 3 !== steering) {
          // brakes resist motion: they never push a wheel through zero
          if (speed >= 0) low = Math.max(low, -speed / h);
          if (speed <= 0) high = Math.min(high, -speed / h);
          if (speed === 0) effort[i] = 0;
        }
      } else {
        target = Math.min(uUpper[i], Math.max(uLower[i], u[i]));
      }
      const lead = lag_s > 0 ? effort[i] - target : 0;
      effort[i] = target + lead * whole;
      controls[0][i] = Math.min(high, Math.max(low, target + lead));
      controls[1][i] = Math.min(high, Math.max(low, target + lead * half));
      controls[2][i] = Math.min(high, Math.max(low, effort[i]));
    }
  };

  const setGust = (x: Vec, h: number): void => {
    const keep = Math.exp(-h / NOISE_TIME);
    const fresh = Math.sqrt(1 - keep * keep);
    const lateral = sideways === undefined ? 0 : Math.abs(x[sideways]);
    const motion = Math.abs(x[3]) + lateral + NOISE_ARM * Math.abs(yawRate(robot, x));
    const fade = Math.min(1, motion / NOISE_SPEED);
    for (let i = 0; i < 3; i++) {
      const deviation = i === 2 ? noise.angular : noise.linear;
      drift[i] = keep * drift[i] + fresh * deviation * rng.gauss();
      gust[i] = fade * drift[i];
    }
  };

  /** xdot with the velocities over ground in place of the wheels'. */
  const derivative = (x: Vec, u: Vec, out: Vec): void => {
    ground.set(x);
    const moves = isEffective(robot, x);
    for (let i = 0; i < nu; i++) {
      if (i + 3 !== steering) ground[i + 3] = moves ? (1 - slip) * x[i + 3] + gust[gustOf[i]] : 0;
    }
    robotDerivative(robot, ground, u, out);
    if (steering !== undefined && moves) out[2] += gust[2];
  };

  return {
    effort,
    advance(x, u, h) {
      setControls(x, u, h);
      if (noisy) setGust(x, h);
      derivative(x, controls[0], slope);
      for (let i = 0; i < nx; i++) {
        sum[i] = slope[i];
        point[i] = x[i] + (h / 2) * slope[i];
      }
      for (let stage = 2; stage <= 3; stage++) {
        derivative(point, controls[1], slope);
        const ahead = stage === 2 ? h / 2 : h;
        for (let i = 0; i < nx; i++) {
          sum[i] += 2 * slope[i];
          point[i] = x[i] + ahead * slope[i];
        }
      }
      derivative(point, controls[2], slope);
      for (let i = 0; i < nx; i++) x[i] += (h / 6) * (sum[i] + slope[i]);
      x[2] = wrapAngle(x[2]);
      for (let i = 0; i < nu; i++) {
        const j = boxIndex[i];
        x[j] = Math.min(xUpper[i], Math.max(xLower[i], x[j]));
        // what is left of a braked speed after rounding is rest
        if (u === "brake" && i + 3 !== steering && Math.abs(x[j]) < 1e-12) x[j] = 0;
      }
    },
    reset() {
      effort.fill(0);
      drift.fill(0);
      gust.fill(0);
    },
  };
}
