import { ConfigError } from "../base/index.ts";
import { type Expr, isExpr, type Scalar, toText } from "./expression.ts";
import { OPERATOR_NAMES } from "./operators.ts";

/** What a program reads: arrays, by the variables at their places. */
export type ProgramInput = { readonly name: string; readonly variables: readonly Expr[] };

/** What a program writes into one array. */
export type ProgramOutput = {
  readonly length: number;
  /** Values by their place; the other entries are zero. */
  readonly entries: readonly (readonly [place: number, value: Scalar])[];
  /** Adds to what is there, and leaves the other entries as they are. */
  readonly adds?: boolean;
};

/**
 * Expressions as a list of steps on registers: constants and inputs come first, then one register per step. It is
 * what both an interpreter runs and code is generated from, so that both compute the same in the same order.
 */
export type Program = {
  readonly inputs: readonly string[];
  readonly constants: readonly { readonly register: number; readonly value: number }[];
  /** What is read of which input. */
  readonly loads: readonly { readonly register: number; readonly input: number; readonly place: number }[];
  /** (operator, register, a, b, c) per step. */
  readonly steps: Int32Array;
  /** Number of steps. */
  readonly count: number;
  readonly outputs: readonly {
    readonly length: number;
    readonly adds: boolean;
    /** Entries that are zero have to be written, as there are fewer values than entries. */
    readonly sparse: boolean;
    readonly stores: readonly { readonly place: number; readonly register: number }[];
  }[];
  readonly registers: number;
};

/** The place of each operator among the names. */
const PLACES: ReadonlyMap<string, number> = new Map(OPERATOR_NAMES.map((name, i) => [name, i]));

/** Numbers per step in {@link Program}. */
export const STEP = 5;

/**
 * Puts expressions in an order in which each is computed right before it is first needed.
 *
 * @throws ConfigError where an expression uses a variable that is no input
 */
export function createProgram(inputs: readonly ProgramInput[], outputs: readonly ProgramOutput[]): Program {
  const places = new Map<Expr, readonly [input: number, place: number]>();
  inputs.forEach(({ variables }, input) => {
    variables.forEach((variable, place) => void places.set(variable, [input, place]));
  });
  const registers = new Map<Scalar, number>();
  const constants: { register: number; value: number }[] = [];
  const loads: { register: number; input: number; place: number }[] = [];
  const steps: number[] = [];
  const known = (value: Scalar): boolean => {
    if (registers.has(value)) return true;
    const register = registers.size;
    if (!isExpr(value)) constants.push({ register, value });
    else if (value.op !== "variable") return false;
    else loads.push({ register, ...placeOf(value, places, inputs) });
    registers.set(value, register);
    return true;
  };
  const schedule = (root: Scalar): number => {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (known(node) || !isExpr(node)) {
        stack.pop();
        continue;
      }
      const missing = node.args.filter((arg) => !known(arg));
      if (missing.length > 0) {
        stack.push(...missing.reverse());
        continue;
      }
      const [a = 0, b = 0, c = 0] = node.args.map((arg) => registers.get(arg)!);
      steps.push(PLACES.get(node.op)!, registers.size, a, b, c);
      registers.set(node, registers.size);
      stack.pop();
    }
    return registers.get(root)!;
  };
  const written = outputs.map(({ length, entries, adds = false }) => {
    const nonzero = entries.filter(([, value]) => value !== 0);
    const stores = nonzero.map(([place, value]) => ({ place, register: schedule(value) }));
    return { length, adds, sparse: !adds && stores.length < length, stores };
  });
  return {
    inputs: inputs.map(({ name }) => name),
    constants,
    loads,
    steps: Int32Array.from(steps),
    count: steps.length / STEP,
    outputs: written,
    registers: registers.size,
  };
}

function placeOf(
  variable: Expr,
  places: ReadonlyMap<Expr, readonly [number, number]>,
  inputs: readonly ProgramInput[],
): { input: number; place: number } {
  const at = places.get(variable);
  if (at !== undefined) return { input: at[0], place: at[1] };
  const names = inputs.flatMap(({ name, variables }) => (variables.length > 0 ? [name] : []));
  throw new ConfigError(
    `${toText(variable)} may not be used here, expected ${names.join(", ") || "no variables"}`,
  );
}
