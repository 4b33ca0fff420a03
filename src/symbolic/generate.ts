import { cutProgram, stepOf } from "./cut-program.ts";
import type { Kernel } from "./interpret.ts";
import type { Program } from "./program.ts";

/**
 * Size of one generated function, as {@link cutProgram} counts. V8 leaves functions of
 * more than 60 kB of bytecode unoptimized: one of 5912 steps took 80 us in one piece, 1.6 to 3 us in pieces of 1000 to
 * 3000, 4 to 6 us in pieces of 250.
 */
const MOST_SIZE = 1200;

/**
 * A function of straight-line code that computes a program. A long program becomes several functions, which hand
 * values on in an array.
 *
 * @returns undefined where code generation is forbidden (a Content-Security-Policy without `unsafe-eval`)
 */
export function generate(program: Program, mostSize = MOST_SIZE): Kernel | undefined {
  const parts = writeParts(program, mostSize);
  const arrays = arrayNames(program).join(",");
  try {
    if (parts.bodies.length === 1) return new Function(arrays, parts.bodies[0]) as Kernel;
    const passed = new Float64Array(parts.passed);
    const functions = parts.bodies.map((body) => new Function("T", arrays, body));
    const names = functions.map((_, i) => `f${i}`);
    const calls = names.map((name) => `${name}(T,${arrays});`).join("");
    const make = new Function("T", ...names, `return (${arrays})=>{${calls}}`);
    return make(passed, ...functions) as Kernel;
  } catch {
    return undefined;
  }
}

const arrayNames = ({ inputs, outputs }: Program): readonly string[] => [
  ...inputs.map((_, i) => `i${i}`),
  ...outputs.map((_, i) => `o${i}`),
];

/** The bodies of the functions, and how many values they pass on. */
function writeParts(program: Program, mostSize: number): { bodies: readonly string[]; passed: number } {
  const { constants, loads, outputs } = program;
  const constant = new Map(constants.map(({ register, value }) => [register, literal(value)]));
  const load = new Map(loads.map(({ register, input, place }) => [register, `i${input}[${place}]`]));
  const stores = storesOf(program);
  const { starts, passed: slots } = cutProgram(program, mostSize);
  const bodies: string[] = [];
  for (let part = 0; part + 1 < starts.length; part++) {
    const text: string[] = [];
    const here = new Set<number>();
    const use = (register: number): string => {
      const fixed = constant.get(register);
      if (fixed !== undefined) return fixed;
      if (!here.has(register)) {
        here.add(register);
        text.push(`const t${register}=${load.get(register) ?? `T[${slots.get(register)}]`};`);
      }
      return `t${register}`;
    };
    const store = (register: number): void => {
      for (const to of stores.get(register) ?? []) text.push(`${to}=${use(register)};`);
    };
    if (part === 0) {
      outputs.forEach(({ sparse }, o) => void (sparse && text.push(`o${o}.fill(0);`)));
      for (const { register } of [...constants, ...loads]) store(register);
    }
    for (let s = starts[part]; s < starts[part + 1]; s++) {
      const { rule, register, operands } = stepOf(program, s);
      const [a, b, c] = operands.map(use);
      text.push(`const t${register}=${rule.code(a, b, c)};`);
      here.add(register);
      if (slots.has(register)) text.push(`T[${slots.get(register)}]=t${register};`);
      store(register);
    }
    bodies.push(text.join("\n"));
  }
  return { bodies, passed: slots.size };
}

/** What is assigned from a register: places of outputs. */
function storesOf({ outputs }: Program): ReadonlyMap<number, readonly string[]> {
  const stores = new Map<number, string[]>();
  outputs.forEach(({ adds, stores: all }, o) => {
    for (const { place, register } of all) {
      const to = `o${o}[${place}]${adds ? "+" : ""}`;
      const known = stores.get(register);
      if (known === undefined) stores.set(register, [to]);
      else known.push(to);
    }
  });
  return stores;
}

/** A number as code; negative ones in brackets, as in `a-(-2)`. */

function literal(value: number): string {
  if (Object.is(value, -0)) return "(-0)";
  return value < 0 ? `(${value})` : String(value);
}
