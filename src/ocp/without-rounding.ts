import { constraintLayout, controlOf } from "./constraint-layout.ts";
import type { Dynamics, Ocp, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups, rowsOfGroup } from "./row-groups.ts";
import type { Trajectory } from "./trajectory.ts";

/** Last digits by which arguments are moved. */
const MOVED = 4 * Number.EPSILON;
/** Signs of these moves, by component: all one way, and by turns, which parts two that are nearly equal. */
const WAYS: readonly ((i: number) => number)[] = [() => 1, (i) => (i % 2 === 0 ? 1 : -1)];

/** Writes the Jacobians of m functions at (x, u): by x (m, nx) and by u (m, nu or none). */
type Jacobians = (x: Vec, u: Vec, k: number, byX: Vec, byU: Vec) => void;

/**
 * A problem whose Jacobians of dynamics and rows leave out what is rounding: an entry that is no larger than what it changes by where its
 * arguments move by four of their last digits is zero. `sin(pi)` is 1e-16, and a solver that believes it drives a unicycle
 * at yaw pi sideways, at 1e16 m/s. Each Jacobian takes three evaluations.
 */
export function withoutRounding(ocp: Ocp): Ocp {
  const { dynamics, N, stateBox, angles, uLower, uUpper } = ocp;
  const { nx, nu, sparsity } = dynamics;
  const clean: Dynamics = {
    ...{ nx, nu },
    ...(sparsity === undefined ? {} : { sparsity }),
    step: (x, u, k, out) => dynamics.step(x, u, k, out),
    jacobian: withoutNoise((x, u, k, A, B) => dynamics.jacobian(x, u, k, A, B), nx, nu, nx),
    ...(dynamics.hessian === undefined
      ? {}
      : { hessian: (x, u, k, p, H) => dynamics.hessian!(x, u, k, p, H) }),
  };
  return {
    ...{ N, stateBox, angles, uLower, uUpper, dynamics: clean },
    rows: rowGroups(ocp).map((group) => rowsOfGroup(cleanGroup(group, nx, nu))),
    stageCost: (x, u, k) => ocp.stageCost(x, u, k),
    stageGradient: (x, u, k, q, r) => ocp.stageGradient(x, u, k, q, r),
    stageHessian: (x, u, k, Q, R, M) => ocp.stageHessian(x, u, k, Q, R, M),
    terminalCost: (x) => ocp.terminalCost(x),
    terminalGradient: (x, q) => ocp.terminalGradient(x, q),
    terminalHessian: (x, Q) => ocp.terminalHessian(x, Q),
  };
}

function cleanGroup(group: RowGroup, nx: number, nu: number): RowGroup {
  const own: Jacobians = (x, u, k, C, D) => group.jacobian(x, u, k, C, D);
  return { ...group, jacobian: withoutNoise(own, nx, group.controls ? nu : 0, group.count) };
}

/** The same Jacobians of m functions, an entry zero that is no larger than what last digits of its arguments change it by. */
function withoutNoise(own: Jacobians, nx: number, nu: number, m: number): Jacobians {
  const [x1, u1] = [new Float64Array(nx), new Float64Array(nu)];
  const [byX1, byU1] = [new Float64Array(m * nx), new Float64Array(m * nu)];
  const [ofX, ofU] = [byX1.slice(), byU1.slice()];
  return (x, u, k, byX, byU) => {
    own(x, u, k, byX, byU);
    ofX.fill(0);
    ofU.fill(0);
    for (const way of WAYS) {
      for (let i = 0; i < nx; i++) x1[i] = x[i] * (1 + MOVED * way(i));
      for (let i = 0; i < nu; i++) u1[i] = u[i] * (1 + MOVED * way(i));
      own(x1, u1, k, byX1, byU1);
      noteChange(byX, byX1, ofX);
      noteChange(byU, byU1, ofU);
    }
    for (let i = 0; i < ofX.length; i++) if (Math.abs(byX[i]) <= ofX[i]) byX[i] = 0;
    for (let i = 0; i < ofU.length; i++) if (Math.abs(byU[i]) <= ofU[i]) byU[i] = 0;
  };
}

function noteChange(from: Vec, to: Vec, most: Vec): void {
  for (let i = 0; i < most.length; i++) most[i] = Math.max(most[i], Math.abs(to[i] - from[i]));
}

/** Whether {@link withoutRounding} leaves anything out of the problem's Jacobians along a trajectory. */
export function hasRounding(ocp: Ocp, { x, u }: Pick<Trajectory, "x" | "u">): boolean {
  const { nx } = ocp.dynamics;
  const dynamics: Jacobians = (x, u, k, A, B) => ocp.dynamics.jacobian(x, u, k, A, B);
  for (let k = 0; k < ocp.N; k++) if (leavesOut(dynamics, nx, x[k], u[k], k)) return true;
  const groups = rowGroups(ocp);
  return constraintLayout(ocp).blocks.some(({ group, k, count }) => {
    const rows = groups[group];
    return leavesOut((x, u, k, C, D) => rows.jacobian(x, u, k, C, D), count, x[k], controlOf(rows, u[k]), k);
  });
}

function leavesOut(own: Jacobians, m: number, x: Vec, u: Vec, k: number): boolean {
  const [before, after] = [own, withoutNoise(own, x.length, u.length, m)].map((jacobians) => {
    const [byX, byU] = [new Float64Array(m * x.length), new Float64Array(m * u.length)];
    jacobians(x, u, k, byX, byU);
    return [...byX, ...byU];
  });
  return before.some((entry, i) => entry !== after[i]);
}
