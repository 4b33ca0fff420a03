import { ConfigError, checkCount, checkPositive, ShapeError } from "../base/index.ts";
import type { IntegrationMethod, Ocp, ParameterDerivatives, Rows, SoftPenalty } from "../ocp/index.ts";
import { boundsOf, indexOf, type NamedBounds } from "./bounds-by-name.ts";
import type { Evaluation } from "./compile.ts";
import { createGraph, createVariable, type Expr, isExpr, type Scalar } from "./expression.ts";
import { integrationStep } from "./integrate.ts";
import { byName, createVector, type NamedVector, type NamesOrCount, namesOf } from "./named-vector.ts";
import { type ProblemExpressions, symbolicParameters } from "./parameter-functions.ts";
import { symbolicCosts, symbolicDynamics, symbolicRows } from "./problem-functions.ts";
import {
  checkStages,
  type DataVariables,
  layOut,
  type NewValues,
  type Parameters,
  type ParameterVariables,
  type StageData,
  type ValueLayout,
  writeValue,
} from "./run-time-values.ts";
import type { ProblemVariables } from "./stage-kernels.ts";

/** What the last stage's functions are made of. */
export type TerminalVariables<S extends NamesOrCount, P, D> = {
  readonly x: NamedVector<S>;
  /** The stage, as a number to compute with. */
  readonly k: Expr;
  /** Parameters. */
  readonly p: ParameterVariables<P>;
  /** Data of the stage. */
  readonly d: DataVariables<D>;
};

/** What the functions of a stage are made of. */
export type StageVariables<S extends NamesOrCount, U extends NamesOrCount, P, D> = TerminalVariables<
  S,
  P,
  D
> & {
  readonly u: NamedVector<U>;
};

/** Rows `c >= 0` or `c = 0`: what {@link Rows} says of kind, stages and penalty. Controls may be read before stage N. */
export type SymbolicRows<S extends NamesOrCount, U extends NamesOrCount, P, D> = Pick<
  Rows,
  "kind" | "stages" | "soft"
> & {
  /** Any number of values c. */
  readonly values: (v: StageVariables<S, U, P, D>) => readonly Scalar[];
};

/** An optimal control problem in expressions: each function is written once, and called once, with variables. */
export type SymbolicProblem<
  S extends NamesOrCount,
  U extends NamesOrCount,
  P extends Parameters,
  D extends StageData,
> = {
  /** Number of control stages. */
  readonly N: number;
  /** Names of the states, or their number: then they are x0, x1, ... */
  readonly states: S;
  /** Names of the controls, or their number: then they are u0, u1, ... */
  readonly controls: U;
  /** Values that may be {@link SymbolicOcp.set} later without anything being built again. */
  readonly parameters?: P;
  /** Values for each stage 0..N, which may be set likewise. */
  readonly data?: D;
  /** x_{k+1}, or with `dt` xdot: as many values as states. */
  readonly dynamics: (v: StageVariables<S, U, P, D>) => readonly Scalar[];
  /** Time step [s] of continuous dynamics: a number, or an expression of parameters and data. */
  readonly dt?: number | ((v: Pick<StageVariables<S, U, P, D>, "k" | "p" | "d">) => Scalar);
  /** How continuous dynamics are integrated over a step, with the control held; by default "rk4". */
  readonly method?: IntegrationMethod;
  readonly stageCost: (v: StageVariables<S, U, P, D>) => Scalar;
  /** By default 0. */
  readonly terminalCost?: (v: TerminalVariables<S, P, D>) => Scalar;
  /** Groups of rows c >= 0 or c = 0, each at its stages. */
  readonly rows?: readonly SymbolicRows<S, U, P, D>[];
  /** [lower, upper] of controls and states, by name; a list has one for each stage. Infinite where missing. */
  readonly bounds?: NamedBounds;
  /** What a violated bound of a state costs; without it they are hard, as those of controls always are. */
  readonly softStates?: SoftPenalty;
  /** Names of states that are angles: differences of states are wrapped there. */
  readonly angles?: readonly string[];
  /** "interpreted" generates no code; by default it is generated where the host allows it. */
  readonly evaluation?: Evaluation;
};

/** An {@link Ocp} whose values may be set. */
export type SymbolicOcp<P extends Parameters = Parameters, D extends StageData = StageData> = Ocp & {
  /** What its functions are made of: variables are called x.NAME, u.NAME, k, p.NAME and d.NAME. */
  readonly expressions: ProblemExpressions;
  /** Names of states and controls, in their order. */
  readonly names: { readonly states: readonly string[]; readonly controls: readonly string[] };
  /** Each parameter's numbers, in the order of the columns of {@link parameterDerivatives}: `goal[0]`, `rope`. */
  readonly parameterNames: readonly string[];
  /** How the problem depends on its parameters: for sensitivities of its solutions. */
  readonly parameterDerivatives: ParameterDerivatives;
  /**
   * Sets parameters and data; they hold from the next call of a function on.
   *
   * @throws ConfigError, ShapeError for a name or a length that the problem was not made with, or NaN
   */
  set(values: NewValues<P, D>): void;
};

/**
 * Makes an {@link Ocp} of functions written once, in expressions: every derivative is exact, entries of the
 * dynamics' Jacobians that are always 0 or 1 are declared, and what is computed twice is computed once.
 *
 * Each function is called once, here, with variables instead of numbers; so an `if` in it must be an `ifElse`, and
 * arithmetic the functions of this room. Code is generated for each derivative when it is first called for.
 *
 * @throws ConfigError, ShapeError for what does not fit, naming the function
 */
