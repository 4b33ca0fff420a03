import { checkName } from "../base/index.ts";
import { assemble } from "./assemble.ts";
import { generate } from "./generate.ts";
import { interpret, type Kernel } from "./interpret.ts";
import { createProgram, type ProgramInput, type ProgramOutput } from "./program.ts";

/** How expressions become functions. */
export const EVALUATIONS = ["auto", "javascript", "webassembly", "interpreted"] as const;
/**
 * "auto" makes WebAssembly of long functions and JavaScript of short ones, or whatever of both the host allows; the
 * others are interpreted where it does not. "interpreted" generates no code.
 */
export type Evaluation = (typeof EVALUATIONS)[number];

/** A function made of expressions. */
export type Compiled = {
  readonly run: Kernel;
  readonly kind: Exclude<Evaluation, "auto">;
  /** Operations of one call. */
  readonly steps: number;
};

/** Operations from which on "auto" makes WebAssembly. */
const LONG = 400;

/**
 * Makes a function that reads arrays of inputs and writes arrays of outputs: straight-line code, or where a
 * Content-Security-Policy forbids that, an interpreter; all with the same results to the bit.
 *
 * @throws ConfigError for an unknown evaluation, or an expression of a variable that is no input
 */
export function compile(
  inputs: readonly ProgramInput[],
  outputs: readonly ProgramOutput[],
  evaluation: Evaluation = "auto",
): Compiled {
  checkName("evaluation", evaluation, EVALUATIONS);
  const program = createProgram(inputs, outputs);
  const ways = { javascript: generate, webassembly: assemble };
  const order =
    program.count >= LONG
      ? (["webassembly", "javascript"] as const)
      : (["javascript", "webassembly"] as const);
  for (const kind of order) {
    const run = evaluation === "auto" || evaluation === kind ? ways[kind](program) : undefined;
    if (run !== undefined) return { run, kind, steps: program.count };
  }
  return { run: interpret(program), kind: "interpreted", steps: program.count };
}
