export type LineSearchResult = { readonly accepted: boolean; readonly alpha: number; readonly value: number };

/**
 * Backtracking line search with sufficient decrease `phi(alpha) <= phi0 + armijo alpha slope`; the next
 * trial is the minimiser of a quadratic, then cubic, interpolant, kept within [shrink, 0.5] of the last.
 *
 * @param phi merit at a step; NaN or infinity counts as too large
 * @param noise rounding of phi: an increase of this much is none
 * @param slope directional derivative at 0
 * @param shrink in (0, 0.5]; 0.5 halves, which serves a merit with kinks better than interpolation
 */
export function lineSearch(
  phi: (alpha: number) => number,
  phi0: number,
  slope: number,
  armijo: number,
  maxTrials: number,
  shrink: number,
  noise: number,
): LineSearchResult {
  let alpha = 1;
  let previousAlpha = 0;
  let previousValue = 0;
  for (let trial = 0; trial < maxTrials; trial++) {
    const value = phi(alpha);
    if (value <= phi0 + armijo * alpha * Math.min(0, slope) + noise) return { accepted: true, alpha, value };
    let next: number;
    if (!Number.isFinite(value)) next = 0.1 * alpha;
    else if (previousAlpha === 0) next = quadraticMinimum(phi0, slope, alpha, value);
    else next = cubicMinimum(phi0, slope, alpha, value, previousAlpha, previousValue);
    if (!Number.isFinite(next)) next = 0.5 * alpha;
    if (Number.isFinite(value)) {
      previousAlpha = alpha;
      previousValue = value;
    }
    alpha = Math.min(Math.max(next, shrink * alpha), 0.5 * alpha);
  }
  return { accepted: false, alpha: 0, value: phi0 };
}

function quadraticMinimum(phi0: number, slope: number, a: number, value: number): number {
  return (-slope * a * a) / (2 * (value - phi0 - slope * a));
}

/** Minimiser of the cubic through phi0, its slope, and two values (Nocedal and Wright, eq. 3.59). */
function cubicMinimum(phi0: number, slope: number, a1: number, f1: number, a0: number, f0: number): number {
  const d1 = f1 - phi0 - slope * a1;
  const d0 = f0 - phi0 - slope * a0;
  const scale = 1 / (a0 * a0 * a1 * a1 * (a1 - a0));
  const a = scale * (a0 * a0 * d1 - a1 * a1 * d0);
  const b = scale * (-a0 * a0 * a0 * d1 + a1 * a1 * a1 * d0);
  if (Math.abs(a) < 1e-300) return -slope / (2 * b);
  return (-b + Math.sqrt(b * b - 3 * a * slope)) / (3 * a);
}
