import { check, checkCount, checkName, type Rng } from "../base/index.ts";
import { drawProjections, type ProjectionOptions } from "./orthogonal-blocks.ts";
import { checkRho, type FeatureCoefficients } from "./rho.ts";

/** The random feature maps; "+" has A = 0, "++" a fitted A, "hf" uses each projection with both signs. */
export const FEATURE_MAP_KINDS = ["favor+", "hf+", "favor++", "hf++"] as const;
export type FeatureMapKind = (typeof FEATURE_MAP_KINDS)[number];

/** What attention can be computed with: a random feature map, or the softmax kernel itself. */
export const ATTENTION_KINDS = [...FEATURE_MAP_KINDS, "softmax"] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/** A random feature map: plain data, the same for typed arrays and for graphs. */
export type FeatureMap = {
  readonly kind: FeatureMapKind;
  /** n: dimension of queries and keys. */
  readonly dim: number;
  /** Rows of `weights`. */
  readonly projections: number;
  /** Length of phi: `projections`, or twice that for the hyperbolic maps (first all +w, then all -w). */
  readonly features: number;
  /** (projections, dim): w_i. */
  readonly weights: Float64Array;
  /** (projections): |w_i|^2. */
  readonly squaredNorms: Float64Array;
  /** In (0, 1], or "data": rho* of the queries and keys at hand. 1 for the "+" maps. */
  readonly rho: number | "data";
};

/** No features: attention with the exact kernel, O(T^2). */
export type ExactKernel = { readonly kind: "softmax"; readonly dim: number };

export type AttentionMap = FeatureMap | ExactKernel;

export type FeatureMapOptions = ProjectionOptions & {
  readonly kind: AttentionKind;
  /** n: dimension of queries and keys (of one head). */
  readonly dim: number;
  /** r, counted as `count` says. Not used by "softmax". */
  readonly features: number;
  /**
   * Whether r is the length of phi ("features", the default: equal cost and memory for all maps) or the
   * number of directions w ("projections"). They differ by 2 for the hyperbolic maps.
   */
  readonly count?: "features" | "projections";
  /** For the "++" maps: fixed, in (0, 1], or "data" (default). */
  readonly rho?: number | "data";
  readonly rng: Rng;
};

/** Whether a map uses every projection with both signs. */
export function isHyperbolic(kind: AttentionKind): kind is "hf+" | "hf++" {
  return kind === "hf+" || kind === "hf++";
}

/** Whether a map has the coefficient A fitted to the data. */
export function isFitted(kind: AttentionKind): kind is "favor++" | "hf++" {
  return kind === "favor++" || kind === "hf++";
}

/**
 * Draws a random feature map phi with `E phi(x)'phi(y) = exp(x'y)`; for "softmax" the exact kernel, so
 * that a configuration value can name either.
 *
 * @throws ConfigError where the kind is unknown, a size is not a positive integer, r features of a
 * hyperbolic map are odd, or rho is outside (0, 1]
 * Source: Choromanski et al. 2021 (FAVOR+, HF+), Likhosherstov et al. 2022 (FAVOR++).
 */
export function createFeatureMap(options: FeatureMapOptions & { readonly kind: FeatureMapKind }): FeatureMap;
export function createFeatureMap(options: FeatureMapOptions): AttentionMap;
export function createFeatureMap(options: FeatureMapOptions): AttentionMap {
  const { kind, dim, features, count = "features", rng } = options;
  checkName("feature map kind", kind, ATTENTION_KINDS);
  checkCount("dim", dim, 1);
  if (kind === "softmax") return { kind, dim };
  checkCount("features", features, 1);
  checkName("count", count, ["features", "projections"]);
  const signs = isHyperbolic(kind) ? 2 : 1;
  const pairs = count !== "features" || features % signs === 0;
  check("features", features, pairs, `an even number: ${kind} pairs +w with -w`);
  const rho = isFitted(kind) ? (options.rho ?? "data") : 1;
  if (rho !== "data") checkRho(rho);
  const projections = count === "features" ? features / signs : features;
  const weights = drawProjections(projections, dim, rng, options);
  const squaredNorms = new Float64Array(projections);
  for (let i = 0; i < weights.length; i++) squaredNorms[Math.floor(i / dim)] += weights[i] * weights[i];
  return { kind, dim, projections, features: signs * projections, weights, squaredNorms, rho };
}

/**
 * The projections `u_i = scale w_i'z` of one pattern.
 *
 * @param z a (dim) vector at `offset`
 * @param scale multiplies z: `n^{-1/4}` for attention, 1 for the kernel `exp(x'y)` itself
 * @param u (projections), written
 * @returns `|scale z|^2`
 */
export function projectPattern(
  map: FeatureMap,
  z: Float64Array,
  offset: number,
  scale: number,
  u: Float64Array,
): number {
  const { dim, projections, weights } = map;
  let squared = 0;
  for (let j = 0; j < dim; j++) squared += z[offset + j] * z[offset + j];
  for (let i = 0; i < projections; i++) {
    let dot = 0;
    for (let j = 0; j < dim; j++) dot += weights[i * dim + j] * z[offset + j];
    u[i] = scale * dot;
  }
  return scale * scale * squared;
}

/**
 * `log phi_i(z) = A |w_i|^2 + B u_i - |z|^2 / 2`, without the constant `log(D r^{-1/2})`, which
 * attention cancels.
 *
 * @param u (projections), from {@link projectPattern}
 * @param squared |z|^2
 * @param out (features), written; -u_i follows after all u_i for the hyperbolic maps
 */
export function logFeatures(
  map: FeatureMap,
  coefficients: FeatureCoefficients,
  u: Float64Array,
  squared: number,
  out: Float64Array,
): void {
  const { projections, features, squaredNorms } = map;
  const { A, B } = coefficients;
  for (let i = 0; i < projections; i++) out[i] = A * squaredNorms[i] + B * u[i] - squared / 2;
  if (features > projections)
    for (let i = 0; i < projections; i++) out[projections + i] = A * squaredNorms[i] - B * u[i] - squared / 2;
}
