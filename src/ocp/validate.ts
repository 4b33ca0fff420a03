import { ConfigError, checkLength, didYouMean, ShapeError } from "../base/index.ts";
import { penaltyOf, rowStages } from "./constraint-layout.ts";
import type { Ocp, SoftPenalties, SoftPenalty } from "./ocp.ts";
import { type RowGroup, rowGroups, rowList } from "./row-groups.ts";
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
  checkBounds("u", ocp.uLower, ocp.uUpper, [nu, "nu"], [ocp.N * nu, "N*nu"]);
  if (ocp.stateBox !== undefined) {
    const { index, lower, upper, soft } = ocp.stateBox;
    const nb = index.length;
    for (const i of index) checkIndex("stateBox.index", i, nx);
    checkBounds("stateBox", lower, upper, [nb, "stateBox.index.length"], [(ocp.N + 1) * nb, "(N+1)*nb"]);
    checkPenalties("stateBox.soft", soft, nb);
  }
  checkRowFields(ocp.rows);
  const groups = rowGroups(ocp);
  groups.forEach((rows, i) => {
    checkRows(groups.length > 1 ? `rows[${i}]` : "rows", rows, ocp.N);
  });
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

const ROW_FIELDS = ["count", "kind", "stages", "soft", "controls", "value", "jacobian", "hessian"];

/** Throws a ConfigError where a group of rows has a field that nobody reads: `equality: true` would leave an inequality. */
export function checkRowFields(rows: object | readonly object[] | undefined): void {
  const groups = rowList(rows);
  groups.forEach((group, i) => {
    for (const field of Object.keys(group)) {
      if (ROW_FIELDS.includes(field)) continue;
      const name = groups.length > 1 ? `rows[${i}]` : "rows";
      throw new ConfigError(
        `${name} has "${field}"${didYouMean(field, ROW_FIELDS)}, expected fields among ${ROW_FIELDS.join(", ")}; an equality is kind: "equality"`,
      );
    }
  });
}

function checkRows(name: string, rows: RowGroup, N: number): void {
  const { count, kind = "inequality" } = rows;
  if (!(Number.isInteger(count) && count >= 0))
    throw new ConfigError(`${name}.count is ${count}, expected an integer >= 0`);
  if (kind !== "inequality" && kind !== "equality")
    throw new ConfigError(`${name}.kind is "${kind}", expected "inequality" or "equality"`);
  checkStages(name, rows, N);
  checkPenalties(`${name}.soft`, rows.soft, count);
}

/** Throws a ConfigError where stages are listed, or named, that the rows cannot hold at. */
function checkStages(name: string, rows: RowGroup, N: number): void {
  if (rows.stages === undefined || rows.stages === "path") return;
  const [first, last, reason] = rows.controls ? [0, N - 1, "x_N has no control"] : [1, N, "x_0 is given"];
  const stages = rowStages(rows, N);
  stages.forEach((k, i) => {
    if (!(Number.isInteger(k) && k >= first && k <= last))
      throw new ConfigError(`${name}.stages holds ${k}, expected stages in ${first}..${last}: ${reason}`);
    if (i > 0 && k <= stages[i - 1])
      throw new ConfigError(`${name}.stages holds ${stages[i - 1]} before ${k}, expected ascending stages`);
  });
}

function checkBounds(
  name: string,
  lower: Float64Array,
  upper: Float64Array,
  one: readonly [number, string],
  all: readonly [number, string],
): void {
  const [lowerName, upperName] = name === "u" ? ["uLower", "uUpper"] : [`${name}.lower`, `${name}.upper`];
  checkBoundLength(lowerName, lower.length, one, all);
  checkBoundLength(upperName, upper.length, one, all);
  checkLength(upperName, upper.length, lower.length, `the length of ${lowerName}`);
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

function checkBoundLength(
  name: string,
  length: number,
  one: readonly [number, string],
  all: readonly [number, string],
): void {
  if (length === one[0] || length === all[0]) return;
  throw new ShapeError(
    `${name} has length ${length}, expected ${one[1]} = ${one[0]} or ${all[1]} = ${all[0]}`,
  );
}

function checkPenalties(name: string, soft: SoftPenalties | undefined, count: number): void {
  if (Array.isArray(soft)) checkLength(name, soft.length, count, "one for each");
  for (let i = 0; i < count; i++)
    checkPenalty(Array.isArray(soft) ? `${name}[${i}]` : name, penaltyOf(soft, i));
}

function checkPenalty(name: string, soft: SoftPenalty | undefined): void {
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
