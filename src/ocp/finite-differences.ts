import {
  argumentSize,
  type CentralDifferences,
  createCentralDifferences,
  differenceColumns,
} from "./central-differences.ts";
import type { ControlRows, Dynamics, Ocp, Rows, StateRows, Vec } from "./ocp.ts";
import { rowList } from "./row-groups.ts";
import { checkRowFields } from "./validate.ts";

type ValuesOf<R extends Rows> = Omit<R, "jacobian"> & Partial<Pick<R, "jacobian">>;

/** {@link Rows} of which only the values need to be written. */
export type RowFunctions = ValuesOf<StateRows> | ValuesOf<ControlRows>;

/** An {@link Ocp} of which only the functions themselves need to be written. */
export type OcpFunctions = {
  readonly N: number;
  readonly dynamics: Pick<Dynamics, "nx" | "nu" | "step"> & Partial<Dynamics>;
  stageCost: Ocp["stageCost"];
  terminalCost: Ocp["terminalCost"];
  /** Missing bounds are infinite. */
  readonly uLower?: Vec;
  readonly uUpper?: Vec;
  readonly rows?: RowFunctions | readonly RowFunctions[];
} & Partial<Omit<Ocp, "N" | "dynamics" | "stageCost" | "terminalCost" | "uLower" | "uUpper" | "rows">>;

/** Share of an argument's size that balances rounding and truncation of a second difference. */
const SECOND = Number.EPSILON ** 0.25;

/**
 * Completes a problem with central finite differences wherever a derivative is missing; given
 * derivatives are kept, and a missing Hessian is differenced from a given gradient. The scratch is
 * allocated once, at this call. Methods of a class instance keep their `this`.
 *
 * Errors: first derivatives and differenced gradients about 1e-10, second differences about 1e-7,
 * relative to the scale of the function (steps eps^(1/3) and eps^(1/4) of an argument's size, which is max(1, |x|)
 * unless the function's response says otherwise: see `CentralDifferences`).
 *
 * @throws ConfigError where rows have a field that nobody reads
 */
export function withFiniteDifferences(problem: OcpFunctions): Ocp {
  checkRowFields(problem.rows);
  const { nx, nu } = problem.dynamics;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const dynamics = completeDynamics(problem.dynamics);
  const stage = (k: number): number => problem.stageCost(x, u, k);
  const terminal = (): number => problem.terminalCost(x);
  const [qScratch, rScratch] = [new Float64Array(nx), new Float64Array(nu)];
  const stageBy = { x: createCentralDifferences(nx, 1), u: createCentralDifferences(nu, 1) };
  const terminalBy = createCentralDifferences(nx, 1);
  const slopeBy = {
    x: createCentralDifferences(nx, nx + nu),
    u: createCentralDifferences(nu, nx + nu),
    last: createCentralDifferences(nx, nx),
  };
  return {
    N: problem.N,
    dynamics,
    stageCost: (x0, u0, k) => problem.stageCost(x0, u0, k),
    terminalCost: (x0) => problem.terminalCost(x0),
    rows: problem.rows && rowList(problem.rows).map((rows) => completeRows(rows, nx, nu)),
    stateBox: problem.stateBox,
    angles: problem.angles,
    uLower: problem.uLower ?? new Float64Array(nu).fill(Number.NEGATIVE_INFINITY),
    uUpper: problem.uUpper ?? new Float64Array(nu).fill(Number.POSITIVE_INFINITY),
    stageGradient(x0, u0, k, q, r) {
      if (problem.stageGradient !== undefined) return problem.stageGradient(x0, u0, k, q, r);
      x.set(x0);
      u.set(u0);
      const f = (out: Vec): void => {
        out[0] = problem.stageCost(x, u, k);
      };
      jacobianColumns(f, x, k, stageBy.x, q);
      jacobianColumns(f, u, k, stageBy.u, r);
    },
    stageHessian(x0, u0, k, Q, R, M) {
      if (problem.stageHessian !== undefined) return problem.stageHessian(x0, u0, k, Q, R, M);
      x.set(x0);
      u.set(u0);
      if (problem.stageGradient !== undefined) {
        const slope = (out: Vec): void => {
          problem.stageGradient!(x, u, k, qScratch, rScratch);
          out.set(qScratch);
          out.set(rScratch, nx);
        };
        differenceColumns(slopeBy.x, slope, x, k, (j, column) => {
          for (let i = 0; i < nx; i++) Q[i * nx + j] = column[i];
          for (let i = 0; i < nu; i++) M[i * nx + j] = column[nx + i];
        });
        differenceColumns(slopeBy.u, slope, u, k, (j, column) => {
          for (let i = 0; i < nu; i++) R[i * nu + j] = column[nx + i];
        });
        symmetrize(Q, nx);
        symmetrize(R, nu);
        return;
      }
      const f = (): number => stage(k);
      hessianBlock(f, x, x, stageBy.x, stageBy.x, Q);
      hessianBlock(f, u, u, stageBy.u, stageBy.u, R);
      hessianBlock(f, u, x, stageBy.u, stageBy.x, M);
    },
    terminalGradient(x0, q) {
      if (problem.terminalGradient !== undefined) return problem.terminalGradient(x0, q);
      x.set(x0);
      const f = (out: Vec): void => {
        out[0] = problem.terminalCost(x);
      };
      jacobianColumns(f, x, 0, terminalBy, q);
    },
    terminalHessian(x0, Q) {
      if (problem.terminalHessian !== undefined) return problem.terminalHessian(x0, Q);
      x.set(x0);
      if (problem.terminalGradient !== undefined) {
        jacobianColumns((out) => problem.terminalGradient!(x, out), x, 0, slopeBy.last, Q);
        symmetrize(Q, nx);
        return;
      }
      hessianBlock(terminal, x, x, terminalBy, terminalBy, Q);
    },
  };
}

