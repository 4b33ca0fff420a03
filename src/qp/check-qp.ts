import { ConfigError, check, checkLength, ShapeError } from "../base/index.ts";
import { findBreach, sameSparsity, type Vec } from "../ocp/index.ts";
import type { Qp, QpShape } from "./qp.ts";

/**
 * Throws unless a QP fits a solver's shape, every array has its length, A and B are as sparse as declared, and
 * no weight is negative, no quadratic one infinite.
 *
 * @throws ShapeError or ConfigError that names the size or array, what it is and what was expected
 */
export function checkQp(qp: Qp, shape: QpShape): void {
  const own = qp.shape;
  if (own !== shape) {
    for (const name of ["N", "nx", "nu", "nb", "nr", "nd"] as const) {
      if (own[name] !== shape[name])
        check(`qp.shape.${name}`, own[name], false, `${shape[name]}, the solver's`, ShapeError);
    }
    for (const name of ["boxIndex", "rowStart", "equality", "controlRow"] as const) {
      const at = firstDifference(own[name], shape[name]);
      if (at >= 0)
        check(
          `qp.shape.${name}[${at}]`,
          own[name][at],
          false,
          `${shape[name][at]}, the solver's`,
          ShapeError,
        );
    }
    if (!sameSparsity(own.sparsity, shape.sparsity)) {
      throw new ShapeError("qp.shape.sparsity declares something else than the solver's");
    }
  }
  const { N, nx, nu, nr, nd, nb } = shape;
  checkLength("qp.A", qp.A.length, N * nx * nx, "N*nx*nx");
  checkLength("qp.B", qp.B.length, N * nx * nu, "N*nx*nu");
  checkLength("qp.Q", qp.Q.length, (N + 1) * nx * nx, "(N+1)*nx*nx");
  checkLength("qp.R", qp.R.length, N * nu * nu, "N*nu*nu");
  checkLength("qp.M", qp.M.length, N * nu * nx, "N*nu*nx");
  checkLength("qp.q", qp.q.length, (N + 1) * nx, "(N+1)*nx");
  checkLength("qp.r", qp.r.length, N * nu, "N*nu");
  checkLength("qp.uLower", qp.uLower.length, N * nu, "N*nu");
  checkLength("qp.uUpper", qp.uUpper.length, N * nu, "N*nu");
  checkLength("qp.xLower", qp.xLower.length, (N + 1) * nb, "(N+1)*nb");
  checkLength("qp.xUpper", qp.xUpper.length, (N + 1) * nb, "(N+1)*nb");
  checkLength("qp.C", qp.C.length, nr * nx, "nr*nx");
  checkLength("qp.D", qp.D.length, nd * nu, "nd*nu");
  checkLength("qp.c", qp.c.length, nr, "nr");
  if (shape.sparsity !== undefined) {
    checkDeclared("A", shape.sparsity.A, qp.A);
    checkDeclared("B", shape.sparsity.B, qp.B);
  }
  checkWeights("rowLinear", qp.weights.rowLinear, nr, "nr", Infinity);
  checkWeights("rowQuadratic", qp.weights.rowQuadratic, nr, "nr", Number.MAX_VALUE);
  checkWeights("boxLinear", qp.weights.boxLinear, (N + 1) * nb, "(N+1)*nb", Infinity);
  checkWeights("boxQuadratic", qp.weights.boxQuadratic, (N + 1) * nb, "(N+1)*nb", Number.MAX_VALUE);
}

function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

function checkWeights(name: string, weights: Vec, length: number, formula: string, most: number): void {
  checkLength(`qp.weights.${name}`, weights.length, length, formula);
  for (let at = 0; at < weights.length; at++) {
    const legal = !(weights[at] < 0 || weights[at] > most);
    if (!legal) check(`qp.weights.${name}[${at}]`, weights[at], legal, "0 or more");
  }
}

function checkDeclared(name: "A" | "B", rows: readonly string[], blocks: Vec): void {
  const at = findBreach(rows, blocks);
  if (at < 0) return;
  const columns = rows[0].length;
  const [k, i, j] = [
    Math.floor(at / rows.length / columns),
    Math.floor(at / columns) % rows.length,
    at % columns,
  ];
  throw new ConfigError(
    `qp.${name} (${i}, ${j}) is ${blocks[at]} at stage ${k}, expected ${rows[i][j]} as sparsity declares`,
  );
}
