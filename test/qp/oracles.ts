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

/** Value of a row of stage k. */
export function valueOfRow(qp: Qp, k: number, row: number, dX: Float64Array, dU: Float64Array): number {
  const { nx, nu, controlRow } = qp.shape;
  const d = controlRow[row] * nu;
  const ofState = qp.C.subarray(row * nx, (row + 1) * nx).reduce(
    (s, v, i) => s + v * dX[k * nx + i],
    qp.c[row],
  );
  return d < 0 ? ofState : qp.D.subarray(d, d + nu).reduce((s, v, i) => s + v * dU[k * nu + i], ofState);
}

/** Objective of a QP at controls dU: states by the dynamics, slacks at their least value. */
export function qpObjective(qp: Qp, dU: Float64Array): { value: number; dX: Float64Array } {
  const { N, nx, nu, nb, boxIndex, rowStart, equality } = qp.shape;
  const dX = new Float64Array((N + 1) * nx);
  const penalty = (g: number, linear: number, quadratic: number): number => {
    const s = Math.max(0, -g);
    return linear === Infinity ? 0 : linear * s + 0.5 * quadratic * s * s;
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
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      const g = valueOfRow(qp, k, row, dX, dU);
      value += penalty(
        equality[row] ? -Math.abs(g) : g,
        qp.weights.rowLinear[row],
        qp.weights.rowQuadratic[row],
      );
    }
    for (let at = k * nb; k > 0 && at < (k + 1) * nb; at++) {
      const v = x[boxIndex[at - k * nb]];
      const { boxLinear, boxQuadratic } = qp.weights;
      value += penalty(v - qp.xLower[at], boxLinear[at], boxQuadratic[at]);
      value += penalty(qp.xUpper[at] - v, boxLinear[at], boxQuadratic[at]);
    }
  }
  return { value, dX };
}

/** A row of the dense problem: g = a'dU + b with g + s >= 0, or |g| <= s; s = 0 where linear is Infinity. */
type DenseRow = {
  a: Float64Array;
  b: number;
  linear: number;
  quadratic: number;
  row: number;
  equality: boolean;
};

