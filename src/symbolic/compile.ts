import { ConfigError } from "../base/index.ts";
import { generate } from "./generate.ts";
import { interpret, type Kernel } from "./interpret.ts";
import { createProgram, type ProgramInput, type ProgramOutput, STEP } from "./program.ts";

/** How expressions become functions. */
export const EVALUATIONS = ["auto", "interpreted"] as const;
/** "auto" generates code where the host allows it, "interpreted" never does. */
export type Evaluation = (typeof EVALUATIONS)[number];

/** A function made of expressions. */
export type Compiled = {
  readonly run: Kernel;
  readonly kind: "generated" | "interpreted";
  /** Operations of one call. */
  readonly steps: number;
};

/**
 * Makes a function that reads arrays of inputs and writes arrays of outputs: straight-line code, or where a
 * Content-Security-Policy forbids that, an interpreter with the same results to the bit.
 *
 * @throws ConfigError for an unknown evaluation, or an expression of a variable that is no input
 */
export function compile(
  inputs: readonly ProgramInput[],
  outputs: readonly ProgramOutput[],
  evaluation: Evaluation = "auto",
): Compiled {
  if (!EVALUATIONS.includes(evaluation))
    throw new ConfigError(`evaluation is "${evaluation}", expected one of ${EVALUATIONS.join(", ")}`);
  const program = createProgram(inputs, outputs);
  const generated = evaluation === "auto" ? generate(program) : undefined;
  return {
    run: generated ?? interpret(program),
    kind: generated === undefined ? "interpreted" : "generated",
    steps: program.steps.length / STEP,
  };
}
