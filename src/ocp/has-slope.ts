import type { Vec } from "./ocp.ts";

/** A cost's slope below this share of curvature times size is none. */
const NO_SLOPE = 1e-8;
/** How much of a coordinate is size, however little it moves: finite differences step by a share of all of it. */
const OF_COORDINATE = 1e-3;

/** Size of a coordinate z that begins at `from`: how far it moves; a map's origin is far from everything and says little. */
export function sizeFrom(z: number, from: number): number {
  return Math.max(Math.abs(z - from), OF_COORDINATE * Math.abs(z));
}

/** The states (or controls) of a trajectory with a cost's gradient and Hessian there, stage by stage. */
type Along = {
  readonly z: readonly Vec[];
  readonly gradient: readonly Vec[];
  readonly hessian: readonly Vec[];
  /** What sizes are measured from ({@link sizeFrom}); zero without it. */
  readonly from?: Vec;
  /** Sizes that are no smaller than these. */
  readonly least?: Vec;
};

/**
 * Whether a cost has a slope along a trajectory that is more than rounding: its largest |gradient z| against its
 * largest Hessian z^2, z as large as it is up to that stage (where a trajectory explodes, what costs nothing at its end says nothing
 * of the stages before). At a goal it has none, and what is left of gradients is rounding, of finite differences too.
 */
export function hasSlope(states: Along, controls: Along): boolean {
  let slope = 0;
  let bend = 0;
  for (const { z, gradient, hessian, from, least } of [states, controls]) {
    const n = z[0].length;
    for (let i = 0; i < n; i++) {
      let size = least === undefined ? 0 : least[i];
      for (let k = 0; k < gradient.length; k++) {
        size = Math.max(size, sizeFrom(z[k][i], from === undefined ? 0 : from[i]));
        slope = Math.max(slope, Math.abs(gradient[k][i]) * size);
        bend = Math.max(bend, hessian[k][i * n + i] * size ** 2);
      }
    }
  }
  return slope > NO_SLOPE * bend;
}

/**
 * Notes how large the controls U (N, nu) of an iterate are: the largest |u_j| of a solve so far, without its guess, which may be
 * anything. Where an optimum is at zero, controls, their gradients and all that these are compared with vanish together; this
 * does not.
 */
export function noteLargest(most: Vec, U: Vec): void {
  const nu = most.length;
  for (let i = 0; i < U.length; i++) most[i % nu] = Math.max(most[i % nu], Math.abs(U[i]));
}
