import type { ParameterDerivatives } from "../ocp/index.ts";
import { gradientOf, jacobianOf } from "./differentiate.ts";
import { nodesOf, type Scalar } from "./expression.ts";
import { add } from "./scalar-functions.ts";
import { dense, later, NONE, type ProblemVariables, stageValues, weighted } from "./stage-kernels.ts";

/** The expressions of a problem. */
export type ProblemExpressions = {
  /** x_{k+1} */
  readonly next: readonly Scalar[];
  readonly stageCost: Scalar;
  readonly terminalCost: Scalar;
  /** The values of each group. */
  readonly rows: readonly (readonly Scalar[])[];
};

/** How a problem depends on its parameters, exactly. */
export function symbolicParameters(
  v: ProblemVariables,
  { next, stageCost, terminalCost, rows }: ProblemExpressions,
): ParameterDerivatives {
  const z = [...v.x, ...v.u];
  const p = v.parameterValues;
  const { weights, total } = weighted(v, next);
  const stage = later(
    v,
    () => [dense(jacobianOf(next, v.p)), dense(jacobianOf(gradientOf(add(stageCost, total), z), v.p))],
    weights,
  );
  const terminal = later(v, () => [dense(jacobianOf(gradientOf(terminalCost, v.x), v.p))]);
  return {
    count: v.p.length,
    stage: (x, u, k, lambda, F, G) => stage()(x, u, stageValues(v, k), p, lambda, F, G),
    terminal: (x, G) => terminal()(x, NONE, stageValues(v, v.stageValues.length - 1), p, NONE, G),
    rows: rows.map((values) => {
      const ofRows = weighted(v, values);
      const read = nodesOf(values).some((node) => v.u.includes(node)) ? z : v.x;
      const kernel = later(
        v,
        () => [dense(jacobianOf(values, v.p)), dense(jacobianOf(gradientOf(ofRows.total, read), v.p))],
        ofRows.weights,
      );
      return (x, u, k, y, E, G) => kernel()(x, u, stageValues(v, k), p, y, E, G);
    }),
  };
}
