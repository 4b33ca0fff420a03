import { type IntegrationMethod, integrationTableau } from "../ocp/index.ts";
import type { Scalar } from "./expression.ts";
import { add, mul } from "./scalar-functions.ts";

/**
 * One step of an explicit method, written out: what the slopes of its stages share is shared in the result, which
 * is differentiated like any other expression. (Of a quadrotor under RK4, 310 operations with a Jacobian of 2020
 * and a Hessian of 5912; by the chain rule on the continuous Jacobians they are 2201 and 4757.)
 *
 * @param slope xdot (nx) at a state, the control held
 * @param x (nx) the state at the beginning
 * @param dt [s], a number or an expression
 */
export function integrationStep(
  slope: (x: readonly Scalar[]) => readonly Scalar[],
  x: readonly Scalar[],
  dt: Scalar,
  method: IntegrationMethod,
): Scalar[] {
  const { nodes, weights } = integrationTableau(method);
  let at = slope(x);
  let sum = x.map((value, i) => add(value, mul(weights[0], dt, at[i])));
  for (let stage = 1; stage < nodes.length; stage++) {
    const ahead = mul(nodes[stage], dt);
    at = slope(x.map((value, i) => add(value, mul(ahead, at[i]))));
    sum = sum.map((value, i) => add(value, mul(weights[stage], dt, at[i])));
  }
  return sum;
}
