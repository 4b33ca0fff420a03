import { ConfigError, checkLength } from "../base/index.ts";
import type { Ocp } from "./ocp.ts";
import { checkSparsity } from "./sparsity.ts";

/**
 * Checks the sizes and bounds of a problem once, before a solve.
 *
 * @throws ShapeError or ConfigError naming the field, what it is and what it should be
 */
export function validateOcp(ocp: Ocp): void {
  const { nx, nu } = ocp.dynamics;
  positiveInteger("N", ocp.N);
  positiveInteger("dynamics.nx", nx);
  positiveInteger("dynamics.nu", nu);
  if (ocp.dynamics.sparsity !== undefined) checkSparsity(ocp.dynamics.sparsity, nx, nu);
  checkLength("uLower", ocp.uLower.length, nu, "nu");
  checkLength("uUpper", ocp.uUpper.length, nu, "nu");
  checkBounds("u", ocp.uLower, ocp.uUpper);
  if (ocp.stateBox !== undefined) {
    const { index, lower, upper, soft } = ocp.stateBox;
    checkLength("stateBox.lower", lower.length, index.length, "stateBox.index.length");
    checkLength("stateBox.upper", upper.length, index.length, "stateBox.index.length");
    for (const i of index) checkIndex("stateBox.index", i, nx);
    checkBounds("stateBox", lower, upper);
    checkPenalty("stateBox.soft", soft);
  }
  if (ocp.rows !== undefined) {
    if (!(Number.isInteger(ocp.rows.count) && ocp.rows.count >= 0)) {
      throw new ConfigError(`rows.count is ${ocp.rows.count}, expected an integer >= 0`);
    }
    checkPenalty("rows.soft", ocp.rows.soft);
  }
  for (const i of ocp.angles ?? []) checkIndex("angles", i, nx);
}

function positiveInteger(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0))
    throw new ConfigError(`${name} is ${value}, expected a positive integer`);
}

function checkIndex(name: string, i: number, nx: number): void {
  if (!(Number.isInteger(i) && i >= 0 && i < nx)) {
    throw new ConfigError(`${name} holds ${i}, expected a state index in 0..${nx - 1}`);
  }
}

function checkBounds(name: string, lower: Float64Array, upper: Float64Array): void {
  for (let i = 0; i < lower.length; i++) {
    if (!(lower[i] <= upper[i])) {
      throw new ConfigError(
        `${name} bounds ${i} are [${lower[i]}, ${upper[i]}], expected lower <= upper and no NaN`,
      );
    }
    if (lower[i] === Number.POSITIVE_INFINITY || upper[i] === Number.NEGATIVE_INFINITY) {
      throw new ConfigError(
        `${name} bounds ${i} are [${lower[i]}, ${upper[i]}], expected a finite number between them`,
      );
    }
  }
}

function checkPenalty(name: string, soft: { linear: number; quadratic: number } | undefined): void {
  if (soft === undefined) return;
  if (
    !(
      soft.linear > 0 &&
      Number.isFinite(soft.linear) &&
      soft.quadratic >= 0 &&
      Number.isFinite(soft.quadratic)
    )
  ) {
    throw new ConfigError(
      `${name} is {linear: ${soft.linear}, quadratic: ${soft.quadratic}}, expected linear > 0 and quadratic >= 0, both finite`,
    );
  }
}