/** The QP condensed to dU: Hessian H, gradient h, and its soft rows. Independent of any Riccati code. */
export function condense(qp: Qp): { H: Float64Array; h: Float64Array; rows: DenseRow[] } {
  const { N, nx, nu, nb, boxIndex, rowStart, controlRow } = qp.shape;
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
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      const a = new Float64Array(n);
      for (let i = 0; i < nx; i++) {
        for (let c = 0; c < n; c++) a[c] += qp.C[row * nx + i] * S[i * n + c];
      }
      const d = controlRow[row];
      for (let i = 0; d >= 0 && i < nu; i++) a[k * nu + i] += qp.D[d * nu + i];
      const weights = { linear: qp.weights.rowLinear[row], quadratic: qp.weights.rowQuadratic[row] };
      rows.push({ a, b: qp.c[row], ...weights, row, equality: qp.shape.equality[row] === 1 });
    }
    for (let at = k * nb; k > 0 && at < (k + 1) * nb; at++) {
      const i = boxIndex[at - k * nb];
      const s = S.slice(i * n, (i + 1) * n);
      const { boxLinear, boxQuadratic } = qp.weights;
      const box = { linear: boxLinear[at], quadratic: boxQuadratic[at], row: -1, equality: false };
      if (qp.xLower[at] > -Infinity) rows.push({ a: s, b: -qp.xLower[at], ...box });
      if (qp.xUpper[at] < Infinity) rows.push({ a: s.map((v) => -v), b: qp.xUpper[at], ...box });
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
      equalities: number,
    ): {
      solution: number[];
      Lagrangian: number[];
      message: string;
    };
  };
  const { N, nu, nr } = qp.shape;
  const n = N * nu;
  const { H, h, rows } = condense(qp);
  const soft = rows.filter((row) => row.linear < Infinity);
  const size = n + soft.length;
  // Columns of constraints a'z >= b; quadprog counts from 1.
  const columns: { a: [number, number][]; b: number }[] = [];
  const of: { row: DenseRow; sign: number; column: number }[] = [];
  const add = (row: DenseRow, sign: 1 | -1): void => {
    of.push({ row, sign, column: columns.length });
    const a = Array.from(row.a, (value, i): [number, number] => [i, sign * value]);
    if (row.linear < Infinity) a.push([n + soft.indexOf(row), 1]);
    columns.push({ a, b: -sign * row.b });
  };
  // Hard equalities come first; a soft one is two sides of one slack.
  const isFirm = ({ equality, linear }: DenseRow): boolean => equality && linear === Infinity;
  for (const row of rows.filter(isFirm)) add(row, 1);
  const equalities = columns.length;
  for (const row of rows.filter((each) => !isFirm(each)))
    for (const sign of row.equality ? ([1, -1] as const) : ([1] as const)) add(row, sign);
  for (let i = 0; i < n; i++) {
    if (qp.uLower[i] > -Infinity) columns.push({ a: [[i, 1]], b: qp.uLower[i] });
    if (qp.uUpper[i] < Infinity) columns.push({ a: [[i, -1]], b: -qp.uUpper[i] });
  }
  soft.forEach((_, j) => {
    columns.push({ a: [[n + j, 1]], b: 0 });
  });
  const D = matrix(size, size);
  const d = new Array<number>(size + 1).fill(0);
  for (let i = 0; i < n; i++) {
    d[i + 1] = -h[i];
    for (let j = 0; j < n; j++) D[i + 1][j + 1] = H[i * n + j];
  }
  soft.forEach((row, j) => {
    D[n + j + 1][n + j + 1] = row.quadratic;
    d[n + j + 1] = -row.linear;
  });
  const A = matrix(size, columns.length);
  const b = new Array<number>(columns.length + 1).fill(0);
  columns.forEach((column, j) => {
    for (const [i, value] of column.a) A[i + 1][j + 1] = value;
    b[j + 1] = column.b;
  });
  const result = solveQP(D, d, A, b, equalities);
  if (result.message !== "") throw new Error(`quadprog: ${result.message}`);
  const dU = Float64Array.from(result.solution.slice(1, n + 1));
  const multipliers = new Float64Array(nr);
  for (const { row, sign, column } of of)
    if (row.row >= 0) multipliers[row.row] += sign * result.Lagrangian[column + 1];
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
  const { N, nx, nu, nb, boxIndex, rowStart, controlRow, equality } = qp.shape;
  const linear: string[] = [];
  const quadratic: string[] = [];
  const rows: string[] = [];
  const bounds: string[] = [];
  const term = (value: number, name: string): string => `${value < 0 ? "-" : "+"} ${Math.abs(value)} ${name}`;
  const soft = (name: string, terms: string, bound: number, z: number, Z: number, equal = false): void => {
    if (z === Infinity) {
      rows.push(`${terms} ${equal ? "=" : ">="} ${bound}`);
      return;
    }
    rows.push(`${terms} + ${name} >= ${bound}`);
    if (equal) rows.push(`${terms} - ${name} <= ${bound}`);
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
    const w = qp.weights;
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++) {
      let terms = "";
      for (let i = 0; i < nx; i++) terms += ` ${term(qp.C[row * nx + i], `x${k * nx + i}`)}`;
      const d = controlRow[row];
      for (let i = 0; d >= 0 && i < nu; i++) terms += ` ${term(qp.D[d * nu + i], `u${k * nu + i}`)}`;
      soft(`s${row}`, terms, -qp.c[row], w.rowLinear[row], w.rowQuadratic[row], equality[row] === 1);
    }
    for (let at = k * nb; k > 0 && at < (k + 1) * nb; at++) {
      const x = `x${k * nx + boxIndex[at - k * nb]}`;
      if (qp.xLower[at] > -Infinity)
        soft(`l${at}`, `1 ${x}`, qp.xLower[at], w.boxLinear[at], w.boxQuadratic[at]);
      if (qp.xUpper[at] < Infinity)
        soft(`h${at}`, `-1 ${x}`, -qp.xUpper[at], w.boxLinear[at], w.boxQuadratic[at]);
    }
  }
  const wrap = (items: string[]): string => items.join("\n ");
  return `Minimize\n obj: ${wrap(linear)} + [ ${wrap(quadratic)} ] / 2\nSubject To\n ${rows.join("\n ")}\nBounds\n ${bounds.join("\n ")}\nEnd\n`;
}

function infinite(value: number): string {
  return value === Infinity ? "+inf" : value === -Infinity ? "-inf" : `${value}`;
}
