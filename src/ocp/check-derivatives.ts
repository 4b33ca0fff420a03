import { ConfigError, checkLength, createRng, type Rng } from "../base/index.ts";
import { boundsOffset, rowStages } from "./constraint-layout.ts";
import { type RowFunctions, withFiniteDifferences } from "./finite-differences.ts";
import type { Ocp, Vec } from "./ocp.ts";
import { type RowGroup, rowGroups, rowsOfGroup } from "./row-groups.ts";
import { validateOcp } from "./validate.ts";

/** One entry of a derivative that disagrees with finite differences. */
export type DerivativeMismatch = {
  /** Which derivative: "dynamics.jacobian A", "stageGradient r", "rows.hessian H", "sparsity A", ... */
  readonly name: string;
  /** Position in it: [row, column] of a matrix, [i] of a vector. */
  readonly index: readonly number[];
  /** What the problem wrote; NaN where it wrote nothing. */
  readonly got: number;
  /** What finite differences say; of a declared sparsity, what the Jacobian says. */
  readonly expected: number;
  /** Stage at which it happened. */
  readonly k: number;
  /** |got - expected| as a share of the expected entry, or of a thousandth of its row: no unit of the function changes it. */
  readonly error: number;
};

/** How many points {@link checkDerivatives} tries, where, and how exact it is. */
export type CheckDerivativesOptions = {
  /** Number of random points, an integer >= 1. */
  readonly samples: number;
  /** Largest accepted |got - expected| as a share of the entry, of a thousandth of its row, or of rounding, > 0. */
  readonly tolerance: number;
  /** Standard deviation of the points around x0, and of controls without two finite bounds, > 0. */
  readonly spread: number;
};

/** Defaults. */
export const DEFAULT_CHECK_DERIVATIVES_OPTIONS: CheckDerivativesOptions = {
  samples: 5,
  tolerance: 1e-4,
  spread: 1,
};

/**
 * Compares every derivative of a problem with finite differences of the function itself, at random
 * points: a tool for whoever writes a problem. Outputs are filled with NaN (or, where a function adds,
 * with a constant) before each call, so that an entry left unwritten (or overwritten) is found too.
 *
 * A kink (an absolute value, a bilinear distance field) within 1e-4 of a point can look like a mistake.
 *
 * @param x0 (nx) around which the states are drawn; the origin where missing
 * @param rng source of the points; the same ones at every call where missing
 * @returns `ok`, and for each wrong derivative its worst entry, the worst derivative first
 * @throws ShapeError or ConfigError for an ill-formed problem, x0 or option
 */
export function checkDerivatives(
  ocp: Ocp,
  x0?: Vec,
  rng: Rng = createRng(1),
  options?: Partial<CheckDerivativesOptions>,
): { ok: boolean; worst: DerivativeMismatch[] } {
  const { samples, tolerance, spread } = { ...DEFAULT_CHECK_DERIVATIVES_OPTIONS, ...options };
  if (!(Number.isInteger(samples) && samples >= 1))
    throw new ConfigError(`samples is ${samples}, expected an integer >= 1`);
  if (!(tolerance > 0)) throw new ConfigError(`tolerance is ${tolerance}, expected a number > 0`);
  if (!(spread > 0)) throw new ConfigError(`spread is ${spread}, expected a number > 0`);
  validateOcp(ocp);
  const { nx, nu } = ocp.dynamics;
  if (x0 !== undefined) checkLength("x0", x0.length, nx, "nx");
  const worst = new Map<string, DerivativeMismatch>();
  const compare = createComparison(tolerance, worst);
  const exact = createComparison(0, worst);
  const reference = functionsOnly(ocp);
  const x = new Float64Array(nx);
  const u = new Float64Array(nu);
  for (let s = 0; s < samples; s++) {
    for (let i = 0; i < nx; i++) x[i] = (x0?.[i] ?? 0) + spread * rng.gauss();
    const k = rng.int(ocp.N);
    const o = boundsOffset(ocp.uLower, nu, k);
    for (let i = 0; i < nu; i++) u[i] = randomControl(ocp.uLower[o + i], ocp.uUpper[o + i], spread, rng);
    checkDynamics(ocp, reference, x, u, k, rng, compare);
    checkDeclared(ocp, x, u, k, exact);
    checkCosts(ocp, reference, x, u, k, compare);
    rowGroups(ocp).forEach((rows, group, groups) => {
      const stages = rowStages(rows, ocp.N);
      if (rows.count === 0 || stages.length === 0) return;
      const name = groups.length > 1 ? `rows[${group}]` : "rows";
      checkRows(name, rows, rowGroups(reference)[group], x, u, stages[rng.int(stages.length)], rng, compare);
    });
  }
  const list = [...worst.values()].sort((a, b) => b.error - a.error);
  return { ok: list.length === 0, worst: list };
}

