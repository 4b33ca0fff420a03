import { checkLength } from "../../base/index.ts";
import {
  add,
  clip,
  dense,
  layoutParameters,
  mul,
  type ParameterLayout,
  type ParameterSpec,
  reshape,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import { areFinite } from "../../rules/index.ts";
import { type Cell, type CellStep, withoutPrefix } from "./cell.ts";
import { addDense } from "./dense-rows.ts";
import {
  inputCount,
  inputHyper,
  inputHyperSize,
  inputSizes,
  inputTensors,
  writeInputs,
} from "./gradient-inputs.ts";
import { checkLearnedSpec, type LearnedSpec } from "./learned-spec.ts";
import type { LearnedStep } from "./learned-step.ts";
import { createLstmCell } from "./lstm-cell.ts";
import { createMemoryCell } from "./memory-cell.ts";
import { bindSimdStep } from "./simd/simd-step.ts";

/** The network's output is limited to this, so that no input makes an update larger than outputScale times it. */
const OUTPUT_LIMIT = 10;

/**
 * The network of a learned optimizer, the same for every coordinate: inputs of the gradient, a dense layer
 * (Mnemosyne alone), cells, a dense layer to one number. Its state is a list of flat arrays of (n * size).
 */
export type LearnedModel = {
  readonly spec: LearnedSpec;
  readonly layout: ParameterLayout;
  /** Floats per coordinate of each array of the state, and what it is filled with at first. */
  readonly sizes: readonly number[];
  readonly fills: readonly number[];
  readonly hyperSize: number;
  /** What step number `step` is fed, counted from 0. (hyperSize) */
  hyper(step: number): Float32Array;
  /**
   * The network with given weights, on typed arrays.
   *
   * @param weights (layout.total)
   * @param options simd: by WebAssembly where there is a kernel for the design and vectors to run it with,
   *   the default; false: in JavaScript, whatever there is
   */
  bind(weights: Float32Array, options?: { readonly simd?: boolean }): LearnedStep;
  /**
   * The network as graph nodes.
   *
   * @param weights (layout.total)
   * @param grads (m)
   * @param state flat, the i-th (m * sizes[i])
   * @param hyper (hyperSize) numbers, each a tensor (1), or (m) where coordinates differ in age
   * @returns updates (m), to be added to the parameters; the network's outputs (m) before they were limited; and
   *   the state after. What is written is read in the same step, so that finite outputs mean a finite state.
   */
  tensors(weights: Tensor, grads: Tensor, state: readonly Tensor[], hyper: readonly Tensor[]): LearnedTensors;
};

/** One step of the network as graph nodes. */
export type LearnedTensors = {
  readonly updates: Tensor;
  readonly outputs: Tensor;
  readonly state: readonly Tensor[];
};

/** @throws ConfigError for an illegal spec */
export function createLearnedModel(spec: LearnedSpec): LearnedModel {
  checkLearnedSpec(spec);
  const { inputs, width, outputScale } = spec;
  const features = inputCount(inputs);
  const embeds = spec.kind === "mnemosyne";
  const cells: Cell[] =
    spec.kind === "mnemosyne"
      ? spec.taus.map((_, i) => createMemoryCell(spec, i))
      : Array.from({ length: spec.cells }, (_, i) => createLstmCell(i === 0 ? features : width, width));
  const layout = layoutParameters([
    ...(embeds
      ? ([
          { name: "in/weight", shape: [features, width], init: { normal: 1 / Math.sqrt(features) } },
          { name: "in/bias", shape: [width], init: "zeros" },
        ] satisfies ParameterSpec[])
      : []),
    ...cells.flatMap((cell, i) => cell.parameters.map((p) => ({ ...p, name: `cell${i}/${p.name}` }))),
    { name: "out/weight", shape: [width, 1], init: { normal: 0.1 / Math.sqrt(width) } },
    { name: "out/bias", shape: [1], init: "zeros" },
  ]);
  const remembered = inputSizes(inputs);
  const sizes = [...remembered, ...cells.flatMap((cell) => cell.sizes)];
  const fills = [...remembered.map(() => 0), ...cells.flatMap((cell) => cell.fills)];
  /** Where each cell's arrays begin. */
  const firsts: number[] = [];
  let first = remembered.length;
  for (const cell of cells) {
    firsts.push(first);
    first += cell.sizes.length;
  }

  const bind: LearnedModel["bind"] = (weights, { simd = true } = {}) => {
    checkLength("weights", weights.length, layout.total, "those of the learned optimizer's layout");
    const named: Record<string, Float32Array> = {};
    for (const { name, offset, size } of layout.entries) named[name] = weights.slice(offset, offset + size);
    const fast = simd ? bindSimdStep(spec, named, sizes, OUTPUT_LIMIT) : undefined;
    if (fast !== undefined) return fast;
    const steps = cells.map((cell, i) => cell.bind(withoutPrefix(named, `cell${i}/`)));
    const input = new Float64Array(features);
    const x = embeds ? new Float64Array(width) : input;
    const h = new Float64Array(width);
    const W = new Float64Array(embeds ? width * features : 0);
    for (let i = 0; i < features && embeds; i++)
      for (let r = 0; r < width; r++) W[r * features + i] = named["in/weight"][i * width + r];
    const inBias = named["in/bias"];
    const out = Float64Array.from(named["out/weight"]);
    const outBias = named["out/bias"][0];
    return (grads, from, to, hyper, updates) => {
      const cellFrom = firsts.map((at, i) => from.slice(at, at + cells[i].sizes.length));
      const cellTo = firsts.map((at, i) => to.slice(at, at + cells[i].sizes.length));
      for (let j = 0; j < grads.length; j++) {
        writeInputs(inputs, grads[j], from, to, j, hyper, input);
        if (embeds) addDense(W, inBias, input, width, features, x);
        runCells(steps, cellFrom, cellTo, j, x, h);
        let y = outBias;
        for (let c = 0; c < width; c++) y += out[c] * h[c];
        updates[j] = outputScale * (y > OUTPUT_LIMIT ? OUTPUT_LIMIT : y < -OUTPUT_LIMIT ? -OUTPUT_LIMIT : y);
      }
      return areFinite(to);
    };
  };

  return {
    spec,
    layout,
    sizes,
    fills,
    hyperSize: inputHyperSize(inputs),
    hyper: (step) => inputHyper(inputs, step),
    bind,
    tensors(weights, grads, state, hyper) {
      const [m] = grads.shape;
      const named = unpackParameters(weights, layout);
      const begun = inputTensors(inputs, grads, state.slice(0, remembered.length), hyper);
      let x = embeds ? dense(begun.inputs, named["in/weight"], named["in/bias"]) : begun.inputs;
      const next = [...begun.slots];
      cells.forEach((cell, i) => {
        const own = state.slice(firsts[i], firsts[i] + cell.sizes.length);
        const done = cell.tensors(withoutPrefix(named, `cell${i}/`), x, own);
        x = done.out;
        next.push(...done.state);
      });
      const y = add(dense(x, named["out/weight"]), named["out/bias"]);
      const updates = reshape(mul(clip(y, -OUTPUT_LIMIT, OUTPUT_LIMIT), outputScale), [m]);
      return { updates, outputs: reshape(y, [m]), state: next };
    },
  };
}

function runCells(
  steps: readonly CellStep[],
  from: readonly (readonly Float32Array[])[],
  to: readonly (readonly Float32Array[])[],
  j: number,
  x: Float64Array,
  h: Float64Array,
): void {
  steps[0](x, from[0], to[0], j, h);
  for (let i = 1; i < steps.length; i++) steps[i](h, from[i], to[i], j, h);
}
