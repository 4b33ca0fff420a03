import type { InferenceSession } from "onnxruntime-web";
import type { NetSession } from "../../../src/init-net/index.ts";

/** Loads ONNX Runtime, the first time, and a model; it is fed no more than the model reads. */
export async function openOrtSession(model: Uint8Array): Promise<NetSession> {
  const [{ env, InferenceSession, Tensor }, wasm] = await Promise.all([
    import("onnxruntime-web/wasm"),
    import("onnxruntime-web/ort-wasm-simd-threaded.wasm?url"),
  ]);
  env.wasm.wasmPaths = { wasm: wasm.default };
  env.wasm.numThreads = 1;
  const session: InferenceSession = await InferenceSession.create(model, { executionProviders: ["wasm"] });
  return {
    async run(feeds) {
      const given = Object.fromEntries(
        session.inputNames.map((name) => {
          const { data, shape } = feeds[name];
          return [name, new Tensor("float32", data as Float32Array, shape)];
        }),
      );
      const outputs = await session.run(given);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data, dims }]) => [
          name,
          { data: data as Float32Array, shape: dims },
        ]),
      );
    },
  };
}
