import {
  abs,
  add,
  clip,
  concat,
  constant,
  div,
  greater,
  log,
  maximum,
  mul,
  reshape,
  sign,
  sqrt,
  square,
  type Tensor,
  tanh,
  where,
} from "../../graph/index.ts";
import { GRADIENT_LIMIT, limitGradient } from "../../rules/index.ts";
import type { InputKind } from "./learned-spec.ts";

/** p of the preprocessing: gradients below e^-p are small. */
const P = 10;
const SMALL = Math.exp(-P);

/** Shares of the running means that stay per step: two of the gradient, one of its square. */
const FAST = 0.9;
const SLOW = 0.99;
const SQUARE = 0.99;
/** Under the root, so that a gradient that was always zero gives zero. */
const TINY = 1e-30;

/** How many numbers a gradient becomes. */
export function inputCount(kind: InputKind): number {
  return kind === "log" ? 2 : 5;
}

/** Floats per coordinate that the inputs themselves remember, one array each. */
export function inputSizes(kind: InputKind): number[] {
  return kind === "log" ? [] : [1, 1, 1];
}

/** How many numbers are fed per step. */
export function inputHyperSize(kind: InputKind): number {
  return kind === "log" ? 0 : 3;
}

/** The bias corrections `1 / (1 - share^t)` of the running means at step number t - 1. (inputHyperSize) */
export function inputHyper(kind: InputKind, step: number): Float32Array {
  if (kind === "log") return new Float32Array(0);
  return Float32Array.of(
    1 / (1 - FAST ** (step + 1)),
    1 / (1 - SLOW ** (step + 1)),
    1 / (1 - SQUARE ** (step + 1)),
  );
}

/**
 * The inputs of coordinate j.
 *
 * @param from arrays of (n) as `inputSizes` says, before this gradient
 * @param to the same after it; written at j
 * @param hyper of this step, from {@link inputHyper}
 * @param out (inputCount), written
 */
export function writeInputs(
  kind: InputKind,
  gradient: number,
  from: readonly Float32Array[],
  to: readonly Float32Array[],
  j: number,
  hyper: Float32Array,
  out: Float64Array,
): void {
  const size = Math.abs(gradient);
  if (size > SMALL) {
    out[0] = Math.log(size) / P;
    out[1] = gradient > 0 ? 1 : -1;
  } else {
    out[0] = -1;
    out[1] = gradient / SMALL;
  }
  if (kind === "log") return;
  const g = limitGradient(gradient);
  to[0][j] = FAST * from[0][j] + (1 - FAST) * g;
  to[1][j] = SLOW * from[1][j] + (1 - SLOW) * g;
  to[2][j] = SQUARE * from[2][j] + (1 - SQUARE) * g * g;
  const root = Math.sqrt(hyper[2] * to[2][j] + TINY);
  out[2] = Math.tanh(g / root);
  out[3] = Math.tanh((hyper[0] * to[0][j]) / root);
  out[4] = Math.tanh((hyper[1] * to[1][j]) / root);
}

/**
 * The same as graph nodes.
 *
 * @param grads (m)
 * @param slots flat, each (m)
 * @param hyper a tensor (1) or (m) for each of `inputHyper`
 * @returns inputs (m, inputCount) and the slots after this gradient
 */
export function inputTensors(
  kind: InputKind,
  grads: Tensor,
  slots: readonly Tensor[],
  hyper: readonly Tensor[],
): { inputs: Tensor; slots: Tensor[] } {
  const { graph } = grads;
  const [m] = grads.shape;
  const column = (x: Tensor): Tensor => reshape(x, [m, 1]);
  const size = abs(grads);
  const isLarge = greater(size, SMALL);
  const minusOne = constant(graph, new Float32Array(m).fill(-1), [m]);
  const logs = where(isLarge, mul(log(maximum(size, SMALL)), 1 / P), minusOne);
  const signs = where(isLarge, sign(grads), mul(grads, 1 / SMALL));
  if (kind === "log") return { inputs: concat([column(logs), column(signs)], 1), slots: [] };
  const g = clip(grads, -GRADIENT_LIMIT, GRADIENT_LIMIT);
  const mean = (before: Tensor, x: Tensor, share: number): Tensor =>
    add(mul(before, share), mul(x, 1 - share));
  const fast = mean(slots[0], g, FAST);
  const slow = mean(slots[1], g, SLOW);
  const squares = mean(slots[2], square(g), SQUARE);
  const root = sqrt(add(mul(squares, hyper[2]), TINY));
  const ratios = [g, mul(fast, hyper[0]), mul(slow, hyper[1])].map((x) => column(tanh(div(x, root))));
  return { inputs: concat([column(logs), column(signs), ...ratios], 1), slots: [fast, slow, squares] };
}
