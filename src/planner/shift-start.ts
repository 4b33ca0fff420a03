import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { robotSizes } from "../sim/index.ts";
import type { SqpGuess } from "../sqp/index.ts";
import type { NavigationProblem } from "./navigation-ocp.ts";
import type { Plan } from "./scene.ts";

/**
 * The last plan moved on to `time`, tracked in closed loop with its own gains; the last control is
 * followed by none. Times between two stages are interpolated.
 */
export function shiftStart(problem: NavigationProblem, plan: Plan, time: number): SqpGuess {
  const shifted = shiftPlan(problem, plan, time);
  return { U: shifted.U, X: shifted.X, K: shifted.K };
}

/** A plan as seen `time - plan.time` seconds later: what is left of it, continued with zero controls. */
export function shiftPlan(problem: NavigationProblem, plan: Plan, time: number): Plan {
  const { ocp, robot } = problem;
  const { nx, nu } = robotSizes(robot);
  const N = ocp.N;
  const late = Math.max(0, (time - plan.time) / plan.dt);
  const whole = Math.min(N, Math.floor(late + 1e-9));
  const part = Math.min(1, Math.max(0, late - whole));
  const extended = extend(problem, plan, whole + 1);
  const X = new Float64Array((N + 1) * nx);
  const U = new Float64Array(N * nu);
  const from = whole * nx;
  for (let i = 0; i < X.length; i++) {
    const here = extended.X[from + i];
    const difference = extended.X[from + nx + i] - here;
    X[i] = here + part * (ocp.angles?.includes(i % nx) === true ? wrapAngle(difference) : difference);
  }
  for (let i = 0; i < N * nu; i++) {
    U[i] = (1 - part) * extended.U[whole * nu + i] + part * extended.U[(whole + 1) * nu + i];
  }
  const K = new Float64Array(plan.K.length);
  K.set(plan.K.subarray(Math.min(whole, N) * nu * nx));
  return { time, dt: plan.dt, X, U, K };
}

/** The plan with `extra` more stages of zero control. */
function extend(problem: NavigationProblem, plan: Plan, extra: number): { X: Vec; U: Vec } {
  const { nx, nu } = robotSizes(problem.robot);
  const N = plan.U.length / nu;
  const X = new Float64Array((N + 1 + extra) * nx);
  const U = new Float64Array((N + extra) * nu);
  X.set(plan.X);
  U.set(plan.U);
  const x = (k: number): Vec => X.subarray(k * nx, (k + 1) * nx);
  const rest = new Float64Array(nu);
  for (let k = N; k < N + extra; k++) problem.ocp.dynamics.step(x(k), rest, k, x(k + 1));
  return { X, U };
}
