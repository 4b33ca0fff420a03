import { boundsOffset, type Ocp, penaltyOf, type SoftPenalty, type Vec } from "../../ocp/index.ts";
import { type RowGroup, rowGroups } from "../row-groups.ts";

/** One constraint at one stage: value >= 0 or = 0, linearized in the controls. */
export type Constraint = {
  readonly value: number;
  /** What its terms amount to. */
  readonly scale: number;
  readonly equality: boolean;
  readonly soft?: SoftPenalty;
  /** (N, nu), worked out when called. */
  gradient(): Vec;
};

/** States, controls and the dynamics' Jacobians there. */
export type Along = {
  readonly finite: boolean;
  /** (nx) largest |x_{k+1} - f(x_k, u_k)| of each state. */
  readonly defects: Vec;
  readonly x: readonly Vec[];
  readonly u: readonly Vec[];
  readonly A: readonly Vec[];
  readonly B: readonly Vec[];
};

/** Linearizes along a rollout of U, or along states that are claimed. */
export function linearizeAlong({ N, dynamics }: Ocp, x0: Vec, U: Vec, X?: Vec): Along {
  const { nx, nu } = dynamics;
  const x = [X?.slice(0, nx) ?? Float64Array.from(x0)];
  const u = Array.from({ length: N }, (_, k) => U.slice(k * nu, (k + 1) * nu));
  const A = u.map(() => new Float64Array(nx * nx));
  const B = u.map(() => new Float64Array(nx * nu));
  const defects = x[0].map((v, i) => Math.abs(v - x0[i]));
  for (let k = 0; k < N; k++) {
    const next = new Float64Array(nx);
    dynamics.step(x[k], u[k], k, next);
    dynamics.jacobian(x[k], u[k], k, A[k], B[k]);
    const claimed = X?.slice((k + 1) * nx, (k + 2) * nx) ?? next;
    for (let i = 0; i < nx; i++) defects[i] = Math.max(defects[i], Math.abs(claimed[i] - next[i]));
    x.push(claimed);
  }
  return { finite: x.every((row) => row.every(Number.isFinite)), defects, x, u, A, B };
}

/** Gradient (N, nu) in the controls of a function of x_k, whose gradient there is p (nx). */
function pullBack({ A, B, u }: Along, k: number, p: Vec): Vec {
  const nx = p.length;
  const out = new Float64Array(u.length * u[0].length);
  let costate = p;
  for (let j = k - 1; j >= 0; j--) {
    const nu = B[j].length / nx;
    for (let i = 0; i < nu; i++)
      for (let s = 0; s < nx; s++) out[j * nu + i] += B[j][s * nu + i] * costate[s];
    costate = Float64Array.from(p, (_, i) => costate.reduce((sum, v, s) => sum + A[j][s * nx + i] * v, 0));
  }
  return out;
}

/**
 * J, the sum of its terms' sizes, dJ/dU, and for each control the largest of |dl/du| + |B'p| over the horizon, p the costates from
 * that stage on: one alone may itself be a sum that cancels, as where a control sets what is free to begin with.
 */
export function costAlong(ocp: Ocp, t: Along) {
  const { nx, nu } = ocp.dynamics;
  const gradient = new Float64Array(ocp.N * nu);
  const size = new Float64Array(nu);
  let p = new Float64Array(nx);
  ocp.terminalGradient(t.x[ocp.N], p);
  const later = [p];
  let cost = ocp.terminalCost(t.x[ocp.N]);
  let sum = Math.abs(cost);
  for (let k = ocp.N - 1; k >= 0; k--) {
    const [q, r] = [new Float64Array(nx), new Float64Array(nu)];
    ocp.stageGradient(t.x[k], t.u[k], k, q, r);
    const stage = ocp.stageCost(t.x[k], t.u[k], k);
    cost += stage;
    sum += Math.abs(stage);
    for (let i = 0; i < nu; i++) {
      const through = (p: Vec): number => p.reduce((s, v, j) => s + t.B[k][j * nu + i] * v, 0);
      gradient[k * nu + i] = r[i] + through(p);
      const most = later.reduce((most, p) => Math.max(most, Math.abs(through(p))), 0);
      size[i] = Math.max(size[i], Math.abs(r[i]) + most);
    }
    p = q.map((v, i) => p.reduce((s, w, j) => s + t.A[k][j * nx + i] * w, v));
    later.push(p);
  }
  return { gradient, size, cost, sum };
}

