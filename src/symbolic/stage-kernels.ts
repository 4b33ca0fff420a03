import { ConfigError } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { compile, type Evaluation } from "./compile.ts";
import type { ScalarMatrix } from "./differentiate.ts";
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

/** A matrix, written in full. */
export const dense = (M: ScalarMatrix): ProgramOutput => {
  const values = M.flat();
  return { length: values.length, entries: values.map((value, i) => [i, value]) };
};
/** A vector, written in full. */
export const vector = (values: readonly Scalar[]): ProgramOutput => dense([values]);
/** A matrix that is added to what is there. */
export const sum = (M: ScalarMatrix): ProgramOutput => ({ ...dense(M), adds: true });
/** Rows and columns of a matrix, written in full. */
export const block = (M: ScalarMatrix, rows: [number, number], columns: [number, number]): ProgramOutput =>
  dense(M.slice(...rows).map((row) => row.slice(...columns)));

/** The function of some expressions, made when it is first called for; derivatives nobody asks for cost nothing. */
export function later(
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

/** sum_i w_i f_i, with variables for the weights. */
export function weighted(
  v: ProblemVariables,
  values: readonly Scalar[],
): { weights: readonly Expr[]; total: Scalar } {
  const weights = values.map((_, i) => createVariable(v.graph, `weight ${i}`));
  return { weights, total: dot(weights, values) };
}

/** The stage and its data. @throws ConfigError for a stage that the problem has not */
export function stageValues(v: ProblemVariables, k: number): Vec {
  const row = v.stageValues[k];
  if (row !== undefined) return row;
  throw new ConfigError(`k is ${k}, expected a stage in 0..${v.stageValues.length - 1}`);
}

/** An input that is not read. */
export const NONE = new Float64Array(0);
