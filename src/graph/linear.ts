import { ShapeError } from "../base/index.ts";
import { checkFloat } from "./elementwise.ts";
import { addNode, type Tensor } from "./graph.ts";
import { reshape, swapLast } from "./shape-ops.ts";
import { broadcastShapes, sameShape, shapeText, sizeOf } from "./shapes.ts";

export type MatMulOptions = { readonly transposeA?: boolean; readonly transposeB?: boolean };

/**
 * Matrix product of the last two axes; leading axes are equal or broadcast.
 *
 * @param a (..., M, K), or (..., K, M) with `transposeA`
 * @param b (..., K, N), or (..., N, K) with `transposeB`
 * @returns (..., M, N)
 * @throws ShapeError for fewer than two axes, inner sizes that differ, or leading axes that do not broadcast
 */
export function matMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  checkFloat("matMul", a);
  checkFloat("matMul", b);
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new ShapeError(
      `matMul: shapes are ${shapeText(a.shape)} and ${shapeText(b.shape)}, expected at least two axes each`,
    );
  const [M, K] = matrixSize(a, transposeA);
  const [inner, N] = matrixSize(b, transposeB);
  if (inner !== K)
    throw new ShapeError(
      `matMul: shapes ${shapeText(a.shape)}${transposeA ? " transposed" : ""} and ${shapeText(b.shape)}${transposeB ? " transposed" : ""} have inner sizes ${K} and ${inner}, expected equal ones`,
    );
  if (a.shape.length === 2 && b.shape.length === 2 && (transposeA || transposeB))
    return gemm(a, b, transposeA, transposeB);
  const x = transposeA ? swapLast(a) : a;
  if (b.shape.length === 2 && x.shape.length > 2) {
    const rows = reshape(x, [sizeOf(x.shape) / K, K]);
    return reshape(matMul(rows, b, { transposeB }), [...x.shape.slice(0, -1), N]);
  }
  // ONNX has no transposed batch product; ONNX Runtime fuses the Transpose into the MatMul.
  const y = transposeB ? swapLast(b) : b;
  const leading = broadcastShapes("matMul", x.shape.slice(0, -2), y.shape.slice(0, -2));
  return addNode("MatMul", [x, y], { shape: [...leading, M, N] });
}

/**
 * Affine map of the last axis, `x w + b`.
 *
 * @param x (..., K)
 * @param w (K, N)
 * @param b (N), none where absent
 * @returns (..., N)
 * @throws ShapeError where the shapes do not fit
 */
export function dense(x: Tensor, w: Tensor, b?: Tensor): Tensor {
  const K = x.shape.at(-1);
  const [inner, N] = w.shape;
  if (w.shape.length !== 2 || inner !== K)
    throw new ShapeError(
      `dense: x has shape ${shapeText(x.shape)} and w ${shapeText(w.shape)}, expected w of shape (${K ?? "K"}, N)`,
    );
  if (b && !sameShape(b.shape, [N!]))
    throw new ShapeError(`dense: b has shape ${shapeText(b.shape)}, expected (${N})`);
  const rows = reshape(x, [sizeOf(x.shape) / K!, K!]);
  const out = b ? gemm(rows, w, false, false, b) : matMul(rows, w);
  return reshape(out, [...x.shape.slice(0, -1), N!]);
}

/** op(a) op(b) + c for matrices, op the transpose where its flag is set, c (N). */
export function gemm(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean, c?: Tensor): Tensor {
  const shape = [matrixSize(a, transposeA)[0], matrixSize(b, transposeB)[1]];
  if (!transposeA && !transposeB && !c) return addNode("MatMul", [a, b], { shape });
  return addNode(
    "Gemm",
    c ? [a, b, c] : [a, b],
    { shape },
    {
      transA: { int: transposeA ? 1 : 0 },
      transB: { int: transposeB ? 1 : 0 },
    },
  );
}

function matrixSize(x: Tensor, transposed: boolean): [number, number] {
  const rows = x.shape.at(-2)!;
  const columns = x.shape.at(-1)!;
  return transposed ? [columns, rows] : [rows, columns];
}
