import { ConfigError, checkCount, checkPositive, type Rng } from "../../base/index.ts";
import { multiply } from "../../linalg/index.ts";

/**
 * Random linear regressions as prompts of a transformer:
 *
 *     x_i ~ N(mean, Sigma),  w ~ N(0, Sigma^-1),  y_i = w'x_i,  i = 1..n+1,   Sigma = V diag(eigenvalues) V'
 *
 * so that with mean 0 labels have variance d whatever Sigma is.
 *
 * Source: Ahn et al. 2023 (arXiv 2306.00297), section 3.
 */
export type RegressionFamily = {
  /** Eigenvalues of Sigma, all > 0; as many as features, d. */
  readonly eigenvalues: readonly number[];
  /** Examples with a label, n >= 1. */
  readonly examples: number;
  /** V (d, d), row-major and orthogonal; the identity where absent. */
  readonly rotation?: Float64Array;
  /** Added to every feature; finite, 0 where absent. */
  readonly mean?: number;
};

/** Prompts of one family, one after the other. */
export type RegressionPrompts = {
  readonly count: number;
  /** Features. */
  readonly d: number;
  /** Examples. */
  readonly n: number;
  /** (count, d + 1, n + 1): a column (x_i, y_i) for each example, and last the query (x_q, 0). */
  readonly Z: Float64Array;
  /** (count): the query's label. */
  readonly y: Float64Array;
};

/** @throws ConfigError where there is no regression with these numbers */
export function checkFamily({ eigenvalues, examples, rotation, mean = 0 }: RegressionFamily): void {
  const d = eigenvalues.length;
  checkCount("number of eigenvalues", d, 1);
  for (const [i, value] of eigenvalues.entries()) checkPositive(`eigenvalues[${i}]`, value);
  checkCount("examples", examples, 1);
  if (!Number.isFinite(mean)) throw new ConfigError(`mean is ${mean}, expected a finite number`);
  if (rotation !== undefined && rotation.length !== d * d)
    throw new ConfigError(`rotation has ${rotation.length} numbers, expected d*d = ${d * d}`);
}

/**
 * Draws prompts of a family.
 *
 * @throws ConfigError for an illegal family or count
 */
export function drawPrompts(family: RegressionFamily, count: number, rng: Rng): RegressionPrompts {
  checkFamily(family);
  checkCount("count", count, 1);
  const { eigenvalues, examples: n, rotation, mean = 0 } = family;
  const d = eigenvalues.length;
  const roots = eigenvalues.map(Math.sqrt);
  const columns = n + 1;
  const Z = new Float64Array(count * (d + 1) * columns);
  const y = new Float64Array(count);
  const normals = new Float64Array(d);
  const vector = new Float64Array(d);
  for (let p = 0; p < count; p++) {
    const at = p * (d + 1) * columns;
    const w = new Float64Array(d);
    for (let j = 0; j < d; j++) normals[j] = rng.gauss() / roots[j];
    rotate(rotation, normals, w);
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < d; j++) normals[j] = rng.gauss() * roots[j];
      rotate(rotation, normals, vector);
      let label = 0;
      for (let j = 0; j < d; j++) {
        const x = mean + vector[j];
        Z[at + j * columns + i] = x;
        label += w[j] * x;
      }
      if (i < n) Z[at + d * columns + i] = label;
      else y[p] = label;
    }
  }
  return { count, d, n, Z, y };
}

/**
 * Draws prompts of several families that agree in features and examples, in turn: prompt i is of family i mod their number.
 *
 * @throws ConfigError where they do not agree, or as {@link drawPrompts}
 */
export function drawMixture(
  families: readonly RegressionFamily[],
  count: number,
  rng: Rng,
): RegressionPrompts {
  checkCount("number of families", families.length, 1);
  checkCount("count", count, families.length);
  const [{ eigenvalues, examples: n }] = families;
  const d = eigenvalues.length;
  const size = (d + 1) * (n + 1);
  const Z = new Float64Array(count * size);
  const y = new Float64Array(count);
  families.forEach((family, f) => {
    checkCount("features of every family", family.eigenvalues.length, d, d);
    checkCount("examples of every family", family.examples, n, n);
    const share = Math.ceil((count - f) / families.length);
    const drawn = drawPrompts(family, share, rng);
    for (let p = 0; p < share; p++) {
      const at = p * families.length + f;
      Z.set(drawn.Z.subarray(p * size, (p + 1) * size), at * size);
      y[at] = drawn.y[p];
    }
  });
  return { count, d, n, Z, y };
}

/** out = V a, or a itself where there is no rotation. */
function rotate(V: Float64Array | undefined, a: Float64Array, out: Float64Array): void {
  if (V === undefined) out.set(a);
  else multiply(V, a, 0, a.length, a.length, 1, out);
}

/**
 * A random orthogonal matrix, uniform over all of them: Gram and Schmidt's orthogonalization of normal columns.
 *
 * @returns (d, d) row-major
 */
export function randomRotation(d: number, rng: Rng): Float64Array {
  const V = Float64Array.from({ length: d * d }, () => rng.gauss());
  for (let j = 0; j < d; j++) {
    for (let k = 0; k < j; k++) {
      let inner = 0;
      for (let i = 0; i < d; i++) inner += V[i * d + j] * V[i * d + k];
      for (let i = 0; i < d; i++) V[i * d + j] -= inner * V[i * d + k];
    }
    let norm = 0;
    for (let i = 0; i < d; i++) norm += V[i * d + j] ** 2;
    for (let i = 0; i < d; i++) V[i * d + j] /= Math.sqrt(norm);
  }
  return V;
}
