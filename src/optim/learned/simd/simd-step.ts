import { areFinite } from "../../../rules/index.ts";
import type { CellWeights } from "../cell.ts";
import { inputCount, inputSizes, writeInputs } from "../gradient-inputs.ts";
import type { LearnedSpec } from "../learned-spec.ts";
import type { LearnedStep } from "../learned-step.ts";
import { createStepKernel } from "./step-kernel.ts";

/**
 * The step of a learned optimizer by WebAssembly: as the plain step to float32's rounding, the same bits every
 * time. Chunks of coordinates are copied to the kernel's memory and back, which is fixed in size.
 *
 * @param sizes floats per coordinate of each array of the state, those of the inputs first
 * @param limit largest size of the network's output
 * @returns undefined where the plain step has to be taken
 */
export function bindSimdStep(
  spec: LearnedSpec,
  named: CellWeights,
  sizes: readonly number[],
  limit: number,
): LearnedStep | undefined {
  const remembered = inputSizes(spec.inputs).length;
  const cellSizes = sizes.slice(remembered);
  const kernel = createStepKernel(spec, named, cellSizes, limit);
  if (kernel === undefined) return undefined;
  const { capacity, inputs, state } = kernel;
  const features = inputCount(spec.inputs);
  const input = new Float64Array(features);
  return (grads, from, to, hyper, updates) => {
    const n = grads.length;
    let isSound = true;
    for (let first = 0; first < n; first += capacity) {
      const end = Math.min(n, first + capacity);
      for (let j = first, at = 0; j < end; j++, at += features) {
        writeInputs(spec.inputs, grads[j], from, to, j, hyper, input);
        for (let i = 0; i < features; i++) inputs[at + i] = input[i];
      }
      cellSizes.forEach((size, i) => {
        state[i].set(from[remembered + i].subarray(first * size, end * size));
      });
      if (!kernel.run(end - first)) isSound = false;
      cellSizes.forEach((size, i) => {
        to[remembered + i].set(state[i].subarray(0, (end - first) * size), first * size);
      });
      updates.set(kernel.updates.subarray(0, end - first), first);
    }
    return isSound && areFinite(to.slice(0, remembered));
  };
}
