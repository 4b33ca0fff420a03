import {
  abs,
  add,
  concat,
  constant,
  div,
  matMul,
  max,
  maximum,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { ORTHOGONAL_STEPS, ORTHOGONAL_TERMS, type OrthogonalPlan } from "./orthogonal.ts";

/** In place of a divisor that may be zero. */
const TINY = 1e-30;

/**
 * `createOrthogonalizer` as graph pieces.
 *
 * @param x (rows * columns)
 * @param rms (1) of what is returned
 * @returns (rows * columns)
 */
export function orthogonalTensor(
  { rows, columns, byColumns, blocks }: OrthogonalPlan,
  x: Tensor,
  rms: Tensor,
  steps: number = ORTHOGONAL_STEPS,
): Tensor {
  const matrix = reshape(x, [rows, columns]);
  const axis = byColumns ? 1 : 0;
  const done = concat(
    blocks.map(([first, end]) => orthogonalBlock(slice(matrix, axis, first, end), byColumns, steps)),
    axis,
  );
  const flat = reshape(done, [rows * columns]);
  const own = sqrt(mul(total(flat), 1 / (rows * columns)));
  return mul(flat, div(rms, maximum(own, TINY)));
}

/** (1): the sum of squares. */
function total(x: Tensor): Tensor {
  const size = x.shape.reduce((a, b) => a * b, 1);
  return sum(reshape(square(x), [size]), [0], true);
}

/** Of a block whose shorter side is its rows, or its columns. */
function orthogonalBlock(block: Tensor, byColumns: boolean, steps: number): Tensor {
  const [a, b, c] = ORTHOGONAL_TERMS;
  const size = block.shape[0] * block.shape[1];
  const most = max(abs(reshape(block, [size])), [0], true);
  const safe = div(block, maximum(most, TINY)); // no square overflows or vanishes
  const X = div(safe, maximum(sqrt(total(safe)), TINY));
  const n = X.shape[byColumns ? 1 : 0];
  const unit = new Float32Array(n * n);
  for (let i = 0; i < n; i++) unit[i * (n + 1)] = a;
  const aI = constant(X.graph, unit, [n, n]);
  let A = matMul(X, X, byColumns ? { transposeA: true } : { transposeB: true });
  let all: Tensor | undefined;
  for (let step = 0; step < steps; step++) {
    const P = add(aI, add(mul(A, b), mul(matMul(A, A), c)));
    if (step < steps - 1) A = matMul(matMul(P, A), P);
    all = all === undefined ? P : matMul(P, all);
  }
  return byColumns ? matMul(X, all!) : matMul(all!, X);
}
