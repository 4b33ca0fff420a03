import { createRequire } from "node:module";
import type { Qp } from "../../src/qp/qp.ts";

const require = createRequire(import.meta.url);

/** What an oracle says: controls, states, the optimal value, multipliers of the rows where it has them. */
export type OracleSolution = {
  readonly dU: Float64Array;
  readonly dX: Float64Array;
  readonly value: number;
  readonly rows: Float64Array | undefined;
};

/** Objective of a QP at controls dU: states by the dynamics, slacks at their least value. */
export function qpObjective(qp: Qp, dU: Float64Array): { value: number; dX: Float64Array } {
  const { N, nx, nu, nc, nb, boxIndex } = qp.shape;
  const dX = new Float64Array((N + 1) * nx);
  const penalty = (g: number, linear: number, quadratic: number): number => {
    const s = Math.max(0, -g);
    return linear * s + 0.5 * quadratic * s * s;
  };
  let value = 0;
  for (let k = 0; k <= N; k++) {
    const x = dX.subarray(k * nx, (k + 1) * nx);
    for (let i = 0; i < nx; i++) {
      if (k > 0) {
        for (let j = 0; j < nx; j++) x[i] += qp.A[((k - 1) * nx + i) * nx + j] * dX[(k - 1) * nx + j];
        for (let j = 0; j < nu; j++) x[i] += qp.B[((k - 1) * nx + i) * nu + j] * dU[(k - 1) * nu + j];
      }
    }
    for (let i = 0; i < nx; i++) {
      value += qp.q[k * nx + i] * x[i];
      for (let j = 0; j < nx; j++) value += 0.5 * qp.Q[(k * nx + i) * nx + j] * x[i] * x[j];
    }
    if (k < N) {
      const u = dU.subarray(k * nu, (k + 1) * nu);
      for (let i = 0; i < nu; i++) {
        value += qp.r[k * nu + i] * u[i];
        for (let j = 0; j < nu; j++) value += 0.5 * qp.R[(k * nu + i) * nu + j] * u[i] * u[j];
        for (let j = 0; j < nx; j++) value += qp.M[(k * nu + i) * nx + j] * u[i] * x[j];
      }
    }
    if (k === 0) continue;
    for (let j = 0; j < nb; j++) {
      const { boxLinear, boxQuadratic } = qp.penalty;
      value += penalty(x[boxIndex[j]] - qp.xLower[k * nb + j], boxLinear, boxQuadratic);
      value += penalty(qp.xUpper[k * nb + j] - x[boxIndex[j]], boxLinear, boxQuadratic);
    }
    for (let j = 0; j < nc; j++) {
      let g = qp.c[k * nc + j];
      for (let i = 0; i < nx; i++) g += qp.C[(k * nc + j) * nx + i] * x[i];
      value += penalty(g, qp.penalty.rowLinear, qp.penalty.rowQuadratic);
    }
  }
  return { value, dX };
}

/** One soft inequality of the dense problem: a'dU + b + s >= 0. */
type DenseRow = { a: Float64Array; b: number; linear: number; quadratic: number; row: number };

