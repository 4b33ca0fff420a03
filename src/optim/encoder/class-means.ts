import type { SentenceSet } from "./encoder-classifier.ts";
import { SENTENCE_ENCODER } from "./sentence-encoder.ts";

const { width } = SENTENCE_ENCODER;
/** Sharpnesses that are tried: powers of two. */
const MOST_SHARP = 12;

/**
 * A linear map to classes that nobody trained: a sentence z belongs to the class whose mean m is nearest, with scores
 * `beta (m'z - |m|^2 / 2)`, beta the power of two of the least mean cross-entropy on the sentences themselves.
 *
 * @returns `head.w` (512, classes) and `head.b` (classes), for sentences scaled by `sqrt(512)`
 *
 * Source: the nearest-mean rule, as in Snell, Swersky and Zemel 2017, equation 8.
 */
export function meansReadout(set: SentenceSet): Record<"head.w" | "head.b", Float32Array> {
  const { count, labels, classes, sentences } = set;
  const means = new Float64Array(classes * width);
  const counts = new Float64Array(classes);
  for (let i = 0; i < count; i++) {
    counts[labels[i]]++;
    for (let j = 0; j < width; j++) means[labels[i] * width + j] += sentences[i * width + j];
  }
  const half = new Float64Array(classes);
  for (let c = 0; c < classes; c++)
    for (let j = 0; j < width; j++) {
      means[c * width + j] /= Math.max(1, counts[c]);
      half[c] += 0.5 * means[c * width + j] ** 2;
    }
  const scores = new Float64Array(count * classes);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < classes; c++) {
      let score = -half[c];
      for (let j = 0; j < width; j++) score += means[c * width + j] * sentences[i * width + j];
      scores[i * classes + c] = score;
    }
  const losses = Array.from({ length: MOST_SHARP + 1 }, (_, k) =>
    crossEntropyOf(scores, labels, classes, 2 ** k),
  );
  const beta = 2 ** losses.indexOf(Math.min(...losses));
  const w = new Float32Array(width * classes);
  for (let c = 0; c < classes; c++)
    for (let j = 0; j < width; j++) w[j * classes + c] = (beta * means[c * width + j]) / Math.sqrt(width);
  return { "head.w": w, "head.b": Float32Array.from(half, (value) => -beta * value) };
}

/** Mean over rows of `log sum_c exp(beta z_c) - beta z_label`. */
function crossEntropyOf(scores: Float64Array, labels: Uint16Array, classes: number, beta: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b));
    let total = 0;
    for (const score of row) total += Math.exp(beta * (score - largest));
    sum += Math.log(total) + beta * (largest - row[labels[i]]);
  }
  return sum / labels.length;
}
