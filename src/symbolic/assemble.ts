import {
  type Code,
  call,
  createLocals,
  createSharedKernel,
  f64,
  get,
  set,
  sharedPages,
} from "../wasm/index.ts";
import { cutProgram, stepOf } from "./cut-program.ts";
import type { Kernel } from "./interpret.ts";
import { type Operator, ruleOf } from "./operators.ts";
import type { Program } from "./program.ts";

/** Size of one function, as {@link cutProgram} counts: compilers take more than their length for long ones. */
const MOST_SIZE = 4000;

/** Operators that are instructions; the others are functions of the host. */
const INSTRUCTIONS: { readonly [K in Operator]?: (a: Code, b: Code, c: Code) => Code } = {
  add: (a, b) => f64.add(a, b),
  sub: (a, b) => f64.sub(a, b),
  mul: (a, b) => f64.mul(a, b),
  div: (a, b) => f64.div(a, b),
  min: (a, b) => f64.min(a, b),
  max: (a, b) => f64.max(a, b),
  neg: (a) => f64.neg(a),
  abs: (a) => f64.abs(a),
  sqrt: (a) => f64.sqrt(a),
  less: (a, b) => f64.fromInteger(f64.less(a, b)),
  ifElse: (a, b, c) => f64.select(b, c, f64.differ(a, f64.constant(0))),
};

const FLOAT = 8;

/**
 * A function in WebAssembly that computes a program: compiled at once, where JavaScript has to be called some thousand
 * times before it is (docs/own-problem.md). What it reads and writes is copied.
 *
 * @returns undefined where there is no WebAssembly, or a Content-Security-Policy forbids it
 */
export function assemble(program: Program, mostSize = MOST_SIZE): Kernel | undefined {
  const { starts, passed } = cutProgram(program, mostSize);
  const constants = new Map(program.constants.map(({ register, value }) => [register, value]));
  const slots = new Map<number, number>();
  const slotOf = (register: number): number => {
    if (!slots.has(register)) slots.set(register, slots.size);
    return slots.get(register)!;
  };
  for (const { register } of program.loads) slotOf(register);
  for (const register of passed.keys()) slotOf(register);
  for (const { stores } of program.outputs)
    for (const { register } of stores) if (!constants.has(register)) slotOf(register);
  const imported = hostFunctions(program);
  const functions = Object.fromEntries(
    starts
      .slice(1)
      .map((end, part) => [`f${part}`, writePart(program, starts[part], end, slots, constants, imported)]),
  );
  const types = Object.fromEntries(
    imported.map((name) => {
      const params = Array.from({ length: ruleOf(name).arity }, () => "f64" as const);
      return [name, { params, result: "f64" as const }];
    }),
  );
  const host = Object.fromEntries(imported.map((name) => [name, ruleOf(name).value]));
  const kernel = createSharedKernel(
    {
      functions,
      imported: types,
      pages: sharedPages(FLOAT * Math.max(1, slots.size)),
      pool: "programs",
    },
    host,
  );
  if (kernel === undefined) return undefined;
  const run = Object.keys(functions).map((name) => kernel.run[name]);
  return copying(program, new Float64Array(kernel.memory), slots, constants, run);
}

/** The functions of the host that a program calls. */
function hostFunctions(program: Program): readonly Operator[] {
  const names = new Set<Operator>();
  for (let s = 0; s < program.count; s++) {
    const { name } = stepOf(program, s);
    if (INSTRUCTIONS[name] === undefined) names.add(name);
  }
  return [...names];
}

function writePart(
  program: Program,
  from: number,
  end: number,
  slots: ReadonlyMap<number, number>,
  constants: ReadonlyMap<number, number>,
  imported: readonly Operator[],
) {
  const locals = createLocals(0);
  const here = new Map<number, number>();
  const body: Code[] = [];
  const keep = (register: number, value: Code): void => {
    here.set(register, locals.add("f64"));
    body.push(set(here.get(register)!, value));
  };
  const at = (register: number) => ({ offset: FLOAT * slots.get(register)! });
  const use = (register: number): Code => {
    const constant = constants.get(register);
    if (constant !== undefined) return f64.constant(constant);
    if (!here.has(register)) keep(register, f64.load(at(register)));
    return get(here.get(register)!);
  };
  for (let s = from; s < end; s++) {
    const { name, register, operands } = stepOf(program, s);
    const [a, b, c] = operands.map(use);
    const instruction = INSTRUCTIONS[name];
    keep(
      register,
      instruction
        ? instruction(a, b, c)
        : call(imported.indexOf(name), ...[a, b, c].slice(0, operands.length)),
    );
    if (slots.has(register)) body.push(f64.store(at(register), use(register)));
  }
  return { params: [], result: undefined, locals: locals.types, body };
}

/** Places of an array and of the memory that belong together. */
type Copies = { readonly array: number; readonly places: Int32Array; readonly slots: Int32Array };

/** Copies what is read into the memory, runs, and copies what is written out of it. */
function copying(
  { loads, outputs, inputs }: Program,
  memory: Float64Array,
  slots: ReadonlyMap<number, number>,
  constants: ReadonlyMap<number, number>,
  run: readonly (() => unknown)[],
): Kernel {
  const copies = (array: number, of: readonly { place: number; register: number }[]): Copies => ({
    array,
    places: Int32Array.from(of, ({ place }) => place),
    slots: Int32Array.from(of, ({ register }) => slots.get(register)!),
  });
  const read = inputs
    .map((_, i) =>
      copies(
        i,
        loads.filter(({ input }) => input === i),
      ),
    )
    .filter(({ places }) => places.length > 0);
  const written = outputs.map(({ adds, sparse, stores }, o) => ({
    ...copies(
      inputs.length + o,
      stores.filter(({ register }) => slots.has(register)),
    ),
    adds,
    sparse,
    fixed: stores.flatMap(({ place, register }) =>
      slots.has(register) ? [] : [{ place, value: constants.get(register)! }],
    ),
  }));
  return (...arrays) => {
    for (let i = 0; i < read.length; i++) {
      const { array, places, slots: to } = read[i];
      const from = arrays[array];
      for (let j = 0; j < places.length; j++) memory[to[j]] = from[places[j]];
    }
    for (let i = 0; i < run.length; i++) run[i]();
    for (let o = 0; o < written.length; o++) {
      const { array, places, slots: from, adds, sparse, fixed } = written[o];
      const out = arrays[array];
      if (sparse) out.fill(0);
      if (adds) for (let j = 0; j < places.length; j++) out[places[j]] += memory[from[j]];
      else for (let j = 0; j < places.length; j++) out[places[j]] = memory[from[j]];
      for (let j = 0; j < fixed.length; j++) {
        const { place, value } = fixed[j];
        out[place] = adds ? out[place] + value : value;
      }
    }
  };
}
