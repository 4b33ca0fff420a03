import type { DynamicsSparsity } from "../../ocp/index.ts";
import { type Address, after } from "../../wasm/index.ts";

/** What code is generated for: sizes, which rows a stage has, and what is known of A and B. */
export type SimdSizes = {
  readonly N: number;
  readonly nx: number;
  readonly nu: number;
  /** Bounded components of x at stages 1..N. */
  readonly boxIndex: ArrayLike<number>;
  /** (N + 2) first row of each stage. */
  readonly rowStart: ArrayLike<number>;
  /** Whether any row depends on the control. */
  readonly rowControls: boolean;
  /** Whether any row is an equality, of which the pairs' kernels keep off. */
  readonly equalities: boolean;
  readonly sparsity?: DynamicsSparsity;
};

/** Numbers of a {@link SimdLayout}'s record of a stage, each at a number of bytes from the record's begin. */
const RECORD = ["w", "dw", "h", "gradient", "rhs", "base", "F", "Ft", "H", "W", "Y", "inverse", "z"] as const;
/**
 * Arrays with a number for each hard pair: lower bounds of all stages, then upper ones. Before a QP is selected those up to `g0` are
 * zero, then t is one.
 */
const HARD = ["sign", "l", "g0", "t", "dt", "dl", "inverse", "w", "phi", "g"] as const;
/**
 * Arrays with a number for each soft row: lower sides of the box, upper ones, then rows. Before a QP is selected those up to `g0`
 * are zero, then those up to `s` one.
 */
const SOFT = [
  ...(["sign", "tied", "equal", "linear", "curve", "bend", "size", "l", "n", "e", "g0"] as const),
  ...(["quadratic", "t", "s"] as const),
  ...(["dt", "dl", "ds", "dn", "tInverse", "sInverse", "w1", "w2", "D"] as const),
  ...(["weight", "phi", "e1", "e2", "g"] as const),
] as const;

/**
 * Where the numbers of a QP lie in the memory of its kernels. A stage's point is `w = [u | x]`, each part padded with
 * a zero to whole vectors; so are the columns of F = [B A] (without the ones of A's diagonal where all are known and sizes are not large),
 * of F' and of the Hessian. Rows of one stage are padded to pairs, whose coefficients stand lane by lane.
 */
export type SimdLayout = SimdSizes & {
  /** Vectors of u, of x and of both; columns of both. */
  readonly Lu: number;
  readonly Lx: number;
  readonly L: number;
  readonly ld: number;
  /** Vectors of box sides of one kind at a stage. */
  readonly Lb: number;
  /** Column of each control and then of each component of x in w. */
  readonly columns: readonly number[];
  /** Columns that rows have coefficients of. */
  readonly rowColumns: readonly number[];
  /** Whether A has a known diagonal of ones, left out of F. */
  readonly unit: boolean;
  /** (N + 2) first pair of rows of each stage. */
  readonly pairStart: readonly number[];
  /** Bytes from one stage's record to the next, and parts of it. */
  readonly stride: number;
  readonly record: Readonly<Record<(typeof RECORD)[number], number>>;
  /** Vectors of the hard and the soft arrays; where they begin; where rows begin in the soft ones. */
  readonly hardVectors: number;
  readonly softVectors: number;
  readonly rowVector: number;
  readonly hard: Readonly<Record<(typeof HARD)[number], number>>;
  readonly soft: Readonly<Record<(typeof SOFT)[number], number>>;
  /** Coefficients of the rows: (pairs, rowColumns, 2 lanes). */
  readonly G: number;
  /** (N + 2) integers: pairStart, as bytes of an array of pairs. */
  readonly table: number;
  readonly stages: number;
  /** Where the factors of large sizes have P (2 Lx, widthP), E (2 Lx, width) and S (2 L, width), by vectors. */
  readonly large: Readonly<Record<"P" | "E" | "S" | "width" | "widthP", number>> | undefined;
  /** Numbers that functions leave. */
  readonly results: number;
  readonly bytes: number;
};