/** Shares of a function's value that differences of its values, first and second ones, may be wrong by. */
const FIRST = 1e-9;
const SECOND = 1e-7;

/** An entry is measured by its own size, or by this share of its row's largest: what differences of the row truncate is of the row's size. */
const OF_ROW = 1e-3;

/** @param noise what rounding may make of `expected`: of each row, or one for all */
type Compare = (
  name: string,
  k: number,
  columns: number,
  got: Vec,
  expected: Vec,
  noise: readonly number[],
) => void;

/** A comparison that keeps the worst entry of each derivative; a NaN is as bad as can be. */
function createComparison(tolerance: number, worst: Map<string, DerivativeMismatch>): Compare {
  return (name, k, columns, got, expected, noise) => {
    const width = columns === 0 ? got.length : columns;
    for (let i = 0; i < got.length; i++) {
      const row = Math.floor(i / width);
      let size = noise.length === 0 ? 0 : noise[row % noise.length] / tolerance;
      for (let j = row * width; j < (row + 1) * width; j++)
        if (Number.isFinite(expected[j]))
          size = Math.max(size, (j === i ? 1 : OF_ROW) * Math.abs(expected[j]));
      const difference = got[i] === expected[i] ? 0 : Math.abs(got[i] - expected[i]) / size;
      if (difference <= tolerance) continue;
      const error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
      if (error <= (worst.get(name)?.error ?? 0)) continue;
      const index = columns === 0 ? [i] : [row, i % columns];
      worst.set(name, { name, index, got: got[i], expected: expected[i], k, error });
    }
  };
}

/** Rounding of differences of functions of these values. */
const roundingOf = (values: Iterable<number>, share: number): number[] =>
  Array.from(values, (v) => share * Math.abs(v));
/** Rounding of second differences of a sum of such terms: of a cost, its value and what its gradient says that it is made of. */
const roundingOfSum = (terms: Iterable<number>): number[] => [
  roundingOf(terms, SECOND).reduce((sum, v) => sum + v, 0),
];

/** The same problem with nothing but its functions: every derivative is differenced. */
function functionsOnly(ocp: Ocp): Ocp {
  const { dynamics, rows } = ocp;
  return withFiniteDifferences({
    N: ocp.N,
    dynamics: { nx: dynamics.nx, nu: dynamics.nu, step: (x, u, k, out) => dynamics.step(x, u, k, out) },
    stageCost: (x, u, k) => ocp.stageCost(x, u, k),
    terminalCost: (x) => ocp.terminalCost(x),
    rows: rowGroups({ rows }).map(({ hessian: _h, ...group }) => {
      const { jacobian: _, ...functions } = rowsOfGroup(group);
      return functions as RowFunctions;
    }),
  });
}

function randomControl(lower: number, upper: number, spread: number, rng: Rng): number {
  if (Number.isFinite(lower) && Number.isFinite(upper)) return lower + (upper - lower) * rng.uniform();
  return Math.min(upper, Math.max(lower, spread * rng.gauss()));
}

const nan = (length: number): Vec => new Float64Array(length).fill(Number.NaN);

function checkDynamics(
  ocp: Ocp,
  reference: Ocp,
  x: Vec,
  u: Vec,
  k: number,
  rng: Rng,
  compare: Compare,
): void {
  const { nx, nu } = ocp.dynamics;
  const A = nan(nx * nx);
  const B = nan(nx * nu);
  const expectedA = nan(nx * nx);
  const expectedB = nan(nx * nu);
  ocp.dynamics.jacobian(x, u, k, A, B);
  reference.dynamics.jacobian(x, u, k, expectedA, expectedB);
  const next = new Float64Array(nx);
  ocp.dynamics.step(x, u, k, next);
  const noise = roundingOf(next, FIRST);
  compare("dynamics.jacobian A", k, nx, A, expectedA, noise);
  compare("dynamics.jacobian B", k, nu, B, expectedB, noise);
  if (ocp.dynamics.hessian === undefined) return;
  const p = Float64Array.from({ length: nx }, () => rng.gauss());
  const noiseOfSum = roundingOfSum(p.map((v, i) => v * next[i]));
  const weighted = (z: Vec): number => {
    ocp.dynamics.step(z.subarray(0, nx), z.subarray(nx), k, next);
    return next.reduce((sum, v, i) => sum + p[i] * v, 0);
  };
  const z = Float64Array.of(...x, ...u);
  const add = (H: Vec): void => ocp.dynamics.hessian!(x, u, k, p, H);
  compare("dynamics.hessian H", k, nx + nu, addedBy(add, z.length), hessianOf(weighted, z), noiseOfSum);
}

