import { isExpr, nodesOf, type Scalar } from "./expression.ts";
import type { Operator } from "./operators.ts";

/** A number, a variable by its name ("x.speed"), or an earlier step by its place: `{ step: 3 }`. */
export type StepOperand = number | string | { readonly step: number };

/** Values as a list of steps, for programs that are not this one: each is an operator and its arguments. */
export type WrittenSteps = {
  readonly steps: readonly (readonly [op: Operator, ...args: StepOperand[]])[];
  readonly outputs: readonly StepOperand[];
};

/** Writes expressions as steps that can be computed one after the other; what is shared is one step. */
export function writeSteps(values: readonly Scalar[]): WrittenSteps {
  const steps: (readonly [Operator, ...StepOperand[]])[] = [];
  const places = new Map<Scalar, number>();
  const operand = (value: Scalar): StepOperand => {
    if (!isExpr(value)) return value;
    return value.op === "variable" ? value.name! : { step: places.get(value)! };
  };
  for (const node of nodesOf(values)) {
    if (node.op === "variable") continue;
    places.set(node, steps.length);
    steps.push([node.op, ...node.args.map(operand)]);
  }
  return { steps, outputs: values.map(operand) };
}
