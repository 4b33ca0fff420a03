import type * as OrtTypes from "onnxruntime-node";
import { createGraph, input } from "./graph.ts";
import type { Ort } from "./load-ort.ts";
import { writeOnnx } from "./onnx-write.ts";
import { shapeText } from "./shapes.ts";

/** Brings float32 tensors from the GPU to the CPU. */
export type GpuReader = {
  read(value: OrtTypes.Tensor): Promise<OrtTypes.Tensor>;
  dispose(): Promise<void>;
};

/**
 * Reads tensors by running a model that copies its input, one session per shape: onnxruntime-node 1.30
 * ends the process (an exception in its native code) where `getData` is called on a GPU tensor. Sessions
 * of one provider share one GPU device, so a tensor of another session can be fed.
 */
export function createGpuReader(ort: Ort, options: OrtTypes.InferenceSession.SessionOptions): GpuReader {
  const sessions = new Map<string, Promise<OrtTypes.InferenceSession>>();
  const sessionOf = (shape: readonly number[]): Promise<OrtTypes.InferenceSession> => {
    const key = shapeText(shape);
    const known = sessions.get(key);
    if (known) return known;
    const g = createGraph();
    const model = writeOnnx(g, { copy: input(g, "value", shape) });
    const created = ort.InferenceSession.create(model, options);
    sessions.set(key, created);
    return created;
  };
  return {
    async read(value) {
      const { copy } = await (await sessionOf(value.dims)).run({ value });
      return copy!;
    },
    async dispose() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}
