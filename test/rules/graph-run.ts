import * as tf from "@tensorflow/tfjs";
import { createGraph, input, type StatefulExecutor, writeOnnx } from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import { createTfjsExecutor } from "../../src/graph/tfjs-executor.ts";
import { applyUpdates, type Optimizer } from "../../src/rules/index.ts";

/** One update of n parameters as a graph, gradients fed; parameters and slots are kept by the executor. */
export async function createUpdate(
  optimizer: Optimizer,
  n: number,
  backend: "ort" | "tfjs",
): Promise<StatefulExecutor> {
  const form = optimizer.graph!;
  const g = createGraph();
  const sizes = optimizer.init(new Float32Array(n)).slots.map((slot) => slot.length);
  const names = sizes.map((_, s) => `slot${s}`);
  const step = form.update(
    input(g, "params", [n]),
    input(g, "grads", [n]),
    names.map((name, s) => input(g, name, [sizes[s]])),
    input(g, "hyper", [form.hyperSize]),
  );
  const outputs = {
    sound: step.sound,
    nextParams: step.params,
    ...Object.fromEntries(names.map((name, s) => [`next_${name}`, step.slots[s]])),
  };
  const state = { nextParams: "params", ...Object.fromEntries(names.map((name) => [`next_${name}`, name])) };
  if (backend === "ort") return createOrtExecutor(writeOnnx(g, outputs), { state });
  await tf.setBackend("cpu");
  return createTfjsExecutor(tf, g, outputs, { state });
}

/** The same run by typed arrays and by the graph of {@link createUpdate}: parameters and slots at its end. */
export async function runBoth(
  optimizer: Optimizer,
  executor: StatefulExecutor,
  start: Float32Array,
  gradient: (params: Float32Array, t: number) => Float32Array,
  steps: number,
): Promise<{ arrays: Float32Array[]; tensors: Float32Array[]; skipped: [number, number] }> {
  const params = start.slice();
  const shape = [params.length];
  let state = optimizer.init(params);
  await executor.writeState("nextParams", { data: start.slice(), shape });
  for (const [s, slot] of state.slots.entries())
    await executor.writeState(`next_slot${s}`, { data: slot.slice(), shape: [slot.length] });
  let onGraph: Float32Array = start.slice();
  let step = 0;
  for (let t = 0; t < steps; t++) {
    const next = optimizer.update(gradient(params, t), state, params);
    applyUpdates(params, next.updates);
    state = next.state;
    const { sound } = await executor.run({
      grads: { data: gradient(onGraph, t), shape },
      hyper: { data: optimizer.graph!.hyper(step), shape: [optimizer.graph!.hyperSize] },
    });
    step += (sound.data as Float32Array)[0];
    onGraph = (await executor.readState("nextParams")).data as Float32Array;
  }
  const slots = await Promise.all(state.slots.map((_, s) => executor.readState(`next_slot${s}`)));
  await executor.dispose();
  return {
    arrays: [params, ...state.slots],
    tensors: [onGraph, ...slots.map((slot) => slot.data as Float32Array)],
    skipped: [state.skipped, steps - step],
  };
}

/** Largest difference over the largest magnitude of `a`. */
export function largestGap(a: Float32Array, b: Float32Array): number {
  const size = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0) / Math.max(size, 1e-30);
}