export function symbolicOcp<
  const S extends NamesOrCount,
  const U extends NamesOrCount,
  P extends Parameters = Record<never, never>,
  D extends StageData = Record<never, never>,
>(problem: SymbolicProblem<S, U, P, D>): SymbolicOcp<P, D> {
  const { N } = problem;
  checkCount("N", N, 1);
  const graph = createGraph();
  const names = {
    states: namesOf("states", "x", problem.states),
    controls: namesOf("controls", "u", problem.controls),
  };
  checkDifferent([...names.states, ...names.controls], "states and controls");
  const x = createVector(graph, "x", names.states);
  const u = createVector(graph, "u", names.controls);
  const k = createVariable(graph, "k");
  const data = problem.data ?? ({} as D);
  const parameters = problem.parameters ?? ({} as P);
  checkDifferent([...Object.keys(parameters), ...Object.keys(data)], "parameters and data");
  const p = layOut(graph, "p", parameters);
  const firstStage = Object.entries(data).map(([name, stages]) => [name, stages[0]] as const);
  const d = layOut(graph, "d", Object.fromEntries(firstStage));
  const values: ProblemVariables = {
    graph,
    x,
    u,
    stage: [k, ...d.variables],
    p: p.variables,
    stageValues: Array.from({ length: N + 1 }, (_, at) => Float64Array.of(at, ...d.variables.map(() => 0))),
    parameterValues: new Float64Array(p.variables.length),
    evaluation: problem.evaluation,
  };
  const set = (given: Parameters & StageData): void => setValues(given, values, p, d);
  set({ ...parameters, ...data });
  const named = { x: byName("x", x, names.states), k, p: p.named, d: d.named };
  const terminal = named as unknown as TerminalVariables<S, P, D>;
  const stage = { ...named, u: byName("u", u, names.controls) } as unknown as StageVariables<S, U, P, D>;
  const groups = problem.rows ?? [];
  const expressions = {
    next: nextState(problem, stage, names.states),
    stageCost: checkScalar("stageCost", problem.stageCost(stage)),
    terminalCost: checkScalar("terminalCost", problem.terminalCost?.(terminal) ?? 0),
    rows: groups.map((group, i) => checkVector(`rows[${i}].values`, group.values(stage))),
  };
  const rows = groups.map(({ kind, stages, soft }, i) =>
    symbolicRows(values, expressions.rows[i], { kind, stages, soft }),
  );
  return {
    N,
    names,
    expressions,
    set: set as SymbolicOcp<P, D>["set"],
    parameterNames: [...p.places].flatMap(([name, { length, single }]) =>
      Array.from({ length }, (_, i) => (single ? name : `${name}[${i}]`)),
    ),
    parameterDerivatives: symbolicParameters(values, expressions),
    dynamics: symbolicDynamics(values, expressions.next),
    ...symbolicCosts(values, expressions.stageCost, expressions.terminalCost),
    rows: rows.length > 0 ? rows : undefined,
    ...boundsOf(problem, names),
    angles: problem.angles?.map((name) => indexOf(name, names.states, "angles")),
  };
}

/** x_{k+1} as the problem writes it, or by integration. */
function nextState<S extends NamesOrCount, U extends NamesOrCount, P extends Parameters, D extends StageData>(
  problem: SymbolicProblem<S, U, P, D>,
  stage: StageVariables<S, U, P, D>,
  names: readonly string[],
): readonly Scalar[] {
  const call = (x: readonly Scalar[]): readonly Scalar[] => {
    const result = problem.dynamics({ ...stage, x: byName("x", x, names) as NamedVector<S> });
    const values = checkVector("dynamics", result);
    if (values.length === names.length) return values;
    throw new ShapeError(`dynamics returns ${values.length} values, expected nx = ${names.length}`);
  };
  const x = Array.from(stage.x);
  if (problem.dt === undefined) return call(x);
  if (typeof problem.dt === "number") checkPositive("dt", problem.dt, "s");
  const { k, p, d } = stage;
  const dt = typeof problem.dt === "number" ? problem.dt : checkScalar("dt", problem.dt({ k, p, d }));
  return integrationStep(call, x, dt, problem.method ?? "rk4");
}

function checkVector(name: string, values: readonly Scalar[]): readonly Scalar[] {
  if (Array.isArray(values)) return values.map((value, i) => checkScalar(`${name}[${i}]`, value));
  throw new ConfigError(`${name} returns ${String(values)}, expected an array of numbers and expressions`);
}

function checkScalar(name: string, value: Scalar): Scalar {
  if (isExpr(value) || (typeof value === "number" && !Number.isNaN(value))) return value;
  throw new ConfigError(`${name} is ${String(value)}, expected a number or an expression`);
}

function checkDifferent(names: readonly string[], what: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ConfigError(`${what} share the name "${twice}", expected different names`);
}

function setValues(
  given: Parameters & StageData,
  values: ProblemVariables,
  p: ValueLayout,
  d: ValueLayout,
): void {
  const stages = values.stageValues;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!d.places.has(name)) {
      writeValue(p, name, value as Parameters[string], values.parameterValues, 0, [...d.places.keys()]);
      continue;
    }
    const rows = value as StageData[string];
    checkStages(name, rows, stages.length - 1);
    stages.forEach((row, k) => void writeValue(d, name, rows[k], row, 1));
  }
}
