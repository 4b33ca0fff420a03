import { ConfigError } from "../base/index.ts";
import { createGraph, input, writeOnnx } from "../graph/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import { applyUpdates, type Optimizer, type OptimizerStep } from "../rules/index.ts";

/** An optimizer at work on parameters of its own; a step is what is timed. */
export type Stepper = {
  step(grads: Float32Array): Promise<void>;
  /** (n) where it is by now. */
  params(): Promise<Float32Array>;
  /** What it remembers between steps. [bytes] */
  readonly stateBytes: number;
  dispose(): Promise<void>;
};

/** An optimizer on typed arrays, as `optimize` runs it. @param start (n), copied */
export function createArrayStepper(optimizer: Optimizer, start: Float32Array): Stepper {
  const params = start.slice();
  let state = optimizer.init(params);
  let last: OptimizerStep | undefined;
  let spare: OptimizerStep | undefined;
  return {
    async step(grads) {
      const step = optimizer.update(grads, state, params, spare);
      applyUpdates(params, step.updates);
      state = step.state;
      [spare, last] = [last, step];
    },
    params: async () => params,
    stateBytes: bytesOf(state.slots),
    async dispose() {},
  };
}

/** An optimizer as a graph on ONNX Runtime, one thread, its parameters and memory kept there. @throws ConfigError without a graph form */
export async function createGraphStepper(optimizer: Optimizer, start: Float32Array): Promise<Stepper> {
  const form = optimizer.graph;
  if (form === undefined) throw new ConfigError(`optimizer ${optimizer.name} has no graph form`);
  const n = start.length;
  const { slots } = optimizer.init(start);
  const g = createGraph();
  const tensors = slots.map((slot, i) => input(g, `slot.${i}`, [slot.length]));
  const next = form.update(
    input(g, "params", [n]),
    input(g, "grads", [n]),
    tensors,
    input(g, "hyper", [form.hyperSize]),
  );
  const outputs = Object.fromEntries(next.slots.map((slot, i) => [`next.slot.${i}`, slot]));
  const model = writeOnnx(g, { "next.params": next.params, sound: next.sound, ...outputs });
  const state = Object.fromEntries(slots.map((_, i) => [`next.slot.${i}`, `slot.${i}`]));
  const executor = await createOrtExecutor(model, { state: { ...state, "next.params": "params" } });
  executor.writeState("next.params", { data: start, shape: [n] });
  slots.forEach((slot, i) => {
    executor.writeState(`next.slot.${i}`, { data: slot, shape: [slot.length] });
  });
  let done = 0;
  return {
    async step(grads) {
      const { sound } = await executor.run(
        {
          grads: { data: grads, shape: [n] },
          hyper: { data: form.hyper(done), shape: [form.hyperSize] },
        },
        ["sound"],
      );
      done += (sound.data as Float32Array)[0];
    },
    params: async () => (await executor.readState("next.params")).data as Float32Array,
    stateBytes: bytesOf(slots),
    dispose: () => executor.dispose(),
  };
}

function bytesOf(slots: readonly Float32Array[]): number {
  return slots.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
