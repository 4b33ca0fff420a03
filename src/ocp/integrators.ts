import { ConfigError } from "../base/index.ts";
import type { Dynamics, Vec } from "./ocp.ts";

/** Continuous-time dynamics `xdot = f(x, u)`. */
export type ContinuousDynamics = {
  readonly nx: number;
  readonly nu: number;
  /** out (nx) = f(x, u). */
  derivative(x: Vec, u: Vec, out: Vec): void;
  /** Fx (nx, nx) = df/dx and Fu (nx, nu) = df/du; without it the Jacobian is differenced. */
  jacobian?(x: Vec, u: Vec, Fx: Vec, Fu: Vec): void;
};

/** Explicit one-step rules of order 1, 2 and 4. */
export const INTEGRATION_METHODS = ["euler", "midpoint", "rk4"] as const;
export type IntegrationMethod = (typeof INTEGRATION_METHODS)[number];

/** Explicit methods whose stage i uses the slope of stage i - 1 alone, `nodes[i] * dt` ahead. */
export type IntegrationTableau = { readonly nodes: readonly number[]; readonly weights: readonly number[] };

const TABLEAUX: Record<IntegrationMethod, IntegrationTableau> = {
  euler: { nodes: [0], weights: [1] },
  midpoint: { nodes: [0, 0.5], weights: [0, 1] },
  rk4: { nodes: [0, 0.5, 0.5, 1], weights: [1 / 6, 1 / 3, 1 / 3, 1 / 6] },
};

/** The nodes and weights of a method. @throws ConfigError for an unknown one */
export function integrationTableau(method: IntegrationMethod): IntegrationTableau {
  const tableau = TABLEAUX[method];
  if (tableau !== undefined) return tableau;
  throw new ConfigError(
    `integration method is "${method}", expected one of ${INTEGRATION_METHODS.join(", ")}`,
  );
}

/**
 * Turns continuous dynamics into discrete ones with the control held constant over a step; the
 * Jacobian is that of the integrator, by the chain rule through its stages.
 *
 * @param dt step [s], > 0, or one for each stage: read at every call, so that they may change between solves
 * @returns dynamics with `jacobian` where the continuous ones have theirs, else only `step`
 * (complete it with `withFiniteDifferences`)
 * @throws ConfigError for a step that is not positive or an unknown method
 */
export function discretize(
  f: ContinuousDynamics,
  dt: number | Vec,
  method: IntegrationMethod = "rk4",
): Pick<Dynamics, "nx" | "nu" | "step"> & Partial<Dynamics> {
  const steps = typeof dt === "number" ? undefined : dt;
  for (const h of steps ?? [dt as number]) {
    if (!(h > 0 && Number.isFinite(h)))
      throw new ConfigError(`dt is ${h}, expected a positive number of seconds`);
  }
  const length = (k: number): number => steps?.[k] ?? (dt as number);
  const tableau = integrationTableau(method);
  const { nx, nu } = f;
  const slope = new Float64Array(nx);
  const point = new Float64Array(nx);
  const sum = new Float64Array(nx);
  const step = (x: Vec, u: Vec, k: number, out: Vec): void => {
    const dt = length(k);
    sum.set(x);
    for (let i = 0; i < tableau.nodes.length; i++) {
      const ahead = dt * tableau.nodes[i];
      for (let j = 0; j < nx; j++) point[j] = x[j] + (i === 0 ? 0 : ahead * slope[j]);
      f.derivative(point, u, slope);
      for (let j = 0; j < nx; j++) sum[j] += dt * tableau.weights[i] * slope[j];
    }
    out.set(sum);
  };
  if (f.jacobian === undefined) return { nx, nu, step };
  const nz = nx + nu;
  const Fx = new Float64Array(nx * nx);
  const Fu = new Float64Array(nx * nu);
  const S = new Float64Array(nx * nz);
  const D = new Float64Array(nx * nz);
  return {
    nx,
    nu,
    step,
    jacobian(x, u, k, A, B) {
      const dt = length(k);
      A.fill(0);
      B.fill(0);
      for (let i = 0; i < nx; i++) A[i * nx + i] = 1;
      for (let s = 0; s < tableau.nodes.length; s++) {
        const ahead = dt * tableau.nodes[s];
        for (let j = 0; j < nx; j++) point[j] = x[j] + (s === 0 ? 0 : ahead * slope[j]);
        f.derivative(point, u, slope);
        f.jacobian!(point, u, Fx, Fu);
        // dslope/d(x,u) = Fx (I + ahead * previous dslope) + Fu
        for (let i = 0; i < nx; i++) {
          for (let j = 0; j < nz; j++) {
            let v = j < nx ? Fx[i * nx + j] : Fu[i * nu + j - nx];
            if (s > 0) for (let l = 0; l < nx; l++) v += ahead * Fx[i * nx + l] * D[l * nz + j];
            S[i * nz + j] = v;
          }
        }
        D.set(S);
        const w = dt * tableau.weights[s];
        for (let i = 0; i < nx; i++) {
          for (let j = 0; j < nx; j++) A[i * nx + j] += w * D[i * nz + j];
          for (let j = 0; j < nu; j++) B[i * nu + j] += w * D[i * nz + nx + j];
        }
      }
    },
  };
}
