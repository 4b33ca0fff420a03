import type { Dynamics, Ocp, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups, rowsOfGroup } from "./row-groups.ts";

/**
 * The same problem with a longer state [x; z]: costs, rows and state box read x alone, the dynamics of both are
 * given. What changes or costs z is added to what this returns.
 *
 * @param dynamics of [x; z], nx + nz states; the problem's own are not used
 */
export function liftState(ocp: Ocp, dynamics: Dynamics): Ocp {
  const { nx, nu } = ocp.dynamics;
  const n = dynamics.nx;
  const x = new Float64Array(nx);
  const q = new Float64Array(nx);
  const Q = new Float64Array(nx * nx);
  const M = new Float64Array(nu * nx);
  const head = (v: Vec): Vec => {
    for (let i = 0; i < nx; i++) x[i] = v[i];
    return x;
  };
  const putGradient = (out: Vec): void => {
    out.fill(0);
    out.set(q);
  };
  return {
    N: ocp.N,
    dynamics,
    uLower: ocp.uLower,
    uUpper: ocp.uUpper,
    stateBox: ocp.stateBox,
    angles: ocp.angles,
    rows: rowGroups(ocp).map((rows) => rowsOfGroup(liftRows(rows, nx, nu, n, head))),
    stageCost: (v, u, k) => ocp.stageCost(head(v), u, k),
    stageGradient(v, u, k, out, r) {
      ocp.stageGradient(head(v), u, k, q, r);
      putGradient(out);
    },
    stageHessian(v, u, k, out, R, outM) {
      ocp.stageHessian(head(v), u, k, Q, R, M);
      putBlock(Q, nx, out.fill(0), n);
      putBlock(M, nx, outM.fill(0), n);
    },
    terminalCost: (v) => ocp.terminalCost(head(v)),
    terminalGradient(v, out) {
      ocp.terminalGradient(head(v), q);
      putGradient(out);
    },
    terminalHessian(v, out) {
      ocp.terminalHessian(head(v), Q);
      putBlock(Q, nx, out.fill(0), n);
    },
  };
}

/** Copies the rows of a matrix of `from` columns into the first columns of one of `to`. */
function putBlock(block: Vec, from: number, out: Vec, to: number): void {
  for (let i = 0; i < block.length; i++) out[Math.floor(i / from) * to + (i % from)] = block[i];
}

function liftRows(rows: RowGroup, nx: number, nu: number, n: number, head: (v: Vec) => Vec): RowGroup {
  const C = new Float64Array(rows.count * nx);
  const extra = rows.controls ? nu : 0;
  const H = new Float64Array((nx + extra) ** 2);
  return {
    ...rows,
    value: (v, u, k, out) => rows.value(head(v), u, k, out),
    jacobian(v, u, k, out, D) {
      rows.jacobian(head(v), u, k, C, D);
      putBlock(C, nx, out.fill(0), n);
    },
    hessian:
      rows.hessian &&
      ((v, u, k, p, out) => {
        rows.hessian!(head(v), u, k, p, H.fill(0));
        const place = (i: number): number => (i < nx ? i : i - nx + n);
        for (let i = 0; i < nx + extra; i++)
          for (let j = 0; j < nx + extra; j++)
            out[place(i) * (n + extra) + place(j)] += H[i * (nx + extra) + j];
      }),
  };
}
