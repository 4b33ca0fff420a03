import { FormatError } from "../../base/index.ts";
import { type Ocp, type Rows, rowsOfGroup, type Vec } from "../../ocp/index.ts";
import { createQp, createQpShape, type Qp } from "../../qp/index.ts";

/** The arrays of a {@link Qp} that a line has, each with what null stands for in it. */
const ARRAYS = {
  ...{ A: 0, B: 0, Q: 0, R: 0, M: 0, q: 0, r: 0, C: 0, D: 0, c: 0 },
  uLower: Number.NEGATIVE_INFINITY,
  uUpper: Number.POSITIVE_INFINITY,
  xLower: Number.NEGATIVE_INFINITY,
  xUpper: Number.POSITIVE_INFINITY,
} as const;
const WEIGHTS = ["rowLinear", "rowQuadratic", "boxLinear", "boxQuadratic"] as const;

/** A QP as a line of the exchange file: arrays are flat and row-major, null is infinite. */
export type QpLine = {
  readonly kind: "qp";
  readonly id: string;
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  readonly boxIndex: readonly number[];
  /** Stage, kind and dependence of every row, by stage. */
  readonly rows: readonly { readonly k: number; readonly equality: boolean; readonly controls: boolean }[];
} & { readonly [Name in keyof typeof ARRAYS | (typeof WEIGHTS)[number]]: readonly (number | null)[] };

/** Writes a QP; docs/formats.md has the meaning of every field. */
export function writeQpLine(id: string, qp: Qp): QpLine {
  const { N, nx, nu, boxIndex, rowStart, equality, controlRow } = qp.shape;
  const finite = (values: Vec): (number | null)[] =>
    Array.from(values, (v) => (Number.isFinite(v) ? v : null));
  const arrays = Object.keys(ARRAYS).map((name) => [name, finite(qp[name as keyof typeof ARRAYS])]);
  return {
    kind: "qp",
    id,
    ...{ N, nx, nu },
    boxIndex: [...boxIndex],
    rows: Array.from(equality, (is, i) => ({
      k: rowStart.findIndex((start, k) => start <= i && i < rowStart[k + 1]),
      equality: is === 1,
      controls: controlRow[i] >= 0,
    })),
    ...Object.fromEntries(arrays),
    ...Object.fromEntries(WEIGHTS.map((name) => [name, finite(qp.weights[name])])),
  } as QpLine;
}

/** Reads a QP. @throws FormatError, ShapeError, ConfigError for a line that is none */
export function readQpLine(line: QpLine): Qp {
  const { N, nx, nu, rows, boxIndex } = line;
  const qp = createQp(createQpShape({ N, nx, nu, rows, boxIndex }));
  const fill = (name: string, to: Vec, from: unknown, infinite: number): void => {
    if (!Array.isArray(from) || from.length !== to.length)
      throw new FormatError(
        `${line.id}: ${name} has ${(from as unknown[])?.length} numbers, expected ${to.length}`,
      );
    from.forEach((v, i) => {
      to[i] = v ?? infinite;
    });
  };
  for (const [name, infinite] of Object.entries(ARRAYS))
    fill(name, qp[name as keyof typeof ARRAYS], line[name as keyof typeof ARRAYS], infinite);
  for (const name of WEIGHTS) fill(name, qp.weights[name], line[name], Number.POSITIVE_INFINITY);
  return qp;
}

