import type { Ocp } from "../ocp/index.ts";
import type { SqpWorkspace } from "./workspace.ts";

const STEP = 1e-4;

/** Adds `sum_i p_i d2 f_i / d(x,u)^2` of stage k to the blocks Q, R, M, with p the costate of stage k + 1. */
export function addDynamicsCurvature(ocp: Ocp, w: SqpWorkspace, k: number): void {
  const { nx, nu, curvature, stage, current } = w;
  const n = nx + nu;
  const p = w.costateStages[k + 1];
  curvature.fill(0);
  if (ocp.dynamics.hessian !== undefined) ocp.dynamics.hessian(current.x[k], current.u[k], k, p, curvature);
  else differenceDynamics(ocp, w, k, p);
  const Q = stage.Q[k];
  const R = stage.R[k];
  const M = stage.M[k];
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[i * nx + j] += curvature[i * n + j];
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) R[i * nu + j] += curvature[(nx + i) * n + nx + j];
    for (let j = 0; j < nx; j++) M[i * nx + j] += curvature[(nx + i) * n + j];
  }
}

/** The same sum by central differences of p'[A B], symmetrized. */
function differenceDynamics(ocp: Ocp, w: SqpWorkspace, k: number, p: Float64Array): void {
  const { nx, nu, curvature, scratchX, scratchU, current } = w;
  const n = nx + nu;
  const A1 = w.jacobianA.subarray(0, nx * nx);
  const A2 = w.jacobianA.subarray(nx * nx);
  const B1 = w.jacobianB.subarray(0, nx * nu);
  const B2 = w.jacobianB.subarray(nx * nu);
  scratchX.set(current.x[k]);
  scratchU.set(current.u[k]);
  for (let d = 0; d < n; d++) {
    const z = d < nx ? scratchX : scratchU;
    const at = d < nx ? d : d - nx;
    const z0 = z[at];
    const h = STEP * Math.max(1, Math.abs(z0));
    z[at] = z0 + h;
    ocp.dynamics.jacobian(scratchX, scratchU, k, A1, B1);
    z[at] = z0 - h;
    ocp.dynamics.jacobian(scratchX, scratchU, k, A2, B2);
    z[at] = z0;
    for (let j = 0; j < n; j++) {
      let s = 0;
      for (let i = 0; i < nx; i++) {
        s += p[i] * (j < nx ? A1[i * nx + j] - A2[i * nx + j] : B1[i * nu + j - nx] - B2[i * nu + j - nx]);
      }
      const half = s / (4 * h);
      curvature[d * n + j] += half;
      curvature[j * n + d] += half;
    }
  }
}

/** Subtracts `sum_i y_i d2 c_i / dx^2` of the rows of stage k from Q, with y the current multipliers. */
export function addRowCurvature(ocp: Ocp, w: SqpWorkspace, k: number): void {
  const { nx, nc, m, Y, rowMultipliers, curvature } = w;
  if (nc === 0) return;
  let any = 0;
  for (let i = 0; i < nc; i++) {
    rowMultipliers[i] = Y[k * m + i];
    any = Math.max(any, rowMultipliers[i]);
  }
  if (any <= 1e-9) return;
  for (let i = 0; i < nx * nx; i++) curvature[i] = 0;
  const rows = ocp.rows!;
  if (rows.hessian !== undefined) rows.hessian(w.current.x[k], k, rowMultipliers, curvature);
  else differenceRows(ocp, w, k);
  const Q = w.stage.Q[k];
  for (let i = 0; i < nx * nx; i++) Q[i] -= curvature[i];
}

function differenceRows(ocp: Ocp, w: SqpWorkspace, k: number): void {
  const { nx, nc, curvature, scratchX, rowMultipliers } = w;
  const high = w.jacobianC.subarray(0, nc * nx);
  const low = w.jacobianC.subarray(nc * nx);
  scratchX.set(w.current.x[k]);
  for (let d = 0; d < nx; d++) {
    const x0 = scratchX[d];
    const h = STEP * Math.max(1, Math.abs(x0));
    scratchX[d] = x0 + h;
    ocp.rows!.jacobian(scratchX, k, high);
    scratchX[d] = x0 - h;
    ocp.rows!.jacobian(scratchX, k, low);
    scratchX[d] = x0;
    for (let j = 0; j < nx; j++) {
      let s = 0;
      for (let i = 0; i < nc; i++) s += rowMultipliers[i] * (high[i * nx + j] - low[i * nx + j]);
      const half = s / (4 * h);
      curvature[d * nx + j] += half;
      curvature[j * nx + d] += half;
    }
  }
}
