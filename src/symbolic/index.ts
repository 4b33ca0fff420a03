export { type Compiled, compile, EVALUATIONS, type Evaluation } from "./compile.ts";
export { gradientOf, hessianOf, jacobianOf, type ScalarMatrix } from "./differentiate.ts";
export {
  createGraph,
  createVariable,
  type Expr,
  type ExpressionGraph,
  isExpr,
  nodesOf,
  type Scalar,
  toText,
} from "./expression.ts";
export type { Kernel } from "./interpret.ts";
export type { NamedVector, NamesOrCount } from "./named-vector.ts";
export type { Operator } from "./operators.ts";
export type { ProblemExpressions } from "./parameter-functions.ts";
export type { ProgramInput, ProgramOutput } from "./program.ts";
export type {
  DataVariables,
  NewValues,
  Parameters,
  ParameterVariables,
  RunTimeValue,
  StageData,
} from "./run-time-values.ts";
export {
  abs,
  acos,
  add,
  asin,
  atan,
  atan2,
  cos,
  cosh,
  div,
  exp,
  hypot,
  ifElse,
  less,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  sign,
  sin,
  sinh,
  smoothAbs,
  smoothMax,
  smoothMin,
  smoothStep,
  sqrt,
  square,
  sub,
  tan,
  tanh,
} from "./scalar-functions.ts";
export { type StepOperand, type WrittenSteps, writeSteps } from "./steps.ts";
export {
  type StageVariables,
  type SymbolicOcp,
  type SymbolicProblem,
  type SymbolicRows,
  symbolicOcp,
  type TerminalVariables,
} from "./symbolic-ocp.ts";
export {
  angleCost,
  cross,
  dot,
  minus,
  norm,
  plus,
  type ScalarVector,
  scale,
  smoothNorm,
  timesVector,
  weightedSquares,
} from "./vector-functions.ts";
