import { constant, createGraph, gather, input, type Tensor, writeOnnx } from "../../graph/index.ts";
import { createOrtExecutor } from "../../graph/node.ts";
import { encodeSentences, SENTENCE_ENCODER, SENTENCE_LAYOUT } from "./sentence-encoder.ts";
import { type TokenSet, tokenFeeds } from "./token-set.ts";

/** Texts that are computed at once. */
const BATCH = 32;
/** Texts whose lengths are the same multiple of it are computed together. */
const STEP = 4;

/**
 * What the encoder gives for every text, once, texts of like length together.
 *
 * @param weights by names of {@link SENTENCE_LAYOUT}
 * @returns (count, 512)
 */
export async function embedTexts(
  weights: Readonly<Record<string, Float32Array>>,
  tokens: TokenSet,
): Promise<Float32Array> {
  const { width } = SENTENCE_ENCODER;
  const out = new Float32Array(tokens.count * width);
  const byLength = new Map<number, number[]>();
  tokens.lengths.forEach((length, i) => {
    const T = Math.min(tokens.length, Math.max(1, Math.ceil(length / STEP)) * STEP);
    if (!byLength.has(T)) byLength.set(T, []);
    byLength.get(T)!.push(i);
  });
  for (const [T, indices] of byLength) {
    const shorter = cut(tokens, T);
    const executor = await createOrtExecutor(encoderModel(weights, T));
    for (let at = 0; at < indices.length; at += BATCH) {
      const own = indices.slice(at, at + BATCH);
      const filled = Array.from({ length: BATCH }, (_, b) => own[Math.min(b, own.length - 1)]);
      const { ids, mask } = tokenFeeds(shorter, filled);
      const { sentence } = await executor.run({ ids, mask });
      own.forEach((i, b) => {
        out.set((sentence.data as Float32Array).subarray(b * width, (b + 1) * width), i * width);
      });
    }
    await executor.dispose();
  }
  return out;
}

function encoderModel(weights: Readonly<Record<string, Float32Array>>, T: number): Uint8Array {
  const g = createGraph();
  const p: Record<string, Tensor> = {};
  for (const { name, shape } of SENTENCE_LAYOUT.entries) p[name] = constant(g, weights[name], shape);
  const rows = gather(p.embedding, input(g, "ids", [BATCH, T], "int64"));
  return writeOnnx(g, { sentence: encodeSentences(p, rows, input(g, "mask", [BATCH, T])) });
}

/** The first T pieces of every text. */
function cut(tokens: TokenSet, T: number): TokenSet {
  const ids = new Int32Array(tokens.count * T);
  for (let i = 0; i < tokens.count; i++)
    ids.set(tokens.ids.subarray(i * tokens.length, i * tokens.length + T), i * T);
  return { ...tokens, length: T, ids };
}
