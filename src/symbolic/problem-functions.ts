import { type Dynamics, type DynamicsSparsity, type Ocp, type Rows, rowsOfGroup } from "../ocp/index.ts";
import { gradientOf, hessianOf, jacobianOf, type ScalarMatrix } from "./differentiate.ts";
import { nodesOf, type Scalar } from "./expression.ts";
import {
  block,
  dense,
  later,
  NONE,
  type ProblemVariables,
  stageValues,
  sum,
  vector,
  weighted,
} from "./stage-kernels.ts";

/** Dynamics x_{k+1} = next, with exact derivatives and the entries of A and B that are always 0 or 1. */
export function symbolicDynamics(v: ProblemVariables, next: readonly Scalar[]): Dynamics {
  const [nx, nu] = [v.x.length, v.u.length];
  const z = [...v.x, ...v.u];
  const J = jacobianOf(next, z);
  const { weights, total } = weighted(v, next);
  const step = later(v, () => [vector(next)]);
  const jacobian = later(v, () => [block(J, [0, nx], [0, nx]), block(J, [0, nx], [nx, nx + nu])]);
  const hessian = later(v, () => [sum(hessianOf(total, z))], weights);
  const after = new Float64Array(nx);
  return {
    nx,
    nu,
    sparsity: sparsityOf(J, nx),
    step(x, u, k, out) {
      step()(x, u, stageValues(v, k), v.parameterValues, NONE, after);
      out.set(after); // out may be x
    },
    jacobian: (x, u, k, A, B) => jacobian()(x, u, stageValues(v, k), v.parameterValues, NONE, A, B),
    hessian: (x, u, k, p, H) => hessian()(x, u, stageValues(v, k), v.parameterValues, p, H),
  };
}

function sparsityOf(J: ScalarMatrix, nx: number): DynamicsSparsity {
  const kind = (entry: Scalar): string => (entry === 0 ? "0" : entry === 1 ? "1" : "*");
  const rows = J.map((row) => row.map(kind).join(""));
  return { A: rows.map((row) => row.slice(0, nx)), B: rows.map((row) => row.slice(nx)) };
}

/** A problem's costs, with exact derivatives. */
export function symbolicCosts(
  v: ProblemVariables,
  stageCost: Scalar,
  terminalCost: Scalar,
): Pick<
  Ocp,
  "stageCost" | "stageGradient" | "stageHessian" | "terminalCost" | "terminalGradient" | "terminalHessian"
> {
  const [nx, nu] = [v.x.length, v.u.length];
  const z = [...v.x, ...v.u];
  const N = v.stageValues.length - 1;
  const p = v.parameterValues;
  const value = later(v, () => [vector([stageCost])]);
  const gradient = later(v, () => {
    const g = gradientOf(stageCost, z);
    return [vector(g.slice(0, nx)), vector(g.slice(nx))];
  });
  const hessian = later(v, () => {
    const H = hessianOf(stageCost, z);
    const [X, U]: [number, number][] = [
      [0, nx],
      [nx, nx + nu],
    ];
    return [block(H, X, X), block(H, U, U), block(H, U, X)];
  });
  const last = later(v, () => [vector([terminalCost])]);
  const lastGradient = later(v, () => [vector(gradientOf(terminalCost, v.x))]);
  const lastHessian = later(v, () => [dense(hessianOf(terminalCost, v.x))]);
  const cost = new Float64Array(1);
  return {
    stageCost(x, u, k) {
      value()(x, u, stageValues(v, k), p, NONE, cost);
      return cost[0];
    },
    stageGradient: (x, u, k, q, r) => gradient()(x, u, stageValues(v, k), p, NONE, q, r),
    stageHessian: (x, u, k, Q, R, M) => hessian()(x, u, stageValues(v, k), p, NONE, Q, R, M),
    terminalCost(x) {
      last()(x, NONE, stageValues(v, N), p, NONE, cost);
      return cost[0];
    },
    terminalGradient: (x, q) => lastGradient()(x, NONE, stageValues(v, N), p, NONE, q),
    terminalHessian: (x, Q) => lastHessian()(x, NONE, stageValues(v, N), p, NONE, Q),
  };
}

/** Rows of these values, with exact derivatives; they read u where one of the values does. */
export function symbolicRows(
  v: ProblemVariables,
  values: readonly Scalar[],
  options: Pick<Rows, "kind" | "stages" | "soft">,
): Rows {
  const nx = v.x.length;
  const controls = nodesOf(values).some((node) => v.u.includes(node));
  const z = controls ? [...v.x, ...v.u] : v.x;
  const { weights, total } = weighted(v, values);
  const value = later(v, () => [vector(values)]);
  const jacobian = later(v, () => {
    const J = jacobianOf(values, z);
    return [dense(J.map((row) => row.slice(0, nx))), dense(J.map((row) => row.slice(nx)))];
  });
  const hessian = later(v, () => [sum(hessianOf(total, z))], weights);
  const p = v.parameterValues;
  return rowsOfGroup({
    ...options,
    count: values.length,
    controls,
    value: (x, u, k, out) => value()(x, u, stageValues(v, k), p, NONE, out),
    jacobian: (x, u, k, C, D) => jacobian()(x, u, stageValues(v, k), p, NONE, C, D),
    hessian: (x, u, k, y, H) => hessian()(x, u, stageValues(v, k), p, y, H),
  });
}
