type Vec = Float64Array;

/**
 * Exact attention of one query over the first `keys` patterns:
 * `sum_j p_j v_j`, `p_j ~ exp(scale^2 q'k_j - tau (keys - 1 - j))`; zeros where there are none.
 *
 * @param q (dim) at `qOffset`
 * @param k (>= keys, dim)
 * @param v (>= keys, valueDim)
 * @param tau discount per pattern, 0 for none; the last pattern has weight 1
 * @param weights (>= keys) scratch; holds p afterwards
 * @param out receives (valueDim) at `outOffset`
 */
export function softmaxRead(
  q: Vec,
  qOffset: number,
  k: Vec,
  v: Vec,
  keys: number,
  dim: number,
  valueDim: number,
  scale: number,
  tau: number,
  weights: Vec,
  out: Vec,
  outOffset: number,
): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < keys; j++) {
    let dot = 0;
    for (let l = 0; l < dim; l++) dot += q[qOffset + l] * k[j * dim + l];
    weights[j] = scale * scale * dot - tau * (keys - 1 - j);
    if (weights[j] > largest) largest = weights[j];
  }
  let total = 0;
  for (let j = 0; j < keys; j++) {
    weights[j] = Math.exp(weights[j] - largest);
    total += weights[j];
  }
  for (let l = 0; l < valueDim; l++) out[outOffset + l] = 0;
  for (let j = 0; j < keys; j++) {
    weights[j] /= total;
    for (let l = 0; l < valueDim; l++) out[outOffset + l] += weights[j] * v[j * valueDim + l];
  }
}
