import { isFiniteVec, type Vec } from "../ocp/index.ts";
import { type Command, type Robot, robotBounds, robotSizes } from "../sim/index.ts";
import type { Plan } from "./scene.ts";

/** A plan may ask for so much more than a robot's limits, as a share of them: the solver's limits are soft. */
const EXCESS = 0.5;
/** A plan begins where the robot is, up to rounding. */
const SAME = 1e-6;

/**
 * Why a plan cannot be followed, for people: its sizes, numbers that are none, speeds that the robot does not have, a
 * start where the robot is not. Whoever made it, the robot does not drive by it.
 *
 * @param x (nx) state that it was made for, where that is known
 * @returns undefined where it can be followed
 */
export function planFault(robot: Robot, plan: Plan, x?: Vec): string | undefined {
  const { nx, nu } = robotSizes(robot);
  const { X, U, dt } = plan;
  if (!(X instanceof Float64Array && U instanceof Float64Array)) return "the plan holds no Float64Arrays";
  const N = U.length / nu;
  if (!(Number.isInteger(N) && N >= 1 && X.length === (N + 1) * nx))
    return `the plan has ${U.length} controls and ${X.length} states, expected N*${nu} and (N + 1)*${nx}`;
  if (!(dt > 0 && Number.isFinite(dt))) return `the plan's dt is ${dt}, expected seconds > 0`;
  if (!(isFiniteVec(U) && isFiniteVec(X))) return "the plan holds NaN or infinity";
  const { boxIndex, xLower, xUpper } = robotBounds(robot);
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nu; i++) {
      const value = X[k * nx + boxIndex[i]];
      const excess = EXCESS * Math.max(xUpper[i], -xLower[i]);
      if (value < xLower[i] - excess || value > xUpper[i] + excess)
        return `the plan's state ${boxIndex[i]} is ${value.toFixed(2)} in stage ${k}, expected ${xLower[i]} .. ${xUpper[i]}`;
    }
  }
  if (x?.some((value, i) => Math.abs(X[i] - value) > SAME * (1 + Math.abs(value))))
    return `the plan begins at (${X[0].toFixed(2)}, ${X[1].toFixed(2)}), expected the robot's state (${x[0].toFixed(2)}, ${x[1].toFixed(2)})`;
  return undefined;
}

/**
 * A command within the robot's limits: no control is larger than the rates allow, and none takes a speed or a steering
 * angle of the plan that it begins beyond its limits within a stage. Every control that leaves the planner is one of
 * this function's; every velocity is one of {@link limitSpeeds}.
 *
 * @param plan whose first control it is, where that is known
 * @returns a stop where it is none, or not finite
 */
export function limitCommand(robot: Robot, command: Command | undefined, plan?: Plan): Command {
  const { nu } = robotSizes(robot);
  const asked = command?.kind === "drive" ? command.u : undefined;
  if (!(asked instanceof Float64Array) || asked.length !== nu || !isFiniteVec(asked)) return { kind: "stop" };
  const { boxIndex, xLower, xUpper, uLower, uUpper } = robotBounds(robot);
  const u = asked.slice();
  for (let i = 0; i < nu; i++) {
    if (plan !== undefined) {
      const now = clamp(plan.X[boxIndex[i]], xLower[i], xUpper[i]);
      u[i] = clamp(u[i], (xLower[i] - now) / plan.dt, (xUpper[i] - now) / plan.dt);
    }
    u[i] = clamp(u[i], uLower[i], uUpper[i]);
  }
  return { kind: "drive", u };
}

/**
 * A state's speeds and steering angle within the robot's limits, and no further from those of an earlier state than
 * the rates allow, in place.
 *
 * @param x (nx) @param from (nx) @param elapsed since that state [s]
 */
export function limitSpeeds(robot: Robot, x: Vec, from: Vec, elapsed: number): void {
  const { boxIndex, xLower, xUpper, uUpper } = robotBounds(robot);
  boxIndex.forEach((j, i) => {
    const before = clamp(from[j], xLower[i], xUpper[i]);
    const near = clamp(x[j], before - uUpper[i] * elapsed, before + uUpper[i] * elapsed);
    x[j] = clamp(near, xLower[i], xUpper[i]);
  });
}

/** NaN is the lowest: of speeds and controls that are none, nothing is asked. */
function clamp(value: number, low: number, high: number): number {
  return value >= low ? Math.min(high, value) : low;
}