/** Compares the declared sparsity with the Jacobian: what is left out of products must be exactly 0 or 1. */
function checkDeclared(ocp: Ocp, x: Vec, u: Vec, k: number, exact: Compare): void {
  const { nx, nu, sparsity } = ocp.dynamics;
  if (sparsity === undefined) return;
  const [A, B] = [nan(nx * nx), nan(nx * nu)];
  ocp.dynamics.jacobian(x, u, k, A, B);
  const declared = (rows: readonly string[], J: Vec): Vec =>
    J.map((value, i) => {
      const kind = rows.join("")[i];
      return kind === "*" ? value : Number(kind);
    });
  exact("sparsity A", k, nx, declared(sparsity.A, A), A, []);
  exact("sparsity B", k, nu, declared(sparsity.B, B), B, []);
}

function checkCosts(ocp: Ocp, reference: Ocp, x: Vec, u: Vec, k: number, compare: Compare): void {
  const { nx, nu } = ocp.dynamics;
  const [gx, gu, gxRef, guRef] = [nan(nx), nan(nu), nan(nx), nan(nu)];
  ocp.stageGradient(x, u, k, gx, gu);
  reference.stageGradient(x, u, k, gxRef, guRef);
  const [stage, terminal] = [[ocp.stageCost(x, u, k)], [ocp.terminalCost(x)]];
  const ofStage = roundingOfSum([...stage, ...gxRef, ...guRef]);
  compare("stageGradient q", k, 0, gx, gxRef, roundingOf(stage, FIRST));
  compare("stageGradient r", k, 0, gu, guRef, roundingOf(stage, FIRST));
  const [Q, R, M] = [nan(nx * nx), nan(nu * nu), nan(nu * nx)];
  const [QRef, RRef, MRef] = [nan(nx * nx), nan(nu * nu), nan(nu * nx)];
  ocp.stageHessian(x, u, k, Q, R, M);
  reference.stageHessian(x, u, k, QRef, RRef, MRef);
  compare("stageHessian Q", k, nx, Q, QRef, ofStage);
  compare("stageHessian R", k, nu, R, RRef, ofStage);
  compare("stageHessian M", k, nx, M, MRef, ofStage);
  ocp.terminalGradient(x, gx.fill(Number.NaN));
  reference.terminalGradient(x, gxRef);
  compare("terminalGradient q", ocp.N, 0, gx, gxRef, roundingOf(terminal, FIRST));
  ocp.terminalHessian(x, Q.fill(Number.NaN));
  reference.terminalHessian(x, QRef);
  compare("terminalHessian Q", ocp.N, nx, Q, QRef, roundingOfSum([...terminal, ...gxRef]));
}

function checkRows(
  name: string,
  rows: RowGroup,
  reference: RowGroup,
  x: Vec,
  control: Vec,
  k: number,
  rng: Rng,
  compare: Compare,
): void {
  const nx = x.length;
  const u = rows.controls ? control : new Float64Array(0);
  const nu = u.length;
  const [C, D, expectedC, expectedD] = [nx, nu, nx, nu].map((n) => nan(rows.count * n));
  rows.jacobian(x, u, k, C, D);
  reference.jacobian(x, u, k, expectedC, expectedD);
  const value = new Float64Array(rows.count);
  rows.value(x, u, k, value);
  const noise = roundingOf(value, FIRST);
  compare(`${name}.jacobian C`, k, nx, C, expectedC, noise);
  if (nu > 0) compare(`${name}.jacobian D`, k, nu, D, expectedD, noise);
  if (rows.hessian === undefined) return;
  const p = Float64Array.from({ length: rows.count }, () => rng.gauss());
  const noiseOfSum = roundingOfSum(p.map((v, i) => v * value[i]));
  const weighted = (z: Vec): number => {
    rows.value(z.subarray(0, nx), z.subarray(nx), k, value);
    return value.reduce((sum, v, i) => sum + p[i] * v, 0);
  };
  const add = (H: Vec): void => rows.hessian!(x, u, k, p, H);
  compare(
    `${name}.hessian H`,
    k,
    nx + nu,
    addedBy(add, nx + nu),
    hessianOf(weighted, Float64Array.of(...x, ...u)),
    noiseOfSum,
  );
}

/** What `add` adds to an (n, n) matrix that is not zero before. */
function addedBy(add: (H: Vec) => void, n: number): Vec {
  const H = new Float64Array(n * n).fill(1);
  add(H);
  return H.map((v) => v - 1);
}

/** Hessian (n, n) of a scalar function, by second differences. */
function hessianOf(f: (z: Vec) => number, z: Vec): Vec {
  const n = z.length;
  const H = new Float64Array(n * n);
  const none = (): void => {};
  withFiniteDifferences({
    N: 1,
    dynamics: { nx: n, nu: 0, step: none },
    stageCost: () => 0,
    terminalCost: f,
  }).terminalHessian(z, H);
  return H;
}
