import { ConfigError, checkLength } from "../base/index.ts";
import { boundsOffset, rowStages } from "./constraint-layout.ts";
import type { Dynamics, Ocp, StateBox, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups, rowsOfGroup } from "./row-groups.ts";

/** Which components of the initial state are free, and by how much they may differ from the given one. */
export type FreeInitialState = {
  /** Components of x, distinct. */
  readonly index: readonly number[];
  /** (index.length) bounds of their change; infinite where missing. */
  readonly lower?: Vec;
  readonly upper?: Vec;
  /** (index.length) what a change d costs, weight / 2 d^2; nothing where missing. */
  readonly weight?: Vec;
};

/**
 * The same problem with some components of its initial state free: an estimate, the best place to begin, a
 * parameter that stays the same over the horizon (a state whose dynamics keep it).
 *
 * A stage comes before the others, in which controls of its own, d, change the given state, `x_1 = x_0 + E d`; from
 * there on all is as before, a stage later. Controls are [u; d]: u rests at zero in the first stage, d in all others, so
 * that each has its own size. Of a result, d is in `U[nu .. nu + index.length - 1]`, and states and controls of the
 * problem itself begin at stage 1.
 *
 * @throws ConfigError, ShapeError for components or bounds that do not fit
 */
export function withFreeInitialState(ocp: Ocp, free: FreeInitialState): Ocp {
  const { nx, nu } = ocp.dynamics;
  const { index } = free;
  const n = index.length;
  const weight = free.weight ?? new Float64Array(n);
  checkLength("weight", weight.length, n, "index.length");
  index.forEach((i, j) => {
    if (!(Number.isInteger(i) && i >= 0 && i < nx) || index.indexOf(i) !== j)
      throw new ConfigError(`index holds ${i}, expected distinct state indices in 0..${nx - 1}`);
  });
  const width = nu + n;
  const u = new Float64Array(nu);
  const r = new Float64Array(nu);
  const R = new Float64Array(nu * nu);
  const M = new Float64Array(nu * nx);
  const own = (v: Vec): Vec => {
    for (let i = 0; i < nu; i++) u[i] = v[i];
    return u;
  };
  return {
    N: ocp.N + 1,
    dynamics: laterDynamics(ocp.dynamics, index, width, own),
    ...laterBounds(ocp, free, width),
    stateBox: ocp.stateBox && laterBox(ocp.stateBox, ocp.N),
    angles: ocp.angles,
    rows: rowGroups(ocp).map((rows) => rowsOfGroup(laterRows(rows, ocp, width, own))),
    stageCost(x, v, k) {
      if (k > 0) return ocp.stageCost(x, own(v), k - 1);
      let cost = 0;
      for (let j = 0; j < n; j++) cost += 0.5 * weight[j] * v[nu + j] ** 2;
      return cost;
    },
    stageGradient(x, v, k, q, outR) {
      outR.fill(0);
      if (k === 0) {
        q.fill(0);
        for (let j = 0; j < n; j++) outR[nu + j] = weight[j] * v[nu + j];
        return;
      }
      ocp.stageGradient(x, own(v), k - 1, q, r);
      outR.set(r);
    },
    stageHessian(x, v, k, Q, outR, outM) {
      outR.fill(0);
      outM.fill(0);
      if (k === 0) {
        Q.fill(0);
        for (let j = nu; j < width; j++) outR[j * width + j] = weight[j - nu];
        return;
      }
      ocp.stageHessian(x, own(v), k - 1, Q, R, M);
      for (let i = 0; i < nu; i++) for (let j = 0; j < nu; j++) outR[i * width + j] = R[i * nu + j];
      outM.set(M);
    },
    terminalCost: (x) => ocp.terminalCost(x),
    terminalGradient: (x, q) => ocp.terminalGradient(x, q),
    terminalHessian: (x, Q) => ocp.terminalHessian(x, Q),
  };
}