/**
 * All constraints of a problem along a trajectory: rows, the state box and the bounds of controls.
 *
 * @param range (nx) the largest |x| of each state
 */
export function constraintsAlong(ocp: Ocp, t: Along, range: Vec): Constraint[] {
  return [...rowConstraints(ocp, t, range), ...boxConstraints(ocp, t, range), ...bounds(ocp, t)];
}

function rowConstraints(ocp: Ocp, t: Along, range: Vec): Constraint[] {
  const { nx, nu } = ocp.dynamics;
  const none = new Float64Array(nu);
  return rowGroups(ocp).flatMap((group) => {
    const at = group.stages.map((k) => ({ k, ...evaluate(group, t.x[k], t.u[k] ?? none, k) }));
    const scales = Array.from({ length: group.count }, (_, i) =>
      at.reduce((most, { C, D, k }) => {
        let terms = 0;
        for (let j = 0; j < nx; j++) terms += Math.abs(C[i * nx + j]) * range[j];
        for (let j = 0; j < nu && k < ocp.N; j++) terms += Math.abs(D[i * nu + j] * t.u[k][j]);
        return Math.max(most, terms);
      }, 0),
    );
    return at.flatMap(({ k, c, C, D }) =>
      scales.map((scale, i) => {
        const gradient = (): Vec => {
          const out = pullBack(t, k, C.slice(i * nx, (i + 1) * nx));
          for (let j = 0; j < nu && k < ocp.N; j++) out[k * nu + j] += D[i * nu + j];
          return out;
        };
        return { value: c[i], scale, equality: group.equality, soft: penaltyOf(group.soft, i), gradient };
      }),
    );
  });
}

function evaluate(group: RowGroup, x: Vec, u: Vec, k: number): { c: Vec; C: Vec; D: Vec } {
  const c = new Float64Array(group.count);
  const C = new Float64Array(group.count * x.length);
  const D = new Float64Array(group.count * u.length);
  group.value(x, u, k, c);
  group.jacobian(x, u, k, C, D);
  return { c, C, D };
}

const NO_BOX = { index: [], lower: new Float64Array(0), upper: new Float64Array(0) };

function boxConstraints(ocp: Ocp, t: Along, range: Vec): Constraint[] {
  const { index, lower, upper } = ocp.stateBox ?? NO_BOX;
  return index.flatMap((i, j) =>
    [1, -1].flatMap((sign) => {
      return t.x.slice(1).flatMap((x, before): Constraint[] => {
        const bound = (sign > 0 ? lower : upper)[boundsOffset(lower, index.length, before + 1) + j];
        if (!Number.isFinite(bound)) return [];
        const value = sign * (x[i] - bound);
        const scale = Math.max(range[i], Math.abs(bound));
        const p = new Float64Array(x.length);
        p[i] = sign;
        const gradient = (): Vec => pullBack(t, before + 1, p);
        return [{ value, scale, equality: false, soft: penaltyOf(ocp.stateBox?.soft, j), gradient }];
      });
    }),
  );
}

function bounds({ N, uLower, uUpper }: Ocp, t: Along): Constraint[] {
  const nu = t.u[0].length;
  return t.u.flatMap((u, k) =>
    [...u].flatMap((v, i) =>
      [1, -1].flatMap((sign): Constraint[] => {
        const at = boundsOffset(uLower, nu, k) + i;
        const bound = sign > 0 ? uLower[at] : uUpper[at];
        if (!Number.isFinite(bound)) return [];
        const span = uUpper[at] - uLower[at];
        const scale = Number.isFinite(span) ? span : Math.abs(bound);
        const gradient = (): Vec => {
          const out = new Float64Array(N * nu);
          out[k * nu + i] = sign;
          return out;
        };
        return [{ value: sign * (v - bound), scale, equality: false, gradient }];
      }),
    ),
  );
}
