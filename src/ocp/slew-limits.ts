import { checkLength } from "../base/index.ts";
import { liftState } from "./lift-state.ts";
import type { ControlRows, Dynamics, Ocp, SoftPenalty, Vec } from "./ocp.ts";
import { rowList } from "./row-groups.ts";

/** How fast controls may change. */
export type SlewLimits = {
  /** (nu) largest |u_k - u_{k-1}| of each control; Infinity where there is none. */
  readonly rate: Vec;
  /**
   * First stage whose control is held to the one before it: 0 where missing, 1 to leave the first control alone, 2
   * after {@link withFreeFinalTime} or {@link withFreeInitialState}, whose first controls are none.
   */
  readonly from?: number;
  /** Without a penalty the limits are hard. */
  readonly soft?: SoftPenalty;
};

/**
 * The same problem with `|u_k - u_{k-1}| <= rate`: the last control becomes part of the state, [x; u_{k-1}], and the
 * limits are two rows of each limited control. A solve starts at [x0; the control that is applied just now].
 *
 * @throws ShapeError for rates of another length
 */
export function withSlewLimits(ocp: Ocp, { rate, from = 0, soft }: SlewLimits): Ocp {
  const { nx, nu } = ocp.dynamics;
  checkLength("rate", rate.length, nu, "nu");
  const lifted = liftState(ocp, rememberControl(ocp.dynamics));
  const limited = [...rate.keys()].filter((i) => rate[i] < Number.POSITIVE_INFINITY);
  const rows: ControlRows = {
    count: 2 * limited.length,
    controls: true,
    stages: Array.from({ length: Math.max(0, ocp.N - from) }, (_, i) => from + i),
    soft,
    value(v, u, _k, out) {
      limited.forEach((i, j) => {
        const change = u[i] - v[nx + i];
        out[2 * j] = rate[i] - change;
        out[2 * j + 1] = rate[i] + change;
      });
    },
    jacobian(_v, _u, _k, C, D) {
      C.fill(0);
      D.fill(0);
      limited.forEach((i, j) => {
        for (const [row, sign] of [
          [2 * j, 1],
          [2 * j + 1, -1],
        ]) {
          C[row * (nx + nu) + nx + i] = sign;
          D[row * nu + i] = -sign;
        }
      });
    },
    hessian: () => {},
  };
  return { ...lifted, rows: [...rowList(lifted.rows), rows] };
}

/** Dynamics of [x; the control before]. */
function rememberControl(dynamics: Dynamics): Dynamics {
  const { nx, nu, sparsity } = dynamics;
  const n = nx + nu;
  const x = new Float64Array(nx);
  const next = new Float64Array(nx);
  const A = new Float64Array(nx * nx);
  const B = new Float64Array(nx * nu);
  const H = new Float64Array(n * n);
  const costate = new Float64Array(nx);
  const head = (v: Vec, out: Vec): Vec => {
    for (let i = 0; i < nx; i++) out[i] = v[i];
    return out;
  };
  const row = (length: number, of: (j: number) => string): string =>
    Array.from({ length }, (_, j) => of(j)).join("");
  const any = (rows: readonly string[] | undefined, i: number, width: number): string =>
    rows?.[i] ?? "*".repeat(width);
  return {
    nx: n,
    nu,
    sparsity: {
      A: Array.from({ length: n }, (_, i) =>
        i < nx ? any(sparsity?.A, i, nx) + "0".repeat(nu) : "0".repeat(n),
      ),
      B: Array.from({ length: n }, (_, i) =>
        i < nx ? any(sparsity?.B, i, nu) : row(nu, (j) => (j === i - nx ? "1" : "0")),
      ),
    },
    step(v, u, k, out) {
      dynamics.step(head(v, x), u, k, next);
      out.set(next);
      for (let i = 0; i < nu; i++) out[nx + i] = u[i];
    },
    jacobian(v, u, k, outA, outB) {
      dynamics.jacobian(head(v, x), u, k, A, B);
      outA.fill(0);
      outB.fill(0);
      for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) outA[i * n + j] = A[i * nx + j];
      outB.set(B);
      for (let i = 0; i < nu; i++) outB[(nx + i) * nu + i] = 1;
    },
    hessian:
      dynamics.hessian &&
      ((v, u, k, p, out) => {
        dynamics.hessian!(head(v, x), u, k, head(p, costate), H.fill(0));
        const place = (i: number): number => (i < nx ? i : i + nu);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) out[place(i) * (n + nu) + place(j)] += H[i * n + j];
      }),
  };
}
