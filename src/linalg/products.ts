type Vec = Float64Array;

/** The inner product a'b. */
export function dot(a: Vec, b: Vec): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Adds a multiple of a vector: out += alpha a. */
export function addScaled(out: Vec, alpha: number, a: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] += alpha * a[i];
}

/** The largest |a_i|: zero of an empty vector, NaN where there is a NaN. */
export function largestMagnitude(a: Vec): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]));
  return max;
}

/**
 * A matrix product: out = A B.
 *
 * @param A (m, n)
 * @param B (n, p), from position `b` on
 * @param out (m, p), neither A nor B
 */
export function multiply(A: Vec, B: Vec, b: number, m: number, n: number, p: number, out: Vec): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < p; j++) {
      let s = 0;
      for (let l = i * n, r = b + j; l < (i + 1) * n; l++, r += p) s += A[l] * B[r];
      out[i * p + j] = s;
    }
  }
}

/**
 * Adds a product with a transpose: out += A'B.
 *
 * @param A (n, m), from position `a` on
 * @param B (n, p), from position `b` on
 * @param out (m, p), from position `o` on
 */
export function addTransposed(
  A: Vec,
  a: number,
  B: Vec,
  b: number,
  m: number,
  n: number,
  p: number,
  out: Vec,
  o: number,
): void {
  const end = a + n * m;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < p; j++) {
      let s = out[o + i * p + j];
      for (let l = a + i, r = b + j; l < end; l += m, r += p) s += A[l] * B[r];
      out[o + i * p + j] = s;
    }
  }
}

/**
 * Adds a product A'B that is symmetric, as A'(P A) is where P is: the lower triangle is reckoned, the upper one
 * mirrors it.
 *
 * @param A (n, m), from position `a` on
 * @param B (n, m), from position `b` on
 * @param out (m, m), lower triangle read
 */
export function addSymmetric(A: Vec, a: number, B: Vec, b: number, m: number, n: number, out: Vec): void {
  const end = a + n * m;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let s = out[i * m + j];
      for (let l = a + i, r = b + j; l < end; l += m, r += m) s += A[l] * B[r];
      out[i * m + j] = s;
      out[j * m + i] = s;
    }
  }
}

/** Fills `out` with what stands in `from` at position `at`; unlike a subarray, it allocates nothing. */
export function copyBlock(from: Vec, at: number, out: Vec): void {
  for (let i = 0; i < out.length; i++) out[i] = from[at + i];
}
