import { footprintReach } from "../footprint.ts";
import type { Pose } from "../grid.ts";
import { type Robot, robotKinematics } from "../robot.ts";
import { bodyTwist, robotBounds, topSpeed } from "../robot-state.ts";
import type { Mover } from "./mover.ts";
import { type Body, timeToTouch } from "./walk.ts";

/** Slower than this share of its top speed, with every point, a robot stands. */
const STANDING = 0.05;
/** With this share of its largest deceleration a robot brakes as hard as it can. */
const HARD = 0.9;
/** What a robot is given beyond its delay and three times its lag to see, to think and to begin to brake. [s] */
const REACTION = 0.2;
/** Cosine of half the cone behind a robot in which it is met from behind. */
const BEHIND = 0.5;

/**
 * Says whose fault a contact of robot and mover is. It is the robot's, unless one of these holds as they touch:
 *
 * 1. it stands: no point of it is faster than 5% of its top speed;
 * 2. it has been braking with at least 90% of what it can since a reaction time (0.2 s, its delay and three times its lag)
 *    after the contact was first to be foreseen and ever since: both keeping the velocities they had, the mover would have
 *    come into the circle around the robot within the time that the robot needed to stop and to react;
 * 3. it is met from behind while it drives away: its surface there does not move towards the mover, and the mover is in the
 *    cone of 60 degrees to both sides of its rear.
 */
export type FaultJudge = {
  /**
   * To be called as time passes, before contacts are asked about.
   *
   * @param braking whether the robot brakes as hard as it can, see {@link brakesHard}
   */
  watch(time: number, robot: Body, movers: readonly Mover[], braking: boolean): void;
  /**
   * Whether a contact with mover n that begins now is the robot's fault.
   *
   * @param at (4) point of the robot's edge and its outward normal, as `footprintDiscGap` gives them
   */
  isCaused(n: number, x: Float64Array, robot: Body, pose: Pose, at: Float64Array): boolean;
};

/** @param latency delay and lag of the true robot [s] */
export function createFaultJudge(
  robot: Robot,
  count: number,
  latency: { delay_s: number; lag_s: number },
): FaultJudge {
  const reaction = REACTION + latency.delay_s + 3 * latency.lag_s;
  const reach = footprintReach(robot);
  const still = STANDING * topSpeed(robot);
  const { uLower } = robotBounds(robot);
  /** Since when each contact is to be foreseen, and the robot brakes. [s] */
  const foreseen = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let brakingSince = Number.POSITIVE_INFINITY;
  let now = 0;

  return {
    watch(time, body, movers, braking) {
      now = time;
      brakingSince = braking ? Math.min(brakingSince, time) : Number.POSITIVE_INFINITY;
      const speed = Math.hypot(body.vx, body.vy);
      const horizon = speed / -uLower[0] + reaction;
      for (let n = 0; n < count; n++) {
        const seen = timeToTouch(body, body.vx, body.vy, movers[n]) <= horizon;
        foreseen[n] = seen ? Math.min(foreseen[n], time) : Number.POSITIVE_INFINITY;
      }
    },
    isCaused(n, x, body, pose, [px, py, nx, ny]) {
      const { w } = bodyTwist(robot, x);
      const speed = Math.hypot(body.vx, body.vy);
      if (speed + Math.abs(w) * reach <= still) return false;
      if (brakingSince <= Math.min(foreseen[n], now) + reaction) return false;
      const towards = (body.vx - w * (py - pose.y)) * nx + (body.vy + w * (px - pose.x)) * ny;
      const met = body.vx * nx + body.vy * ny;
      return !(towards <= 0 && met <= -BEHIND * speed);
    },
  };
}

/**
 * Whether a command brakes every direction of travel with at least 90% of what the robot can, or to a stop within the time it
 * is held.
 *
 * @param speeds (nx - 3) before it @param u (nu), or "brake" @param held how long [s]
 */
export function brakesHard(
  robot: Robot,
  speeds: ArrayLike<number>,
  u: Float64Array | "brake",
  held: number,
): boolean {
  if (u === "brake") return true;
  const { axes } = robotKinematics(robot);
  const { uLower, uUpper } = robotBounds(robot);
  return axes.every(({ motion }, i) => {
    if (motion !== "forward" && motion !== "sideways") return true;
    const v = speeds[i];
    const most = v > 0 ? -uLower[i] : uUpper[i];
    return -u[i] * Math.sign(v) >= HARD * Math.min(most, Math.abs(v) / held);
  });
}
