import { checkCount, checkLength } from "../base/index.ts";
import {
  type FeatureMap,
  type FeatureMapKind,
  isHyperbolic,
  logFeatures,
  projectPattern,
} from "./feature-map.ts";
import { coefficientsOfA, type FeatureCoefficients } from "./rho.ts";

type Vec = Float64Array;

/**
 * The second moment of the kernel estimate from **one** projection w ~ N(0, I_n), z = x + y:
 * - one sign: `E2 = (1-4A)^n (1-8A)^{-n/2} exp(2 (1-4A)/(1-8A) |z|^2 - |x|^2 - |y|^2)`;
 * - hyperbolic: `(E2 + E2') / 2`, where `E2' = (1-4A)^n (1-8A)^{-n/2} exp(-|x|^2 - |y|^2)` is the product
 *   of the two signs.
 *
 * @param x (n)
 * @param y (n)
 * @param A coefficient of |w|^2, < 1/8; 0 for the "+" maps
 * @throws ShapeError where x and y differ in length, ConfigError where A >= 1/8
 * Source: docs/associative-memory.md#variance-of-the-feature-maps; checked against Monte Carlo in the tests.
 */
export function kernelSecondMoment(kind: FeatureMapKind, x: Vec, y: Vec, A: number): number {
  checkLength("y", y.length, x.length, "length of x");
  const n = x.length;
  coefficientsOfA(A, n);
  const { squaredSum, squares } = pairNorms(x, y);
  const factor = n * Math.log1p(-4 * A) - (n / 2) * Math.log1p(-8 * A) - squares;
  const same = Math.exp(factor + ((2 * (1 - 4 * A)) / (1 - 8 * A)) * squaredSum);
  return isHyperbolic(kind) ? 0.5 * (same + Math.exp(factor)) : same;
}

/**
 * The variance of the kernel estimate from one projection, `E2 - exp(2 x'y)`; of r independent
 * projections, 1/r of it.
 *
 * @param A coefficient of |w|^2, < 1/8; 0 for the "+" maps
 */
export function kernelVariance(kind: FeatureMapKind, x: Vec, y: Vec, A: number): number {
  const { squaredSum, squares } = pairNorms(x, y);
  if (A !== 0) return kernelSecondMoment(kind, x, y, A) - Math.exp(squaredSum - squares);
  // e^{2x'y} (e^s - 1), s = |x + y|^2, and its hyperbolic share: exact also where s is small.
  const plain = Math.exp(squaredSum - squares) * Math.expm1(squaredSum);
  // HF+ has (1 - e^{-s}) / 2 of the variance of FAVOR+: a gain for small s.
  return isHyperbolic(kind) ? (plain * -Math.expm1(-squaredSum)) / 2 : plain;
}

/**
 * `E X^p` of the kernel estimate X from one projection w ~ N(0, I_n), z = x + y:
 * - one sign, `X = D^2 exp(2A |w|^2 + B w'z - (|x|^2 + |y|^2) / 2)`:
 *   `D^{2p} (1 - 4pA)^{-n/2} exp(p^2 B^2 |z|^2 / (2 (1 - 4pA)) - p (|x|^2 + |y|^2) / 2)`;
 * - hyperbolic, cosh(B w'z) for exp(B w'z): the mean over p - 2k, k ~ Binomial(p, 1/2), in place of p^2.
 *
 * p = 1 gives the kernel, p = 2 the second moment; p = 4 says how far a measured variance can be trusted.
 *
 * @param x (n)
 * @param y (n)
 * @param A coefficient of |w|^2; 0 for the "+" maps
 * @param power p, a positive integer
 * @returns infinite where A >= 1/(4p)
 * @throws ShapeError where x and y differ in length, ConfigError for A >= 1/8 or another p
 * Source: E exp(t |w|^2 + u'w) = (1 - 2t)^{-n/2} exp(|u|^2 / (2 (1 - 2t))).
 */
export function kernelPowerMoment(kind: FeatureMapKind, x: Vec, y: Vec, A: number, power: number): number {
  checkLength("y", y.length, x.length, "length of x");
  checkCount("power", power, 1);
  const n = x.length;
  const { B, logD } = coefficientsOfA(A, n);
  const rest = 1 - 4 * power * A;
  if (rest <= 0) return Number.POSITIVE_INFINITY;
  const { squaredSum, squares } = pairNorms(x, y);
  const log = 2 * power * logD - (n / 2) * Math.log(rest) - (power * squares) / 2;
  const rate = (B * B * squaredSum) / (2 * rest);
  if (!isHyperbolic(kind)) return Math.exp(log + power * power * rate);
  let sum = 0;
  let share = 0.5 ** power;
  for (let k = 0; k <= power; k++) {
    sum += share * Math.exp(log + (power - 2 * k) ** 2 * rate);
    share *= (power - k) / (k + 1);
  }
  return sum;
}

/**
 * The kernel estimate `phi(x)'phi(y)` of a drawn map, whose expectation over draws is `exp(x'y)`.
 *
 * @param x (n)
 * @param y (n)
 */
export function estimateKernel(map: FeatureMap, coefficients: FeatureCoefficients, x: Vec, y: Vec): number {
  checkLength("x", x.length, map.dim, "dim");
  checkLength("y", y.length, map.dim, "dim");
  const u = new Float64Array(map.projections);
  const a = new Float64Array(map.features);
  const b = new Float64Array(map.features);
  logFeatures(map, coefficients, u, projectPattern(map, x, 0, 1, u), a);
  logFeatures(map, coefficients, u, projectPattern(map, y, 0, 1, u), b);
  let sum = 0;
  for (let i = 0; i < map.features; i++) sum += Math.exp(a[i] + b[i] + 2 * coefficients.logD);
  return sum / map.features;
}

function pairNorms(x: Vec, y: Vec): { squaredSum: number; squares: number } {
  let squaredSum = 0;
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    squaredSum += (x[i] + y[i]) ** 2;
    squares += x[i] * x[i] + y[i] * y[i];
  }
  return { squaredSum, squares };
}
