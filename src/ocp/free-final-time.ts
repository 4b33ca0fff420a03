import { withFiniteDifferences } from "./finite-differences.ts";
import { withFreeInitialState } from "./free-initial-state.ts";
import { type ContinuousDynamics, discretize, type IntegrationMethod } from "./integrators.ts";
import { liftState } from "./lift-state.ts";
import type { Dynamics, Ocp, Vec } from "./ocp.ts";

/** What a free final time T may be and costs. */
export type FreeFinalTime = {
  /** Bounds of T [s], 0 < lower <= upper. */
  readonly lower: number;
  readonly upper: number;
  /** Cost of T per second, 1 where missing. */
  readonly weight?: number;
  readonly method?: IntegrationMethod;
};

/**
 * The same problem over a horizon of a length T that is chosen with the controls: T becomes part of the state,
 * [x; T], stays the same, and stretches the dynamics, `x' = T f(x, u)` over N stages of 1 / N; it costs
 * `weight T` in addition. The first stage sets it, as {@link withFreeInitialState} describes: a solve starts at [x0; 0],
 * T is the last of the first stage's nu + 1 controls, `U[nu]`, guesses of controls begin at stage 1.
 *
 * @param ocp costs, bounds and rows on x and u; its own dynamics are not used
 * @param f dynamics in continuous time; without a Jacobian it is differenced
 */
export function withFreeFinalTime(ocp: Ocp, f: ContinuousDynamics, time: FreeFinalTime): Ocp {
  const { lower, upper, weight = 1, method } = time;
  const { nx } = ocp.dynamics;
  const discrete = discretize(stretch(f), 1 / ocp.N, method);
  const lifted = liftState(ocp, completed(discrete));
  const priced: Ocp = {
    ...lifted,
    terminalCost: (v) => lifted.terminalCost(v) + weight * v[nx],
    terminalGradient(v, q) {
      lifted.terminalGradient(v, q);
      q[nx] += weight;
    },
  };
  return withFreeInitialState(priced, {
    index: [nx],
    lower: Float64Array.of(lower),
    upper: Float64Array.of(upper),
  });
}

/** The dynamics with what is missing differenced. */
function completed(dynamics: Pick<Dynamics, "nx" | "nu" | "step"> & Partial<Dynamics>): Dynamics {
  return withFiniteDifferences({ N: 1, dynamics, stageCost: () => 0, terminalCost: () => 0 }).dynamics;
}

/** Dynamics of [x; T] in shares of T. */
function stretch(f: ContinuousDynamics): ContinuousDynamics {
  const { nx, nu } = f;
  const n = nx + 1;
  const x = new Float64Array(nx);
  const slope = new Float64Array(nx);
  const Fx = new Float64Array(nx * nx);
  const Fu = new Float64Array(nx * nu);
  const head = (v: Vec): Vec => {
    for (let i = 0; i < nx; i++) x[i] = v[i];
    return x;
  };
  return {
    nx: n,
    nu,
    derivative(v, u, out) {
      f.derivative(head(v), u, slope);
      for (let i = 0; i < nx; i++) out[i] = v[nx] * slope[i];
      out[nx] = 0;
    },
    jacobian:
      f.jacobian &&
      ((v, u, outX, outU) => {
        f.derivative(head(v), u, slope);
        f.jacobian!(head(v), u, Fx, Fu);
        outX.fill(0);
        outU.fill(0);
        for (let i = 0; i < nx; i++) {
          for (let j = 0; j < nx; j++) outX[i * n + j] = v[nx] * Fx[i * nx + j];
          for (let j = 0; j < nu; j++) outU[i * nu + j] = v[nx] * Fu[i * nu + j];
          outX[i * n + nx] = slope[i];
        }
      }),
  };
}
