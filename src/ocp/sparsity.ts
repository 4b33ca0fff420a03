import { ConfigError, ShapeError } from "../base/index.ts";

/**
 * What is known of the dynamics' Jacobians at every point and stage: a string per row, a character per entry,
 * `0` for an entry that is exactly zero, `1` for exactly one, `*` for anything. Solvers leave out what need
 * not be multiplied (a tenth of a robot's QP), so a wrong declaration is refused where it is met:
 * {@link findBreach}.
 */
export type DynamicsSparsity = {
  /** nx rows of nx characters. */
  readonly A: readonly string[];
  /** nx rows of nu characters. */
  readonly B: readonly string[];
};

/**
 * Throws unless a sparsity fits the sizes and is written in `0`, `1` and `*` alone.
 *
 * @throws ShapeError, ConfigError naming the part, what it is and what it should be
 */
export function checkSparsity(sparsity: DynamicsSparsity, nx: number, nu: number): void {
  checkPattern("A", sparsity.A, nx, nx);
  checkPattern("B", sparsity.B, nx, nu);
}

function checkPattern(name: string, rows: readonly string[], nx: number, columns: number): void {
  if (rows.length !== nx)
    throw new ShapeError(`sparsity.${name} has ${rows.length} rows, expected nx = ${nx}`);
  for (let i = 0; i < nx; i++) {
    if (rows[i].length === columns && /^[01*]*$/.test(rows[i])) continue;
    throw new ConfigError(
      `sparsity.${name}[${i}] is "${rows[i]}", expected ${columns} of the characters 0, 1, *`,
    );
  }
}

/** Whether two problems declare the same, which may be nothing. */
export function sameSparsity(a: DynamicsSparsity | undefined, b: DynamicsSparsity | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return sameRows(a.A, b.A) && sameRows(a.B, b.B);
}

function sameRows(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((row, i) => row === b[i]);
}

/**
 * Finds an entry that is not what its row of a {@link DynamicsSparsity} declares.
 *
 * @param rows the declared `A` or `B`
 * @param blocks (stages, rows, columns) Jacobians of one or more stages; NaN breaks no promise
 * @returns its place in `blocks`, or -1 where every entry is as declared
 */
export function findBreach(rows: readonly string[], blocks: Float64Array): number {
  const columns = rows[0].length;
  const size = rows.length * columns;
  for (let i = 0; i < size; i++) {
    const kind = rows[(i / columns) | 0][i % columns];
    if (kind === "*") continue;
    const value = kind === "1" ? 1 : 0;
    for (let at = i; at < blocks.length; at += size) {
      if (blocks[at] !== value && !Number.isNaN(blocks[at])) return at;
    }
  }
  return -1;
}
