import type { Rng } from "../../base/index.ts";
import {
  addSample,
  coefficientsOfA,
  createFeatureMap,
  createMoments,
  drawPatterns,
  estimatedEnergy,
  exactEnergy,
  retrieve,
  summarizeMoments,
} from "../../cam/index.ts";
import { storageCoefficient } from "./energy-variances.ts";

/** How often a pattern with wrong bits is mended. */
export type RetrievalRow = {
  /** r, FAVOR++ features of the memory; none for the exact energy. */
  readonly features?: number;
  readonly patterns: number;
  /** Share of states that end in their pattern. */
  readonly rate: number;
  /** Its standard error, over memories. */
  readonly error: number;
};

/** How often damaged patterns of one kind are mended, by features and stored patterns. */
export type RetrievalCase = {
  readonly distance: number;
  readonly errors: number;
  /** Memories of each rate. */
  readonly memories: number;
  readonly rows: readonly RetrievalRow[];
};

const FEATURES = [undefined, 4096, 1024, 256, 64] as const;
const COUNTS = [1, 2, 3, 4, 6, 8, 12, 16] as const;

/**
 * Bit-flip dynamics on memories of fresh projections (orthogonal blocks) and patterns: from every pattern
 * with one bit flipped (n >= 4; patterns at distance 4), or from the patterns themselves.
 *
 * @param memories how many are drawn for each row
 */
export function measureRetrieval(dim: number, memories: number, rng: Rng): RetrievalCase {
  const distance = Math.min(4, dim);
  const errors = dim >= 4 ? 1 : 0;
  const rows: RetrievalRow[] = [];
  for (const features of FEATURES) {
    for (const count of COUNTS) {
      if (count > 2 ** dim || drawPatterns(dim, distance, count, rng).length < count * dim) continue;
      rows.push({
        ...(features === undefined ? {} : { features }),
        patterns: count,
        ...rateOf(dim, distance, errors, count, features, memories, rng),
      });
    }
  }
  return { distance, errors, memories, rows };
}

function rateOf(
  dim: number,
  distance: number,
  errors: number,
  count: number,
  features: number | undefined,
  memories: number,
  rng: Rng,
): { rate: number; error: number } {
  const moments = createMoments();
  const coefficients = coefficientsOfA(storageCoefficient(dim), dim);
  for (let m = 0; m < memories; m++) {
    const patterns = drawPatterns(dim, distance, count, rng);
    const energy =
      features === undefined
        ? exactEnergy(patterns, dim)
        : estimatedEnergy(patterns, createFeatureMap({ kind: "favor++", dim, features, rng }), coefficients);
    let mended = 0;
    for (let mu = 0; mu < count; mu++) {
      const pattern = patterns.subarray(mu * dim, (mu + 1) * dim);
      const start = pattern.slice();
      if (errors > 0) start[rng.int(dim)] *= -1;
      const { sigma } = retrieve(energy, start, { rng });
      if (sigma.every((spin, l) => spin === pattern[l])) mended++;
    }
    addSample(moments, mended / count);
  }
  const { mean, meanError } = summarizeMoments(moments);
  return { rate: mean, error: meanError };
}
