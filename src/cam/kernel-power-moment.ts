import { ConfigError, checkLength } from "../base/index.ts";
import { type FeatureMapKind, isHyperbolic } from "./feature-map.ts";
import { coefficientsOfA } from "./rho.ts";

type Vec = Float64Array;

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
  if (!Number.isInteger(power) || power < 1)
    throw new ConfigError(`power is ${power}, expected a positive integer`);
  const n = x.length;
  const { B, logD } = coefficientsOfA(A, n);
  const rest = 1 - 4 * power * A;
  if (rest <= 0) return Number.POSITIVE_INFINITY;
  let squaredSum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    squaredSum += (x[i] + y[i]) ** 2;
    squares += x[i] * x[i] + y[i] * y[i];
  }
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