/** The QP condensed to dU: Hessian H, gradient h, and its soft rows. Independent of any Riccati code. */
export function condense(qp: Qp): { H: Float64Array; h: Float64Array; rows: DenseRow[] } {
  const { N, nx, nu, nc, nb, boxIndex } = qp.shape;
  const n = N * nu;
  // S (nx, n): dx_k = S dU, advanced stage by stage.
  let S = new Float64Array(nx * n);
  const H = new Float64Array(n * n);
  const h = new Float64Array(n);
  const rows: DenseRow[] = [];
  for (let k = 0; k <= N; k++) {
    if (k > 0) {
      const next = new Float64Array(nx * n);
      for (let i = 0; i < nx; i++) {
        for (let c = 0; c < n; c++) {
          for (let j = 0; j < nx; j++) next[i * n + c] += qp.A[((k - 1) * nx + i) * nx + j] * S[j * n + c];
        }
        for (let j = 0; j < nu; j++) {
          next[i * n + (k - 1) * nu + j] += qp.B[((k - 1) * nx + i) * nu + j];
        }
      }
      S = next;
    }
    for (let i = 0; i < nx; i++) {
      const QS = new Float64Array(n);
      for (let j = 0; j < nx; j++) {
        for (let c = 0; c < n; c++) QS[c] += qp.Q[(k * nx + i) * nx + j] * S[j * n + c];
      }
      for (let c = 0; c < n; c++) {
        h[c] += qp.q[k * nx + i] * S[i * n + c];
        for (let d = 0; d < n; d++) H[c * n + d] += S[i * n + c] * QS[d];
      }
    }
    if (k < N) {
      for (let i = 0; i < nu; i++) {
        const at = k * nu + i;
        h[at] += qp.r[at];
        for (let j = 0; j < nu; j++) H[at * n + k * nu + j] += qp.R[at * nu + j];
        for (let j = 0; j < nx; j++) {
          for (let c = 0; c < n; c++) {
            H[at * n + c] += qp.M[at * nx + j] * S[j * n + c];
            H[c * n + at] += qp.M[at * nx + j] * S[j * n + c];
          }
        }
      }
    }
    if (k === 0) continue;
    const { rowLinear, rowQuadratic, boxLinear, boxQuadratic } = qp.penalty;
    for (let j = 0; j < nb; j++) {
      const s = S.slice(boxIndex[j] * n, (boxIndex[j] + 1) * n);
      const box = { linear: boxLinear, quadratic: boxQuadratic, row: -1 };
      if (qp.xLower[k * nb + j] > -Infinity) rows.push({ a: s, b: -qp.xLower[k * nb + j], ...box });
      if (qp.xUpper[k * nb + j] < Infinity)
        rows.push({ a: s.map((v) => -v), b: qp.xUpper[k * nb + j], ...box });
    }
    for (let j = 0; j < nc; j++) {
      const a = new Float64Array(n);
      for (let i = 0; i < nx; i++) {
        for (let c = 0; c < n; c++) a[c] += qp.C[(k * nc + j) * nx + i] * S[i * n + c];
      }
      rows.push({ a, b: qp.c[k * nc + j], linear: rowLinear, quadratic: rowQuadratic, row: k * nc + j });
    }
  }
  return { H, h, rows };
}

/** Solves a QP with quadprog (Goldfarb-Idnani active set) in its condensed form; needs quadratic penalties > 0. */
export function solveWithQuadprog(qp: Qp): OracleSolution {
  const { solveQP } = require("quadprog") as {
    solveQP(
      D: number[][],
      d: number[],
      A: number[][],
      b: number[],
    ): {
      solution: number[];
      Lagrangian: number[];
      message: string;
    };
  };
  const { N, nu, nc } = qp.shape;
  const n = N * nu;
  const { H, h, rows } = condense(qp);
  const size = n + rows.length;
  // Columns of constraints a'z >= b; quadprog counts from 1.
  const columns: { a: [number, number][]; b: number }[] = [];
  for (let i = 0; i < n; i++) {
    if (qp.uLower[i] > -Infinity) columns.push({ a: [[i, 1]], b: qp.uLower[i] });
    if (qp.uUpper[i] < Infinity) columns.push({ a: [[i, -1]], b: -qp.uUpper[i] });
  }
  const firstRow = columns.length;
  rows.forEach((row, j) => {
    const a = Array.from(row.a, (value, i): [number, number] => [i, value]);
    columns.push({ a: [...a, [n + j, 1]], b: -row.b });
  });
  rows.forEach((_, j) => {
    columns.push({ a: [[n + j, 1]], b: 0 });
  });
  const D = matrix(size, size);
  const d = new Array<number>(size + 1).fill(0);
  for (let i = 0; i < n; i++) {
    d[i + 1] = -h[i];
    for (let j = 0; j < n; j++) D[i + 1][j + 1] = H[i * n + j];
  }
  rows.forEach((row, j) => {
    D[n + j + 1][n + j + 1] = row.quadratic;
    d[n + j + 1] = -row.linear;
  });
  const A = matrix(size, columns.length);
  const b = new Array<number>(columns.length + 1).fill(0);
  columns.forEach((column, j) => {
    for (const [i, value] of column.a) A[i + 1][j + 1] = value;
    b[j + 1] = column.b;
  });
  const result = solveQP(D, d, A, b);
  if (result.message !== "") throw new Error(`quadprog: ${result.message}`);
  const dU = Float64Array.from(result.solution.slice(1, n + 1));
  const multipliers = new Float64Array((N + 1) * nc);
  rows.forEach((row, j) => {
    if (row.row >= 0) multipliers[row.row] = result.Lagrangian[firstRow + j + 1];
  });
  return { dU, ...qpObjective(qp, dU), rows: multipliers };
}

function matrix(rows: number, columns: number): number[][] {
  return Array.from({ length: rows + 1 }, () => new Array<number>(columns + 1).fill(0));
}

