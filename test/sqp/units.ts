import { type Ocp, type RowGroup, rowGroups, rowsOfGroup, type Vec } from "../../src/ocp/index.ts";

/** What cost, rows and each state and control are multiplied by; a negative one mirrors it. */
export type ByUnit = { readonly cost: number; readonly row: number; readonly x: Vec; readonly u: Vec };

/** A problem without soft constraints and angles in other units; its solution is U times `u`, X times `x`. */
export function inUnits(ocp: Ocp, by: ByUnit): Ocp {
  const { cost, row, x: sx, u: su } = by;
  const [nx, nu] = [sx.length, su.length];
  const ownX = (x: Vec): Vec => x.map((v, i) => v / sx[i]);
  const ownU = (u: Vec): Vec => u.map((v, j) => v / su[j]);
  const divide = (out: Vec, unit: (i: number) => number): void =>
    out.forEach((v, i) => {
      out[i] = v / unit(i);
    });
  const z = (i: number): number => (i < nx ? sx[i] : su[i - nx]);
  /** Adds a Hessian of functions worth `out[i]` each in the new units. */
  const added = (n: number, hessian: (p: Vec, H: Vec) => void, p: Vec, H: Vec): void => {
    const own = new Float64Array(n * n);
    hessian(p, own);
    own.forEach((v, i) => {
      H[i] += v / z(Math.floor(i / n)) / z(i % n);
    });
  };
  const rows = ({ hessian, ...group }: RowGroup): RowGroup => ({
    ...group,
    value(x, u, k, out) {
      group.value(ownX(x), ownU(u), k, out);
      divide(out, () => 1 / row);
    },
    jacobian(x, u, k, C, D) {
      group.jacobian(ownX(x), ownU(u), k, C, D);
      divide(C, (i) => sx[i % nx] / row);
      divide(D, (i) => su[i % nu] / row);
    },
    hessian:
      hessian &&
      ((x, u, k, p, H) =>
        added(
          group.controls ? nx + nu : nx,
          (own, out) => hessian(ownX(x), ownU(u), k, own, out),
          p.map((v) => v * row),
          H,
        )),
  });
  const [uLower, uUpper] = sides(ocp.uLower, ocp.uUpper, su);
  const box = ocp.stateBox;
  const [lower, upper] = box
    ? sides(
        box.lower,
        box.upper,
        Float64Array.from(box.index, (i) => sx[i]),
      )
    : [];
  const { dynamics } = ocp;
  return {
    N: ocp.N,
    uLower,
    uUpper,
    stateBox: box && { ...box, lower: lower!, upper: upper! },
    rows: rowGroups(ocp).map((group) => rowsOfGroup(rows(group))),
    dynamics: {
      nx,
      nu,
      step(x, u, k, out) {
        dynamics.step(ownX(x), ownU(u), k, out);
        divide(out, (i) => 1 / sx[i]);
      },
      jacobian(x, u, k, A, B) {
        dynamics.jacobian(ownX(x), ownU(u), k, A, B);
        divide(A, (i) => sx[i % nx] / sx[Math.floor(i / nx)]);
        divide(B, (i) => su[i % nu] / sx[Math.floor(i / nu)]);
      },
      hessian:
        dynamics.hessian &&
        ((x, u, k, p, H) =>
          added(
            nx + nu,
            (own, out) => dynamics.hessian!(ownX(x), ownU(u), k, own, out),
            p.map((v, i) => v * sx[i]),
            H,
          )),
    },
    stageCost: (x, u, k) => cost * ocp.stageCost(ownX(x), ownU(u), k),
    stageGradient(x, u, k, q, r) {
      ocp.stageGradient(ownX(x), ownU(u), k, q, r);
      divide(q, (i) => sx[i] / cost);
      divide(r, (j) => su[j] / cost);
    },
    stageHessian(x, u, k, Q, R, M) {
      ocp.stageHessian(ownX(x), ownU(u), k, Q, R, M);
      divide(Q, (i) => (sx[Math.floor(i / nx)] * sx[i % nx]) / cost);
      divide(R, (i) => (su[Math.floor(i / nu)] * su[i % nu]) / cost);
      divide(M, (i) => (su[Math.floor(i / nx)] * sx[i % nx]) / cost);
    },
    terminalCost: (x) => cost * ocp.terminalCost(ownX(x)),
    terminalGradient(x, q) {
      ocp.terminalGradient(ownX(x), q);
      divide(q, (i) => sx[i] / cost);
    },
    terminalHessian(x, Q) {
      ocp.terminalHessian(ownX(x), Q);
      divide(Q, (i) => (sx[Math.floor(i / nx)] * sx[i % nx]) / cost);
    },
  };
}

/** Bounds in other units: where these are negative the upper one is the lower one. */
function sides(lower: Vec, upper: Vec, by: Vec): [Vec, Vec] {
  const of = (i: number): number => by[i % by.length];
  return [
    lower.map((v, i) => of(i) * (of(i) > 0 ? v : upper[i])),
    upper.map((v, i) => of(i) * (of(i) > 0 ? v : lower[i])),
  ];
}
