import type { Vec } from "../ocp/index.ts";

/**
 * How a box QP ended.
 *
 * - `solved`: the optimality conditions hold to rounding.
 * - `notPositiveDefinite`: H has no Cholesky factor on the free components; regularize and try again.
 * - `maxIterations`: the best point so far; it is feasible and no worse than the start.
 */
export type BoxQpStatus = "solved" | "notPositiveDefinite" | "maxIterations";

/** Memory of {@link solveBoxQp}; after a call it holds the free set and the factor of H on it. */
export type BoxQpScratch = {
  /** (n) g + H d. */
  readonly gradient: Vec;
  readonly search: Vec;
  readonly candidate: Vec;
  /** (n) candidate - d. */
  readonly move: Vec;
  /** (n) 1 where the component is held at a bound. */
  readonly clamped: Uint8Array;
  /** free[0 .. freeCount) are the components that are not. */
  readonly free: Int32Array;
  freeCount: number;
  /** Lower Cholesky factor of H on the free components, (freeCount, freeCount) with row stride n. */
  readonly L: Vec;
  /** Largest |gradient| of a free component, relative to the terms it is the sum of. */
  residual: number;
};

/** Allocates the memory for n variables. */
export function createBoxQpScratch(n: number): BoxQpScratch {
  return {
    gradient: new Float64Array(n),
    search: new Float64Array(n),
    candidate: new Float64Array(n),
    move: new Float64Array(n),
    clamped: new Uint8Array(n),
    free: new Int32Array(n),
    freeCount: 0,
    L: new Float64Array(n * n),
    residual: 0,
  };
}

const MAX_ITERATIONS = 100;
/** Below this the gradient is rounding. */
const ROUNDING = 1e-14;
const ARMIJO = 0.1;
const SHRINK = 0.6;
const SMALLEST_STEP = 1e-16;

/**
 * Minimises `1/2 d'Hd + g'd` subject to `lower <= d <= upper` by projected Newton: hold the components
 * whose gradient points out of the box, take a Newton step in the others, search along its projection.
 *
 * Source: Tassa, Mansard, Todorov, "Control-limited differential dynamic programming", ICRA 2014,
 * section III and algorithm 1; descent along the projection arc: Bertsekas 1982.
 *
 * @param H (n, n) symmetric
 * @param g (n)
 * @param lower (n), -Infinity where there is none
 * @param upper (n), Infinity where there is none
 * @param d (n) in: start; out: solution
 */
export function solveBoxQp(H: Vec, g: Vec, lower: Vec, upper: Vec, d: Vec, s: BoxQpScratch): BoxQpStatus {
  const n = g.length;
  for (let i = 0; i < n; i++) d[i] = clip(Number.isNaN(d[i]) ? 0 : d[i], lower[i], upper[i]);
  let exact = false;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const changed = updateClamped(H, g, lower, upper, d, s) || iteration === 0;
    if (!changed && exact) return "solved";
    if (changed && !factorFree(H, n, s)) return "notPositiveDefinite";
    if (s.freeCount === 0 || s.residual <= ROUNDING) return "solved";
    newtonStep(n, s);
    let slope = 0;
    for (let a = 0; a < s.freeCount; a++) slope += s.gradient[s.free[a]] * s.search[s.free[a]];
    if (!(slope < 0)) return "solved";
    exact = moveAlongArc(lower, upper, d, 1, s);
    if (!exact) {
      let step = 1;
      while (!decreases(H, s)) {
        step *= SHRINK;
        if (step < SMALLEST_STEP) return "maxIterations";
        moveAlongArc(lower, upper, d, step, s);
      }
    }
    d.set(s.candidate);
  }
  return "maxIterations";
}

function clip(value: number, lower: number, upper: number): number {
  return value < lower ? lower : value > upper ? upper : value;
}

