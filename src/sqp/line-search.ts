export type LineSearchResult = { readonly accepted: boolean; readonly alpha: number; readonly value: number };

/**
 * Backtracking line search with sufficient decrease `phi(alpha) <= phi0 + armijo alpha slope`, lengths halved each
 * time. Interpolation is misled, by the kinks of soft rows and by rollouts that end somewhere else altogether: where a whole step is far
 * too long it cuts to the shortest it may, over and over (170 circles: 46 QPs with halves, never done with tenths).
 *
 * @param phi merit at a step; NaN or infinity counts as too large
 * @param noise rounding of phi: an increase of this much is none
 * @param slope directional derivative at 0
 */
export function lineSearch(
  phi: (alpha: number) => number,
  phi0: number,
  slope: number,
  armijo: number,
  maxTrials: number,
  noise: number,
): LineSearchResult {
  let alpha = 1;
  for (let trial = 0; trial < maxTrials; trial++, alpha *= 0.5) {
    const value = phi(alpha);
    if (value <= phi0 + armijo * alpha * Math.min(0, slope) + noise) return { accepted: true, alpha, value };
  }
  return { accepted: false, alpha: 0, value: phi0 };
}
