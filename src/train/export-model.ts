import { MpcError } from "../base/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import {
  batchFeeds,
  createBatch,
  createBatchFiller,
  type Evaluation,
  type FeatureSet,
  formatNetMetadata,
  NET_METADATA_KEY,
  openModel,
  writeInferenceModel,
} from "../init-net/index.ts";

/** Largest difference between the written model and the trainer that is accepted, relative to 1 or the value. */
const PARITY = 1e-5;
/** Examples that parity is checked on. */
export const PARITY_EXAMPLES = 8;

/**
 * Writes a network as an ONNX model and checks that it gives what the trainer gives.
 *
 * @param examples a few, and `expected` what the trainer makes of them by these parameters
 * @returns the file's bytes, and the largest relative difference that was found
 * @throws MpcError where the difference is too large
 */
export async function exportModel(
  set: FeatureSet,
  parameters: Float32Array,
  training: Readonly<Record<string, unknown>>,
  examples: Uint32Array,
  expected: Pick<Evaluation, "trajectories" | "scores">,
): Promise<{ readonly bytes: Uint8Array; readonly parity: number }> {
  const { spec } = set;
  const metadata = { [NET_METADATA_KEY]: formatNetMetadata(spec, training) };
  const bytes = writeInferenceModel(spec, parameters, metadata);
  const model = await openModel(bytes, (own) => createOrtExecutor(own));
  const fill = createBatchFiller(spec, set.shards);
  const batch = createBatch(spec, 1);
  let parity = 0;
  try {
    for (const [i, example] of examples.entries()) {
      fill(Uint32Array.of(example), undefined, batch);
      const outputs = await model.run(batchFeeds(spec, batch), ["trajectories", "scores"]);
      for (const name of ["trajectories", "scores"] as const) {
        const got = outputs[name];
        const want = expected[name].subarray(i * got.length, (i + 1) * got.length);
        for (let n = 0; n < got.length; n++) {
          const difference = Math.abs(got[n] - want[n]) / Math.max(1, Math.abs(want[n]));
          if (!(difference <= parity)) parity = difference;
        }
      }
    }
  } finally {
    await model.executor.dispose();
  }
  if (!(parity <= PARITY))
    throw new MpcError(
      "parity",
      `the written model differs from the trainer by ${parity.toExponential(1)}, expected at most ${PARITY}`,
    );
  return { bytes, parity };
}
