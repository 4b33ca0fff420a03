type Vec = Float64Array;

/** Running moments of a sample, without keeping it: count, mean, and sums of powers 2, 3, 4 of deviations. */
export type Moments = { readonly sums: Vec };

/** What a sample says about its distribution, with standard errors. */
export type MomentSummary = {
  readonly count: number;
  readonly mean: number;
  /** Standard error of the mean. */
  readonly meanError: number;
  readonly variance: number;
  /** Standard error of the variance, from the fourth moment; too small where the tails are heavier than seen. */
  readonly varianceError: number;
};

/** Moments of nothing yet. */
export function createMoments(): Moments {
  return { sums: new Float64Array(5) };
}

/**
 * Adds one number.
 *
 * Source: Pebay 2008, one-pass formulas for central moments; no cancellation as with sums of plain powers.
 */
export function addSample({ sums }: Moments, value: number): void {
  const n = sums[0] + 1;
  const delta = value - sums[1];
  const step = delta / n;
  const term = delta * step * (n - 1);
  sums[0] = n;
  sums[1] += step;
  sums[4] += term * step * step * (n * n - 3 * n + 3) + 6 * step * step * sums[2] - 4 * step * sums[3];
  sums[3] += term * step * (n - 2) - 3 * step * sums[2];
  sums[2] += term;
}

/** Mean and variance (unbiased) with their standard errors; NaN where there are fewer than two numbers. */
export function summarizeMoments({ sums }: Moments): MomentSummary {
  const [count, mean, second, , fourth] = sums;
  const variance = count > 1 ? second / (count - 1) : Number.NaN;
  return {
    count,
    mean: count > 0 ? mean : Number.NaN,
    meanError: Math.sqrt(variance / count),
    variance,
    varianceError: Math.sqrt(Math.max(0, fourth / count - variance * variance) / count),
  };
}