/** Vectors that the products of large sizes have side by side. */
export const TILE = 4;
/**
 * Beyond nx^2 (nx + nu) of this, loops over tiles are faster than what is written out: by a fifth for 10 states, by a tenth slower
 * for 5; and they compile at once, where the first hundred solves of the others are waiting for the compiler.
 */
const STRAIGHT_LINE_LIMIT = 400;

/** Lays out the memory of a QP. */
export function simdLayout(sizes: SimdSizes): SimdLayout {
  const { N, nx, nu, boxIndex, rowStart, rowControls, sparsity } = sizes;
  const [Lu, Lx, Lb] = [nu, nx, boxIndex.length].map((n) => Math.ceil(n / 2));
  const L = Lu + Lx;
  const ld = 2 * L;
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const columns = [...range(nu), ...range(nx).map((i) => 2 * Lu + i)];
  const rowColumns = rowControls ? columns : columns.slice(nu);
  const pairStart = [0];
  for (let k = 0; k <= N; k++) pairStart.push(pairStart[k] + Math.ceil((rowStart[k + 1] - rowStart[k]) / 2));
  const hardVectors = 2 * (N + 1) * Lu;
  const rowVector = 2 * (N + 1) * Lb;
  const softVectors = rowVector + pairStart[N + 1];

  let used = 0;
  const reserve = (numbers: number): number => {
    const at = used;
    used += 16 * Math.ceil(numbers / 2);
    return at;
  };
  const places = <T extends string>(names: readonly T[], numbers: (name: T) => number): Record<T, number> =>
    Object.fromEntries(names.map((name) => [name, reserve(numbers(name))])) as Record<T, number>;
  const lengths: Record<(typeof RECORD)[number], number> = {
    ...{ w: ld, dw: ld, h: ld, gradient: ld, rhs: ld, base: 2 * Lu, F: nx * ld },
    ...{ Ft: (nu + nx) * 2 * Lx, H: (nu + nx) * ld, W: (nu + nx) * ld, Y: nu * ld, inverse: nu, z: 2 * Lu },
  };
  const record = places(RECORD, (name) => lengths[name]);
  const stride = used;
  used = 0;
  const results = reserve(16);
  const table = reserve((N + 2) / 2);
  const stages = reserve(((N + 1) * stride) / 8);
  const isLarge = nx * nx * (nx + nu) > STRAIGHT_LINE_LIMIT;
  const [widthP, width] = [TILE * Math.ceil(Lx / TILE), TILE * (1 + Math.ceil(L / TILE))];
  const tiled = (): SimdLayout["large"] => ({
    P: reserve(4 * Lx * widthP),
    E: reserve(4 * Lx * width),
    S: reserve(4 * L * width),
    ...{ width, widthP },
  });
  const large = isLarge ? tiled() : undefined;
  return {
    ...sizes,
    ...{ Lu, Lx, L, ld, Lb, columns, rowColumns, pairStart, stride, record },
    unit: !isLarge && sparsity !== undefined && range(nx).every((i) => sparsity.A[i][i] === "1"),
    ...{ hardVectors, softVectors, rowVector },
    hard: places(HARD, () => 2 * hardVectors),
    soft: places(SOFT, () => 2 * softVectors),
    G: reserve(2 * pairStart[N + 1] * rowColumns.length),
    ...{ table, stages, large, results, bytes: used },
  };
}

/** What is known of an entry of F = [B A] once the ones of A's diagonal are left out: "0", "1" or "*". */
export function entryOf({ nu, unit, sparsity }: SimdLayout, row: number, column: number): string {
  if (sparsity === undefined) return "*";
  if (column < nu) return sparsity.B[row][column];
  return unit && column - nu === row ? "0" : sparsity.A[row][column - nu];
}

/** A part of the record that begins at an address. */
export const part = (
  layout: SimdLayout,
  at: Address,
  name: keyof SimdLayout["record"],
  vector = 0,
): Address => after(at, layout.record[name] + 16 * vector);

/** The record of stage k, as a fixed address. */
export const stageAt = ({ stages, stride }: SimdLayout, k: number): Address => ({
  offset: stages + k * stride,
});
