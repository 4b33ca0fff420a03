import { ConfigError, checkCount } from "../base/index.ts";
import { createGraph, input, writeOnnx } from "../graph/index.ts";
import type { Optimizer } from "./optimizer.ts";

/** What the metadata of a step's file says, each as JSON; how {@link writeOptimizerStep} is used elsewhere. */
export type StepNotes = {
  /** The name of the optimizer. */
  readonly optimizer: string;
  /** Length of each slot, and what it is filled with at first. */
  readonly slots: readonly { readonly length: number; readonly fill: number }[];
  /** What update number t is fed as `hyper`, row after row. */
  readonly hyper: readonly (readonly number[])[];
};

/**
 * One update of n parameters as an ONNX model, for any runtime: inputs `params` and `grads` (n), `hyper` (h), `slot0`, `slot1`, ... and, of
 * optimizers that look at it, `loss` (1); outputs `nextParams` (n), `sound` (1; zero where the update was refused and all is as
 * it was) and `nextSlot0`, ... to be fed back. Its metadata has the {@link StepNotes}: what slots are filled with at
 * first, and `hyper` for every update, of which only those with `sound` are counted.
 *
 * @param updates rows of `hyper`, >= 1
 * @throws ConfigError for an optimizer without a graph, or one whose slots begin with different numbers
 */
export function writeOptimizerStep(optimizer: Optimizer, n: number, updates: number): Uint8Array {
  const { name, graph: form } = optimizer;
  checkCount("updates", updates, 1);
  if (form === undefined) throw new ConfigError(`optimizer ${name} has no graph, expected one that has`);
  const slots = optimizer.init(new Float32Array(n)).slots.map((slot, s) => {
    const fill = slot[0] ?? 0;
    if (slot.some((x) => x !== fill))
      throw new ConfigError(`slot ${s} of ${name} begins with different numbers, expected one`);
    return { length: slot.length, fill };
  });
  const g = createGraph();
  const step = form.update(
    input(g, "params", [n]),
    input(g, "grads", [n]),
    slots.map(({ length }, s) => input(g, `slot${s}`, [length])),
    input(g, "hyper", [form.hyperSize]),
    input(g, "loss", [1]),
  );
  const next = Object.fromEntries(step.slots.map((slot, s) => [`nextSlot${s}`, slot]));
  const notes: StepNotes = {
    optimizer: name,
    slots,
    hyper: Array.from({ length: updates }, (_, t) => [...form.hyper(t)]),
  };
  return writeOnnx(
    g,
    { nextParams: step.params, sound: step.sound, ...next },
    {
      metadata: Object.fromEntries(Object.entries(notes).map(([key, value]) => [key, JSON.stringify(value)])),
    },
  );
}
