import { describe, expect, it, test } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import {
  type LearnedFile,
  LIGHT_SPEC,
  LSTM_SPEC,
  readLearnedOptimizer,
  readLearnedWeights,
  writeLearnedOptimizer,
} from "../../src/optim/index.ts";
import { type PlainData, packState } from "../../src/rules/index.ts";
import { DESIGNS, untrained } from "./learned-designs.ts";

const training = { seed: 3, optimizees: ["quadratic"], rates: [3e-4], best: Number.NaN, note: null };
const light: LearnedFile = { ...untrained(LIGHT_SPEC), name: "light", training };

/** The fields of a file, one of them replaced, packed without checks. */
function packed(change: Record<string, PlainData | undefined>): Uint8Array {
  const { name, spec, weights } = light;
  const fields = { format: "mnemosyne-optimizer", version: 1, name, spec, weights, training };
  return packState({ ...fields, ...change } as PlainData);
}

describe("a learned optimizer's file", () => {
  test.each(Object.entries(DESIGNS))("gives back every bit: %s", (_, spec) => {
    const learned = { ...untrained(spec), training };
    const read = readLearnedWeights(writeLearnedOptimizer(learned));
    expect(read).toEqual(learned);
    expect(writeLearnedOptimizer(read)).toEqual(writeLearnedOptimizer(learned));
  });

  it("needs no word about training", () => {
    const { training: _, ...rest } = light;
    expect(Object.keys(readLearnedWeights(writeLearnedOptimizer(rest)))).toEqual(["name", "spec", "weights"]);
  });

  it("is an optimizer with the options of one", () => {
    const bytes = writeLearnedOptimizer(light);
    const params = Float32Array.of(1, -2, 3);
    const grads = Float32Array.of(0.5, 1e-3, -4);
    const step = (learningRate: number): Float32Array => {
      const optimizer = readLearnedOptimizer(bytes, { learningRate });
      expect(optimizer.name).toBe("light");
      return optimizer.update(grads, optimizer.init(params), params).updates;
    };
    expect(step(1).every((u) => u !== 0 && Number.isFinite(u))).toBe(true);
    expect([...step(2)]).toEqual([...step(1).map((u) => 2 * u)]);
    expect(() => readLearnedOptimizer(bytes, { memoryLimit: -1 })).toThrow("memoryLimit is -1");
  });

  it("is refused with any single byte changed", () => {
    const bytes = writeLearnedOptimizer(light);
    const places = [...Array(256).keys(), ...Array.from({ length: 64 }, (_, i) => bytes.length - 1 - 17 * i)];
    for (const at of places)
      for (const bit of [0, 5]) {
        const changed = bytes.slice();
        changed[at] ^= 1 << bit;
        expect(() => readLearnedWeights(changed), `bit ${bit} of byte ${at}`).toThrow(FormatError);
      }
  });

  it("is refused cut short anywhere, or with more behind it", () => {
    const bytes = writeLearnedOptimizer(light);
    for (const length of [0, 3, 15, 16, 200, bytes.length - 8, bytes.length - 1])
      expect(() => readLearnedWeights(bytes.subarray(0, length)), `${length} bytes`).toThrow(FormatError);
    expect(() => readLearnedWeights(Uint8Array.of(...bytes, 0))).toThrow("damaged or cut short");
  });

  test.each<[string, Uint8Array, string]>([
    ["text", new TextEncoder().encode("not a learned optimizer"), 'does not begin with "MNOS"'],
    ["the state of a training run", packState({ step: 3 }), "has format undefined, expected"],
    ["a packed number", packState(7), "has format 7, expected"],
    [
      "another format",
      packed({ format: "warm-start" }),
      'format "warm-start", expected "mnemosyne-optimizer"',
    ],
    ["a later version", packed({ version: 2 }), "version 2, expected 1"],
    ["a field too many", packed({ note: 1 }), 'unknown option "note"'],
    ["no name", packed({ name: undefined }), "name of the learned optimizer is undefined"],
    ["an empty name", packed({ name: "" }), "expected 1 to 100 characters"],
    ["no design", packed({ spec: undefined }), "spec is undefined"],
    ["a list as its design", packed({ spec: ["lstm"] }), 'spec is ["lstm"]'],
    ["an unknown kind", packed({ spec: { ...LIGHT_SPEC, kind: "gru" } }), "expected one of mnemosyne, lstm"],
    ["no kind", packed({ spec: { ...LIGHT_SPEC, kind: undefined } }), "kind is missing, expected one of"],
    ["a missing width", packed({ spec: { ...LIGHT_SPEC, width: undefined } }), "width is missing"],
    [
      "a width as text",
      packed({ spec: { ...LSTM_SPEC, width: "20" } }),
      'width is "20", expected an integer in',
    ],
    ["a scale as text", packed({ spec: { ...LSTM_SPEC, outputScale: "1" } }), 'outputScale is "1", expected'],
    ["an enormous width", packed({ spec: { ...LSTM_SPEC, width: 1e9 } }), "integer in 1..1024"],
    [
      "a memory of gigabytes",
      packed({ spec: { ...LIGHT_SPEC, memory: { ...LIGHT_SPEC.memory, features: 4096, slices: 256 } } }),
      "hold 8388608 numbers per coordinate, expected at most 524288",
    ],
    ["a memory that takes minutes to draw", packed({ spec: { ...LIGHT_SPEC, width: 1024 } }), "in 1..128"],
    ["a discount that is none", packed({ spec: { ...LIGHT_SPEC, taus: [-1] } }), "taus is -1"],
    ["no cells", packed({ spec: { ...LIGHT_SPEC, taus: [] } }), "taus is [], expected"],
    ["no memory", packed({ spec: { ...LIGHT_SPEC, memory: null } }), "memory is null"],
    [
      "odd features of a hyperbolic map",
      packed({ spec: { ...LIGHT_SPEC, memory: { ...LIGHT_SPEC.memory, features: 15 } } }),
      "features is 15, expected an even number",
    ],
    [
      "a rho as text",
      packed({ spec: { ...LIGHT_SPEC, memory: { ...LIGHT_SPEC.memory, rho: "0.5" } } }),
      'expected a number in (0, 1] or "data"',
    ],
    ["an extra field in the design", packed({ spec: { ...LIGHT_SPEC, cells: 1 } }), 'unknown option "cells"'],
    ["no weights", packed({ weights: undefined }), "weights are undefined, expected a Float32Array"],
    ["weights in float64", packed({ weights: new Float64Array(3) }), "weights are Float64Array"],
    ["too few weights", packed({ weights: new Float32Array(3) }), "weights has length 3, expected 225"],
    [
      "a NaN weight",
      packed({ weights: light.weights.map((w, i) => (i === 30 ? Number.NaN : w)) }),
      "weights[30], of cell0/query, is NaN, expected finite numbers",
    ],
    [
      "an infinite weight",
      packed({ weights: light.weights.map((w, i) => (i === 224 ? -Infinity : w)) }),
      "weights[224], of out/bias, is -Infinity",
    ],
  ])("is refused with %s", (_, bytes, message) => {
    expect(() => readLearnedWeights(bytes)).toThrow(FormatError);
    expect(() => readLearnedWeights(bytes)).toThrow(message);
  });

  it("is not written for what could not be read", () => {
    expect(() => writeLearnedOptimizer({ ...light, name: "" })).toThrow("expected 1 to 100 characters");
    expect(() => writeLearnedOptimizer({ ...light, weights: new Float32Array(2) })).toThrow("has length 2");
    expect(() => writeLearnedOptimizer({ ...light, weights: light.weights.map(() => Number.NaN) })).toThrow(
      "weights[0], of in/weight, is NaN",
    );
    const odd = { ...light, training: { when: new Date(0) } } as unknown as LearnedFile;
    expect(() => writeLearnedOptimizer(odd)).toThrow("training.when is a Date");
  });
});
