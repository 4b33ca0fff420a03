import { ConfigError } from "../base/index.ts";
import type { Dynamics, DynamicsSparsity, Ocp, Vec } from "../ocp/index.ts";
import { compile, type Evaluation } from "./compile.ts";
import { gradientOf, hessianOf, jacobianOf, type ScalarMatrix } from "./differentiate.ts";
import { createVariable, type Expr, type ExpressionGraph, type Scalar } from "./expression.ts";
import type { Kernel } from "./interpret.ts";
import type { ProgramInput, ProgramOutput } from "./program.ts";
import { dot } from "./vector-functions.ts";

/** What a problem's functions are made of, and where the numbers are that stand for its variables. */
export type ProblemVariables = {
  readonly graph: ExpressionGraph;
  readonly x: readonly Expr[];
  readonly u: readonly Expr[];
  /** The stage k, and the data of the stage. */
  readonly stage: readonly Expr[];
  readonly p: readonly Expr[];
  /** (N + 1) rows of numbers for `stage`; what they hold may change between calls. */
  readonly stageValues: readonly Vec[];
  /** Numbers for `p`; they may change between calls. */
  readonly parameterValues: Vec;
  readonly evaluation: Evaluation | undefined;
};

const dense = (M: ScalarMatrix): ProgramOutput => {
  const values = M.flat();
  return { length: values.length, entries: values.map((value, i) => [i, value]) };
};
const vector = (values: readonly Scalar[]): ProgramOutput => dense([values]);
const sum = (M: ScalarMatrix): ProgramOutput => ({ ...dense(M), adds: true });
const block = (M: ScalarMatrix, rows: [number, number], columns: [number, number]): ProgramOutput =>
  dense(M.slice(...rows).map((row) => row.slice(...columns)));

/** The function of some expressions, made when it is first called for; derivatives nobody asks for cost nothing. */
function later(
  v: ProblemVariables,
  outputs: () => readonly ProgramOutput[],
  weights: readonly Expr[] = [],
): () => Kernel {
  let made: Kernel | undefined;
  const inputs: readonly ProgramInput[] = [
    { name: "x", variables: v.x },
    { name: "u", variables: v.u },
    { name: "k and data", variables: v.stage },
    { name: "parameters", variables: v.p },
    { name: "weights", variables: weights },
  ];
  return () => {
    made ??= compile(inputs, outputs(), v.evaluation).run;
    return made;
  };
}

/** Variables for the weights of a sum of second derivatives. */
function createWeights({ graph }: ProblemVariables, count: number): readonly Expr[] {
  return Array.from({ length: count }, (_, i) => createVariable(graph, `weight ${i}`));
}

/** sum_i w_i f_i. */
function weighted(
  v: ProblemVariables,
  values: readonly Scalar[],
): { weights: readonly Expr[]; total: Scalar } {
  const weights = createWeights(v, values.length);
  return { weights, total: dot(weights, values) };
}

function stageValues(v: ProblemVariables, k: number): Vec {
  const row = v.stageValues[k];
  if (row !== undefined) return row;
  throw new ConfigError(`k is ${k}, expected a stage in 0..${v.stageValues.length - 1}`);
}

const NONE = new Float64Array(0);

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
