type Vec = Float64Array;

/**
 * A compact associative memory: weighted sums of values and of ones, one row per feature, of a size that
 * does not depend on how many patterns were written.
 *
 * Row i is stored divided by `exp(logScale_i)`, the largest (discounted) `phi_i(k)` seen so far. The
 * factor is given back to the query when reading, so it cancels exactly and every pattern keeps its
 * weight, which a maximum per key would change. Each stored `Psi_i` is then at least 1 once something
 * was written, and reading cannot divide by zero, however large the queries and keys are.
 */
export type Memory = {
  readonly features: number;
  readonly valueDim: number;
  /** N (features, valueDim), scaled. */
  readonly N: Vec;
  /** Psi (features), scaled. */
  readonly Psi: Vec;
  /** (features): log of the scale; -Infinity while empty. */
  readonly logScale: Vec;
};

/** Allocates an empty memory. */
export function createMemory(features: number, valueDim: number): Memory {
  return {
    features,
    valueDim,
    N: new Float64Array(features * valueDim),
    Psi: new Float64Array(features),
    logScale: new Float64Array(features).fill(Number.NEGATIVE_INFINITY),
  };
}

/** Empties a memory for reuse. */
export function clearMemory(memory: Memory): void {
  memory.N.fill(0);
  memory.Psi.fill(0);
  memory.logScale.fill(Number.NEGATIVE_INFINITY);
}

/**
 * Writes one pattern: `N <- e^{-tau} N + phi(k) v'`, `Psi <- e^{-tau} Psi + phi(k)`.
 *
 * @param logPhi (features): log phi(k), up to a constant; -Infinity for a feature that is zero
 * @param v a (valueDim) vector at `vOffset`
 * @param tau discount, >= 0; 0 keeps every pattern's weight (bidirectional)
 */
export function writePattern(memory: Memory, logPhi: Vec, v: Vec, vOffset: number, tau: number): void {
  const { features, valueDim, N, Psi, logScale } = memory;
  for (let i = 0; i < features; i++) {
    const row = i * valueDim;
    const kept = logScale[i] - tau;
    if (logPhi[i] > kept) {
      const shrink = Math.exp(kept - logPhi[i]);
      for (let j = 0; j < valueDim; j++) N[row + j] = shrink * N[row + j] + v[vOffset + j];
      Psi[i] = shrink * Psi[i] + 1;
      logScale[i] = logPhi[i];
    } else if (kept > Number.NEGATIVE_INFINITY) {
      const weight = Math.exp(logPhi[i] - kept);
      for (let j = 0; j < valueDim; j++) N[row + j] += weight * v[vOffset + j];
      Psi[i] += weight;
      logScale[i] = kept;
    }
  }
}

/**
 * Reads `N'phi(q) / (phi(q)'Psi)`; zeros while nothing was written.
 *
 * @param logPhi (features): log phi(q), up to a constant; overwritten
 * @param out receives (valueDim) at `outOffset`
 */
export function readPattern(memory: Memory, logPhi: Vec, out: Vec, outOffset: number): void {
  const { features, valueDim, N, Psi, logScale } = memory;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < features; i++) {
    logPhi[i] += logScale[i];
    if (logPhi[i] > largest) largest = logPhi[i];
  }
  for (let j = 0; j < valueDim; j++) out[outOffset + j] = 0;
  if (largest === Number.NEGATIVE_INFINITY) return;
  let total = 0;
  for (let i = 0; i < features; i++) {
    const weight = Math.exp(logPhi[i] - largest);
    total += weight * Psi[i];
    const row = i * valueDim;
    for (let j = 0; j < valueDim; j++) out[outOffset + j] += weight * N[row + j];
  }
  for (let j = 0; j < valueDim; j++) out[outOffset + j] /= total;
}