function laterDynamics(
  dynamics: Dynamics,
  index: readonly number[],
  width: number,
  own: (v: Vec) => Vec,
): Dynamics {
  const { nx, nu } = dynamics;
  const B = new Float64Array(nx * nu);
  const H = new Float64Array((nx + nu) ** 2);
  return {
    nx,
    nu: width,
    step(x, v, k, out) {
      if (k > 0) return dynamics.step(x, own(v), k - 1, out);
      out.set(x);
      for (let j = 0; j < index.length; j++) out[index[j]] += v[nu + j];
    },
    jacobian(x, v, k, A, outB) {
      outB.fill(0);
      if (k === 0) {
        A.fill(0);
        for (let i = 0; i < nx; i++) A[i * nx + i] = 1;
        for (let j = 0; j < index.length; j++) outB[index[j] * width + nu + j] = 1;
        return;
      }
      dynamics.jacobian(x, own(v), k - 1, A, B);
      for (let i = 0; i < nx; i++) for (let j = 0; j < nu; j++) outB[i * width + j] = B[i * nu + j];
    },
    hessian:
      dynamics.hessian &&
      ((x, v, k, p, out) => {
        if (k === 0) return;
        dynamics.hessian!(x, own(v), k - 1, p, H.fill(0));
        addWider(H, nx + nu, out, nx + width);
      }),
  };
}

/** Adds a matrix (n, n) to the first rows and columns of one (m, m). */
function addWider(H: Vec, n: number, out: Vec, m: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * m + j] += H[i * n + j];
}

/** Bounds by stage: of the change, then the problem's own; what is not used rests at zero. */
function laterBounds(
  ocp: Ocp,
  { index, lower, upper }: FreeInitialState,
  width: number,
): Pick<Ocp, "uLower" | "uUpper"> {
  const { nu } = ocp.dynamics;
  const n = index.length;
  const [first, last] = [
    lower ?? new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    upper ?? new Float64Array(n).fill(Number.POSITIVE_INFINITY),
  ];
  checkLength("lower", first.length, n, "index.length");
  checkLength("upper", last.length, n, "index.length");
  const byStage = (change: Vec, bounds: Vec): Vec => {
    const out = new Float64Array((ocp.N + 1) * width);
    out.set(change, nu);
    for (let k = 0; k < ocp.N; k++) {
      const o = boundsOffset(bounds, nu, k);
      out.set(bounds.subarray(o, o + nu), (k + 1) * width);
    }
    return out;
  };
  return { uLower: byStage(first, ocp.uLower), uUpper: byStage(last, ocp.uUpper) };
}

/** The box a stage later; the new stage 1, where the free state is, has none. */
function laterBox(box: StateBox, N: number): StateBox {
  const nb = box.index.length;
  const byStage = (bounds: Vec, none: number): Vec => {
    const out = new Float64Array((N + 2) * nb).fill(none);
    for (let k = 1; k <= N; k++) {
      const o = boundsOffset(bounds, nb, k);
      out.set(bounds.subarray(o, o + nb), (k + 1) * nb);
    }
    return out;
  };
  const lower = byStage(box.lower, Number.NEGATIVE_INFINITY);
  return { ...box, lower, upper: byStage(box.upper, Number.POSITIVE_INFINITY) };
}

/** Rows a stage later; those of the state may now hold at stage 0 of the problem too. */
function laterRows(
  rows: RowGroup,
  { N, dynamics: { nx, nu } }: Ocp,
  width: number,
  own: (v: Vec) => Vec,
): RowGroup {
  const { controls } = rows;
  const read = (v: Vec): Vec => (controls ? own(v) : v);
  const D = new Float64Array(rows.count * (controls ? nu : 0));
  const H = new Float64Array((nx + nu) ** 2);
  return {
    ...rows,
    stages: rowStages(rows, N).map((k) => k + 1),
    value: (x, v, k, out) => rows.value(x, read(v), k - 1, out),
    jacobian(x, v, k, C, outD) {
      rows.jacobian(x, read(v), k - 1, C, D);
      outD.fill(0);
      for (let i = 0; i < D.length; i++) outD[Math.floor(i / nu) * width + (i % nu)] = D[i];
    },
    hessian:
      rows.hessian &&
      ((x, v, k, p, out) => {
        if (!controls) return rows.hessian!(x, v, k - 1, p, out);
        rows.hessian!(x, own(v), k - 1, p, H.fill(0));
        addWider(H, nx + nu, out, nx + width);
      }),
  };
}