/** A QP as an optimal control problem from x_0 = 0: linear dynamics, quadratic costs, the same constraints. */
export function qpAsOcp(qp: Qp): Ocp {
  const { N, nx, nu, nb, boxIndex } = qp.shape;
  const at = (v: Vec, size: number, k: number): Vec => v.subarray(k * size, (k + 1) * size);
  const boxSoft = Array.from({ length: nb }, (_, j) =>
    softOf(qp.weights.boxLinear[nb + j], qp.weights.boxQuadratic[nb + j]),
  );
  return {
    N,
    dynamics: {
      nx,
      nu,
      step(x, u, k, out) {
        times(at(qp.A, nx * nx, k), x, out.fill(0));
        times(at(qp.B, nx * nu, k), u, out);
      },
      jacobian(_x, _u, k, A, B) {
        A.set(at(qp.A, nx * nx, k));
        B.set(at(qp.B, nx * nu, k));
      },
    },
    stageCost: (x, u, k) =>
      0.5 * (form(at(qp.Q, nx * nx, k), x, x) + form(at(qp.R, nu * nu, k), u, u)) +
      form(at(qp.M, nu * nx, k), u, x) +
      form(at(qp.q, nx, k), ONE, x) +
      form(at(qp.r, nu, k), ONE, u),
    stageGradient(x, u, k, q, r) {
      times(at(qp.Q, nx * nx, k), x, setTo(q, at(qp.q, nx, k)));
      times(at(qp.R, nu * nu, k), u, setTo(r, at(qp.r, nu, k)));
      times(at(qp.M, nu * nx, k), x, r);
      for (let i = 0; i < nu; i++) for (let j = 0; j < nx; j++) q[j] += qp.M[(k * nu + i) * nx + j] * u[i];
    },
    stageHessian(_x, _u, k, Q, R, M) {
      Q.set(at(qp.Q, nx * nx, k));
      R.set(at(qp.R, nu * nu, k));
      M.set(at(qp.M, nu * nx, k));
    },
    terminalCost: (x) => 0.5 * form(at(qp.Q, nx * nx, N), x, x) + form(at(qp.q, nx, N), ONE, x),
    terminalGradient: (x, q) => void times(at(qp.Q, nx * nx, N), x, setTo(q, at(qp.q, nx, N))),
    terminalHessian: (_x, Q) => Q.set(at(qp.Q, nx * nx, N)),
    uLower: qp.uLower,
    uUpper: qp.uUpper,
    stateBox:
      nb === 0 ? undefined : { index: [...boxIndex], lower: qp.xLower, upper: qp.xUpper, soft: boxSoft },
    rows: rowsOf(qp),
  };
}

const ONE = Float64Array.of(1);

/** Every row is a group of its own, at its stage. */
function rowsOf({ shape, C, D, c, weights }: Qp): Rows[] {
  const { nx, nu, nr, rowStart, equality, controlRow } = shape;
  return Array.from({ length: nr }, (_, i): Rows => {
    const own = C.subarray(i * nx, (i + 1) * nx);
    const controls = controlRow[i] >= 0;
    const ownD = controls ? D.subarray(controlRow[i] * nu, (controlRow[i] + 1) * nu) : new Float64Array(0);
    const soft = softOf(weights.rowLinear[i], weights.rowQuadratic[i]);
    return rowsOfGroup({
      count: 1,
      kind: equality[i] === 1 ? "equality" : "inequality",
      controls,
      stages: [rowStart.findIndex((start, k) => start <= i && i < rowStart[k + 1])],
      value(x, u, _k, out) {
        out[0] = c[i] + form(own, ONE, x) + (controls ? form(ownD, ONE, u) : 0);
      },
      jacobian(_x, _u, _k, Cx, Du) {
        Cx.set(own);
        if (controls) Du.set(ownD);
      },
      soft: soft && [soft],
    });
  });
}

function softOf(linear: number, quadratic: number) {
  return Number.isFinite(linear) ? { linear, quadratic } : undefined;
}

/** a'M b of M (a.length, b.length). */
function form(M: Vec, a: Vec, b: Vec): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) sum += a[i] * M[i * b.length + j] * b[j];
  return sum;
}

/** out += M v. */
function times(M: Vec, v: Vec, out: Vec): void {
  for (let i = 0; i < out.length; i++)
    for (let j = 0; j < v.length; j++) out[i] += M[i * v.length + j] * v[j];
}

function setTo(to: Vec, from: Vec): Vec {
  to.set(from);
  return to;
}