/** Gradient at d, and which components it pushes against a bound. @returns whether these changed */
function updateClamped(H: Vec, g: Vec, lower: Vec, upper: Vec, d: Vec, s: BoxQpScratch): boolean {
  const n = g.length;
  let changed = false;
  s.residual = 0;
  for (let i = 0; i < n; i++) {
    let slope = g[i];
    let size = Math.abs(g[i]);
    for (let j = 0; j < n; j++) {
      const term = H[i * n + j] * d[j];
      slope += term;
      size += Math.abs(term);
    }
    s.gradient[i] = slope;
    const held =
      (d[i] === lower[i] && slope > 0) || (d[i] === upper[i] && slope < 0) || lower[i] === upper[i];
    const flag = held ? 1 : 0;
    if (!held && Math.abs(slope) > s.residual * size) s.residual = Math.abs(slope) / size;
    if (s.clamped[i] !== flag) changed = true;
    s.clamped[i] = flag;
  }
  return changed;
}

/** Cholesky factor of H on the free components. @returns false where it is not positive definite */
function factorFree(H: Vec, n: number, s: BoxQpScratch): boolean {
  const { free, L } = s;
  let m = 0;
  for (let i = 0; i < n; i++) if (s.clamped[i] === 0) free[m++] = i;
  s.freeCount = m;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = H[free[i] * n + free[j]];
      const diagonal = Math.abs(sum);
      for (let l = 0; l < j; l++) sum -= L[i * n + l] * L[j * n + l];
      if (i !== j) L[i * n + j] = sum / L[j * n + j];
      else if (sum > 1e-14 * diagonal && sum < Number.POSITIVE_INFINITY) L[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** search = -H_ff^{-1} gradient on the free components, zero on the others. */
function newtonStep(n: number, s: BoxQpScratch): void {
  const { free, freeCount: m, gradient, search } = s;
  search.fill(0);
  for (let a = 0; a < m; a++) search[free[a]] = -gradient[free[a]];
  solveFree(n, s, search, 1, 0);
}

/**
 * Solves `H_ff z = b` in place, for column `column` of b (n, columns); clamped rows are left alone.
 */
export function solveFree(n: number, s: BoxQpScratch, b: Vec, columns: number, column: number): void {
  const { free, freeCount: m, L } = s;
  for (let i = 0; i < m; i++) {
    let z = b[free[i] * columns + column];
    for (let l = 0; l < i; l++) z -= L[i * n + l] * b[free[l] * columns + column];
    b[free[i] * columns + column] = z / L[i * n + i];
  }
  for (let i = m - 1; i >= 0; i--) {
    let z = b[free[i] * columns + column];
    for (let l = i + 1; l < m; l++) z -= L[l * n + i] * b[free[l] * columns + column];
    b[free[i] * columns + column] = z / L[i * n + i];
  }
}

/** candidate = clip(d + step * search). @returns whether this is the whole Newton step, unclipped */
function moveAlongArc(lower: Vec, upper: Vec, d: Vec, step: number, s: BoxQpScratch): boolean {
  let whole = step === 1;
  for (let i = 0; i < d.length; i++) {
    const target = d[i] + step * s.search[i];
    const kept = clip(target, lower[i], upper[i]);
    if (kept !== target) whole = false;
    // Not d + move later: rounding would leave the component next to its bound instead of on it.
    s.candidate[i] = kept;
    s.move[i] = kept - d[i];
  }
  return whole;
}

/** Whether the objective falls by a tenth of what its slope along the move promises. */
function decreases(H: Vec, s: BoxQpScratch): boolean {
  const { gradient, move } = s;
  const n = move.length;
  let slope = 0;
  let curvature = 0;
  for (let i = 0; i < n; i++) {
    slope += gradient[i] * move[i];
    for (let j = 0; j < n; j++) curvature += move[i] * H[i * n + j] * move[j];
  }
  return slope + 0.5 * curvature <= ARMIJO * slope;
}
