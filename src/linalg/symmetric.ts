type Vec = Float64Array;

/**
 * Cholesky test: whether the symmetric (n, n) matrix `a + shift I` is positive definite.
 *
 * @param a (n, n), lower triangle read
 * @param scratch (n, n), its lower triangle overwritten with the factor; may be `a`
 */
export function isPositiveDefinite(a: Vec, n: number, shift: number, scratch: Vec): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = a[i * n + j];
      if (i === j) s += shift;
      for (let l = 0; l < j; l++) s -= scratch[i * n + l] * scratch[j * n + l];
      if (i === j) {
        if (!(s > 0)) return false;
        scratch[i * n + i] = Math.sqrt(s);
      } else {
        scratch[i * n + j] = s / scratch[j * n + j];
      }
    }
  }
  return true;
}

/** Scratch of {@link projectEigenvalues} for matrices up to (n, n). */
export type EigenScratch = { readonly a: Vec; readonly v: Vec };

/** Allocates the scratch for matrices up to (n, n). */
export function createEigenScratch(n: number): EigenScratch {
  return { a: new Float64Array(n * n), v: new Float64Array(n * n) };
}

/**
 * Cyclic Jacobi eigenvalue decomposition `a = V diag(w) V'` of a symmetric matrix.
 *
 * @param a (n, n), overwritten; its diagonal holds the eigenvalues afterwards
 * @param v (n, n), columns are the eigenvectors
 */
export function jacobiEigen(a: Vec, n: number, v: Vec): void {
  for (let i = 0; i < n * n; i++) v[i] = 0;
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let scale = 0;
  for (let i = 0; i < n * n; i++) scale = Math.max(scale, Math.abs(a[i]));
  if (scale === 0) return;
  const tiny = 1e-15 * scale;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q];
        off = Math.max(off, Math.abs(apq));
        if (Math.abs(apq) <= tiny) continue;
        rotate(a, v, n, p, q, apq);
      }
    }
    if (off <= tiny) return;
  }
}

function rotate(a: Vec, v: Vec, n: number, p: number, q: number, apq: number): void {
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  turn(a, n, p, q, n, c, s);
  turn(a, n, p * n, q * n, 1, c, s);
  turn(v, n, p, q, n, c, s);
}

/** Turns the pairs of numbers at p, q and at n - 1 steps on from there by an angle of cosine c and sine s. */
function turn(m: Vec, n: number, p: number, q: number, step: number, c: number, s: number): void {
  for (let k = 0; k < n; k++, p += step, q += step) {
    const x = m[p];
    const y = m[q];
    m[p] = c * x - s * y;
    m[q] = s * x + c * y;
  }
}

/**
 * Sizes of variables by the largest curvature that a row of blocks gives them: |d2/dz_i^2|^(-1/2), from the largest
 * entry of the row where the diagonal is zero, 1 where all is.
 *
 * @param blocks (n, n) each
 * @param size (n), from position `at` on, written
 */
export function curvatureSizes(blocks: readonly Vec[], n: number, size: Vec, at: number): void {
  for (let i = 0; i < n; i++) {
    let curvature = 0;
    for (const m of blocks) curvature = Math.max(curvature, Math.abs(m[i * n + i]));
    for (let j = 0; curvature === 0 && j < n; j++) {
      for (const m of blocks) curvature = Math.max(curvature, Math.abs(m[i * n + j]));
    }
    size[at + i] = curvature > 0 ? 1 / Math.sqrt(curvature) : 1;
  }
}

/** Negative curvature below this share of the largest entry is rounding. */
const ROUNDING = 1e-9;

/**
 * Raises the negative eigenvalues of a symmetric matrix to zero, in place, measured in the units of its variables:
 * those of `S m S`, `S = diag(size)`. A matrix without any, up to 1e-9 of its largest entry there, is left untouched
 * (one Cholesky test).
 *
 * @param m (n, n) symmetric
 * @param size (n) of each variable, > 0: its unit then decides nothing
 * @returns whether the matrix was changed
 */
export function projectEigenvalues(m: Vec, n: number, size: Vec, scratch: EigenScratch): boolean {
  const { a, v } = scratch;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = 0.5 * (m[i * n + j] + m[j * n + i]) * size[i] * size[j];
      a[i * n + j] = value;
      largest = Math.max(largest, Math.abs(value));
    }
  }
  if (largest === 0 || isPositiveDefinite(a, n, ROUNDING * largest, v)) return false;
  jacobiEigen(a, n, v);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += Math.max(0, a[l * n + l]) * v[i * n + l] * v[j * n + l];
      m[i * n + j] = sum / (size[i] * size[j]);
      m[j * n + i] = m[i * n + j];
    }
  }
  return true;
}