function completeDynamics(given: OcpFunctions["dynamics"]): Dynamics {
  if (given.jacobian !== undefined) return given as Dynamics;
  const { nx, nu } = given;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const [byX, byU] = [createCentralDifferences(nx, nx), createCentralDifferences(nu, nx)];
  // Differences are zero or one up to rounding only: a declared sparsity is dropped.
  return {
    nx,
    nu,
    step: (x1, u1, k, out) => given.step(x1, u1, k, out),
    hessian: given.hessian === undefined ? undefined : (x1, u1, k, p, H) => given.hessian!(x1, u1, k, p, H),
    jacobian(x0, u0, k, A, B) {
      x.set(x0);
      u.set(u0);
      const f = (out: Vec): void => given.step(x, u, k, out);
      jacobianColumns(f, x, k, byX, A);
      jacobianColumns(f, u, k, byU, B);
    },
  };
}

function completeRows(given: RowFunctions, nx: number, nu: number): Rows {
  if (given.jacobian !== undefined) return given as Rows;
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  const [byX, byU] = [createCentralDifferences(nx, given.count), createCentralDifferences(nu, given.count)];
  const { count, kind, stages, soft } = given;
  if (given.controls === true) {
    return {
      ...{ count, kind, stages, soft },
      controls: true,
      value: (x1, u1, k, out) => given.value(x1, u1, k, out),
      hessian: given.hessian && ((x1, u1, k, p, H) => given.hessian!(x1, u1, k, p, H)),
      jacobian(x0, u0, k, C, D) {
        x.set(x0);
        u.set(u0);
        const f = (out: Vec): void => given.value(x, u, k, out);
        jacobianColumns(f, x, k, byX, C);
        jacobianColumns(f, u, k, byU, D);
      },
    };
  }
  return {
    ...{ count, kind, stages, soft },
    value: (x1, k, out) => given.value(x1, k, out),
    hessian: given.hessian && ((x1, k, p, H) => given.hessian!(x1, k, p, H)),
    jacobian(x0, k, C) {
      x.set(x0);
      jacobianColumns((out) => given.value(x, k, out), x, k, byX, C);
    },
  };
}

/** J (m, n) = df/dz by central differences; z is restored. */
function jacobianColumns(f: (out: Vec) => void, z: Vec, k: number, by: CentralDifferences, J: Vec): void {
  const n = z.length;
  differenceColumns(by, f, z, k, (j, slope) => {
    for (let i = 0; i < slope.length; i++) J[i * n + j] = slope[i];
  });
}

function symmetrize(H: Vec, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = 0.5 * (H[i * n + j] + H[j * n + i]);
      H[i * n + j] = mean;
      H[j * n + i] = mean;
    }
  }
}

/**
 * H (rows.length, cols.length) = d2f / drows dcols; `rows === cols` gives a symmetric block.
 * Sizes are those that the first differences found.
 */
function hessianBlock(
  f: () => number,
  rows: Vec,
  cols: Vec,
  byRows: CentralDifferences,
  byCols: CentralDifferences,
  H: Vec,
): void {
  const n = cols.length;
  const same = rows === cols;
  const f0 = same ? f() : 0;
  for (let i = 0; i < rows.length; i++) {
    const a = rows[i];
    const hi = SECOND * argumentSize(byRows, i, a);
    for (let j = same ? i : 0; j < n; j++) {
      let second: number;
      if (same && i === j) {
        rows[i] = a + hi;
        const high = f();
        rows[i] = a - hi;
        second = (high - 2 * f0 + f()) / (hi * hi);
        rows[i] = a;
      } else {
        const b = cols[j];
        const hj = SECOND * argumentSize(byCols, j, b);
        rows[i] = a + hi;
        cols[j] = b + hj;
        const pp = f();
        cols[j] = b - hj;
        const pm = f();
        rows[i] = a - hi;
        const mm = f();
        cols[j] = b + hj;
        second = (pp - pm - f() + mm) / (4 * hi * hj);
        rows[i] = a;
        cols[j] = b;
      }
      H[i * n + j] = second;
      if (same) H[j * n + i] = second;
    }
  }
}