/** Solves a QP with HiGHS, handed over as LP-format text in dX, dU and slacks (nothing eliminated). */
export async function solveWithHighs(qp: Qp): Promise<OracleSolution> {
  const load = require("highs") as () => Promise<{
    solve(problem: string, options?: object): { Status: string; Columns: Record<string, { Primal: number }> };
  }>;
  const highs = await load();
  const { N, nu } = qp.shape;
  const result = highs.solve(lpFormat(qp), {
    primal_feasibility_tolerance: 1e-9,
    dual_feasibility_tolerance: 1e-9,
  });
  if (result.Status !== "Optimal") throw new Error(`highs: ${result.Status}`);
  const dU = Float64Array.from({ length: N * nu }, (_, i) => result.Columns[`u${i}`].Primal);
  return { dU, ...qpObjective(qp, dU), rows: undefined };
}

/** CPLEX LP format of a QP. */
function lpFormat(qp: Qp): string {
  const { N, nx, nu, nc, nb, boxIndex } = qp.shape;
  const linear: string[] = [];
  const quadratic: string[] = [];
  const rows: string[] = [];
  const bounds: string[] = [];
  const term = (value: number, name: string): string => `${value < 0 ? "-" : "+"} ${Math.abs(value)} ${name}`;
  const soft = (name: string, terms: string, bound: number, z: number, Z: number): void => {
    rows.push(`${terms} + ${name} >= ${bound}`);
    linear.push(term(z, name));
    if (Z !== 0) quadratic.push(term(Z, `${name} ^ 2`));
  };
  for (let i = 0; i < N * nu; i++) {
    bounds.push(`${infinite(qp.uLower[i])} <= u${i} <= ${infinite(qp.uUpper[i])}`);
    linear.push(term(qp.r[i], `u${i}`));
  }
  for (let k = 0; k <= N; k++) {
    for (let i = 0; i < nx; i++) {
      const xi = k * nx + i;
      bounds.push(k === 0 ? `x${xi} = 0` : `x${xi} free`);
      if (k === 0) continue;
      linear.push(term(qp.q[xi], `x${xi}`));
      for (let j = 0; j <= i; j++) {
        const value = qp.Q[xi * nx + j];
        if (value === 0) continue;
        quadratic.push(i === j ? term(value, `x${xi} ^ 2`) : term(2 * value, `x${xi} * x${k * nx + j}`));
      }
      let row = `x${xi}`;
      for (let j = 0; j < nx; j++)
        row += ` ${term(-qp.A[((k - 1) * nx + i) * nx + j], `x${(k - 1) * nx + j}`)}`;
      for (let j = 0; j < nu; j++)
        row += ` ${term(-qp.B[((k - 1) * nx + i) * nu + j], `u${(k - 1) * nu + j}`)}`;
      rows.push(`${row} = 0`);
    }
    if (k < N) {
      for (let i = 0; i < nu; i++) {
        const ui = k * nu + i;
        for (let j = 0; j <= i; j++) {
          const value = qp.R[ui * nu + j];
          quadratic.push(i === j ? term(value, `u${ui} ^ 2`) : term(2 * value, `u${ui} * u${k * nu + j}`));
        }
        if (k === 0) continue;
        for (let j = 0; j < nx; j++) quadratic.push(term(2 * qp.M[ui * nx + j], `u${ui} * x${k * nx + j}`));
      }
    }
    if (k === 0) continue;
    const p = qp.penalty;
    for (let j = 0; j < nb; j++) {
      const at = k * nb + j;
      const x = `x${k * nx + boxIndex[j]}`;
      if (qp.xLower[at] > -Infinity) soft(`l${at}`, `1 ${x}`, qp.xLower[at], p.boxLinear, p.boxQuadratic);
      if (qp.xUpper[at] < Infinity) soft(`h${at}`, `-1 ${x}`, -qp.xUpper[at], p.boxLinear, p.boxQuadratic);
    }
    for (let j = 0; j < nc; j++) {
      const at = k * nc + j;
      let terms = "";
      for (let i = 0; i < nx; i++) terms += ` ${term(qp.C[at * nx + i], `x${k * nx + i}`)}`;
      soft(`s${at}`, terms, -qp.c[at], p.rowLinear, p.rowQuadratic);
    }
  }
  const wrap = (items: string[]): string => items.join("\n ");
  return `Minimize\n obj: ${wrap(linear)} + [ ${wrap(quadratic)} ] / 2\nSubject To\n ${rows.join("\n ")}\nBounds\n ${bounds.join("\n ")}\nEnd\n`;
}

function infinite(value: number): string {
  return value === Infinity ? "+inf" : value === -Infinity ? "-inf" : `${value}`;
}
