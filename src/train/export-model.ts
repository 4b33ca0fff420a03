import { MpcError } from "../base/index.ts";
import { readOnnxMetadata } from "../graph/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import {
  createFeatureIndex,
  type Evaluation,
  type FeatureSet,
  featureSizes,
  fillPatches,
  formatNetMetadata,
  NET_METADATA_KEY,
  netShapes,
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
  const names = readOnnxMetadata(bytes).inputs.map(({ name }) => name);
  const executor = await createOrtExecutor(bytes);
  const sizes = featureSizes(spec);
  const shapes = netShapes(spec);
  const index = createFeatureIndex(set.shards);
  let parity = 0;
  try {
    for (const [i, example] of examples.entries()) {
      const { shard, row } = index.locate(example);
      const rows = set.shards[shard];
      const patches = new Float32Array(sizes.tokens * sizes.patch);
      if (spec.options.grid) fillPatches(spec, rows.grid, row * sizes.grid, patches, 0);
      const part = (from: "vector" | "bases"): Float32Array =>
        rows[from].slice(row * sizes[from], (row + 1) * sizes[from]);
      const all = {
        patches: { data: patches, shape: shapes.patches },
        vector: { data: part("vector"), shape: shapes.vector },
        bases: { data: part("bases"), shape: shapes.bases },
      };
      const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
      const outputs = await executor.run(feeds);
      for (const name of ["trajectories", "scores"] as const) {
        const got = outputs[name].data as Float32Array;
        const want = expected[name].subarray(i * got.length, (i + 1) * got.length);
        for (let n = 0; n < got.length; n++) {
          const difference = Math.abs(got[n] - want[n]) / Math.max(1, Math.abs(want[n]));
          if (!(difference <= parity)) parity = difference;
        }
      }
    }
  } finally {
    await executor.dispose();
  }
  if (!(parity <= PARITY))
    throw new MpcError(
      "parity",
      `the written model differs from the trainer by ${parity.toExponential(1)}, expected at most ${PARITY}`,
    );
  return { bytes, parity };
}
