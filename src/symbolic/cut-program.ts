import { OPERATOR_NAMES, ruleOf } from "./operators.ts";
import { type Program, STEP } from "./program.ts";

/** A program cut into parts that run one after the other. */
export type ProgramParts = {
  /** The first step of each part, and the number of all. */
  readonly starts: readonly number[];
  /** Registers that are computed in one part and used in another, by their place in an array between the parts. */
  readonly passed: ReadonlyMap<number, number>;
};

/**
 * Cuts a program into parts of at most a size: a step counts one, what is read from or written to an array two.
 *
 * @param mostSize of a part; one step always fits
 */
export function cutProgram(program: Program, mostSize: number): ProgramParts {
  const starts = partStarts(program, mostSize);
  return { starts, passed: passedOn(program, starts) };
}

/** A step: its operator, the register it writes and those it reads. */
export function stepOf({ steps }: Program, s: number) {
  const [op, register, ...operands] = steps.subarray(s * STEP, (s + 1) * STEP);
  const rule = ruleOf(OPERATOR_NAMES[op]);
  return { name: OPERATOR_NAMES[op], rule, register, operands: operands.slice(0, rule.arity) };
}

function partStarts(program: Program, mostSize: number): readonly number[] {
  const constant = new Set(program.constants.map(({ register }) => register));
  const stores = new Map<number, number>();
  for (const output of program.outputs)
    for (const { register } of output.stores) stores.set(register, (stores.get(register) ?? 0) + 1);
  const starts = [0];
  let here = new Set<number>();
  let size = 0;
  for (let s = 0; s < program.count; s++) {
    const { register, operands } = stepOf(program, s);
    const read = operands.filter((operand) => !here.has(operand) && !constant.has(operand));
    const written = stores.get(register) ?? 0;
    const own = 1 + 2 * (read.length + written);
    if (size > 0 && size + own > mostSize) {
      starts.push(s);
      here = new Set();
      size = 1 + 2 * (operands.length + written);
    } else size += own;
    for (const one of [register, ...operands]) here.add(one);
  }
  return [...starts, program.count];
}

function passedOn(program: Program, starts: readonly number[]): ReadonlyMap<number, number> {
  const madeIn = new Map<number, number>();
  const places = new Map<number, number>();
  let part = 0;
  for (let s = 0; s < program.count; s++) {
    const { register, operands } = stepOf(program, s);
    while (s >= starts[part + 1]) part++;
    madeIn.set(register, part);
    for (const operand of operands) {
      if ((madeIn.get(operand) ?? part) !== part && !places.has(operand)) places.set(operand, places.size);
    }
  }
  return places;
}
