import { describe, expect, it, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { createLearnedModel, MNEMOSYNE_SPEC } from "../../src/optim/index.ts";
import { emitStep, hasStepKernel } from "../../src/optim/learned/simd/step-kernel.ts";
import { dense, denseFloats } from "../../src/wasm/dense-kernel.ts";
import { createKernel } from "../../src/wasm/simd-support.ts";
import { float32, list, name, signed, sized, unsigned } from "../../src/wasm/wasm-bytes.ts";
import { createLocals, get, i32, repeat, sequence, set } from "../../src/wasm/wasm-code.ts";
import { createMemoryPlan } from "../../src/wasm/wasm-memory.ts";
import { encodeModule } from "../../src/wasm/wasm-module.ts";
import { DESIGNS, untrained } from "../optim/learned-designs.ts";

// biome-ignore lint/suspicious/noExplicitAny: the standard library's types are those of browsers
const host = (globalThis as any).WebAssembly;

test("integers are encoded as the specification's LEB128", () => {
  // Examples of the DWARF standard, from which the encoding comes, and the ends of 32 bits.
  expect([0, 2, 127, 128, 129, 130, 12857, 2 ** 32 - 1].map((n) => [...unsigned(n)])).toEqual([
    [0x00],
    [0x02],
    [0x7f],
    [0x80, 0x01],
    [0x81, 0x01],
    [0x82, 0x01],
    [0xb9, 0x64],
    [0xff, 0xff, 0xff, 0xff, 0x0f],
  ]);
  expect([2, -2, 63, 64, -64, -65, 127, -127, 128, -128, -(2 ** 31)].map((n) => [...signed(n)])).toEqual([
    [0x02],
    [0x7e],
    [0x3f],
    [0xc0, 0x00],
    [0x40],
    [0xbf, 0x7f],
    [0xff, 0x00],
    [0x81, 0x7f],
    [0x80, 0x01],
    [0x80, 0x7f],
    [0x80, 0x80, 0x80, 0x80, 0x78],
  ]);
  expect([...float32(1)]).toEqual([0, 0, 0x80, 0x3f]);
  expect([...name("run")]).toEqual([3, 0x72, 0x75, 0x6e]);
  expect([...sized(list([[7], [8, 9]]))]).toEqual([4, 2, 7, 8, 9]);
});

test("a module is the bytes of the specification, section by section", () => {
  const bytes = encodeModule({
    params: ["i32"],
    result: "i32",
    locals: ["v128"],
    body: get(0),
    pages: 3,
  });
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
  expect(hex).toBe(
    [
      "00 61 73 6d 01 00 00 00",
      "01 06 01 60 01 7f 01 7f", // types: (i32) -> i32
      "03 02 01 00", // functions: one of type 0
      "05 04 01 01 03 03", // memories: one of 3 to 3 pages
      "07 10 02 06 6d 65 6d 6f 72 79 02 00 03 72 75 6e 00 00", // exports: memory, run
      "0a 08 01 06 01 01 7b 20 00 0b", // code: one local v128, local.get 0, end
    ].join(" "),
  );
  expect(host.validate(bytes)).toBe(true);
});

test.each([0, 1, 2, 3, 4, 5, 7, 8, 12, 97])("a body is repeated %i times, its addresses moving", (count) => {
  const locals = createLocals(0);
  const sum = locals.add("i32");
  const body = sequence(
    set(sum, i32.constant(0)),
    repeat(locals, count, [{ from: { offset: 5 }, stride: 3 }], ([{ local, offset }]) => {
      const at = local === undefined ? i32.constant(offset) : i32.add(get(local), i32.constant(offset));
      return set(sum, i32.add(get(sum), at));
    }),
    get(sum),
  );
  const kernel = createKernel({ params: [], result: "i32", locals: locals.types, body, pages: 1 })!;
  expect(kernel.run()).toBe(5 * count + (3 * count * (count - 1)) / 2);
});

test.each([
  [1, 1],
  [2, 16],
  [5, 48],
  [16, 49],
  [7, 200],
])("a dense layer of %i inputs and %i outputs equals its sums, zeros behind them", (inputs, outputs) => {
  const rng = createRng(inputs + outputs);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => rng.gauss());
  const [W, bias, x] = [draw(inputs * outputs), draw(outputs), draw(inputs)];
  for (const layer of [
    { inputs, outputs, W },
    { inputs, outputs, W, bias },
  ]) {
    const locals = createLocals(0);
    const memory = createMemoryPlan();
    const [from, to] = [memory.data(x), memory.reserve(denseFloats(outputs))];
    const body = dense({ locals, memory }, layer, from, to);
    const kernel = createKernel({
      params: [],
      result: undefined,
      locals: locals.types,
      body,
      pages: memory.pages(),
    })!;
    memory.fill(new Float32Array(kernel.memory));
    kernel.run();
    new Float32Array(kernel.memory, to.offset, denseFloats(outputs)).forEach((y, o) => {
      let expected = o < outputs && "bias" in layer ? bias[o] : 0;
      for (let i = 0; i < inputs && o < outputs; i++) expected += W[i * outputs + o] * x[i];
      expect(Math.abs(y - expected)).toBeLessThan(1e-5);
    });
  }
});

describe("the module of a step", () => {
  const covered = Object.entries(DESIGNS).filter(([, spec]) => hasStepKernel(spec));

  it.each(covered)("is valid, small, and the same bytes each time: %s", (_, spec) => {
    const model = createLearnedModel(spec);
    const { weights } = untrained(spec);
    const named = Object.fromEntries(
      model.layout.entries.map((e) => [e.name, weights.slice(e.offset, e.offset + e.size)]),
    );
    const sizes = model.sizes.slice(spec.inputs === "log" ? 0 : 3);
    const [first, second] = [1, 2].map(() => encodeModule(emitStep(spec, named, sizes, 10).parts));
    expect(host.validate(first)).toBe(true);
    expect(first.length).toBeLessThan(2 ** 16);
    expect(second).toEqual(first);
  });

  it("does not grow with the sizes of the design beyond what its columns take", () => {
    const memory = { ...MNEMOSYNE_SPEC.memory, features: 256 };
    const large = { ...MNEMOSYNE_SPEC, width: 128, taus: [0.1], feedForward: 1024, memory };
    const model = createLearnedModel(large);
    const { weights } = untrained(large);
    const named = Object.fromEntries(
      model.layout.entries.map((e) => [e.name, weights.slice(e.offset, e.offset + e.size)]),
    );
    const bytes = encodeModule(emitStep(large, named, model.sizes, 10).parts);
    expect(host.validate(bytes)).toBe(true);
    expect(bytes.length).toBeLessThan(2 ** 16);
  });
});
