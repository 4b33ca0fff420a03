import { add, concat, matMul, mul, neg, pad, reshape, slice, type Tensor } from "../../graph/index.ts";
import { completeSpec, type MemformerSpec, type WholeMemformerSpec } from "./memformer-spec.ts";

/**
 * A memformer's prediction as graph pieces; the same network as {@link runMemformer}, in float32.
 *
 * @param weights tensors by the names of {@link memformerLayout}
 * @param Z (b, d + 1, n + 1)
 * @returns (b)
 */
export function memformerGraph(
  spec: MemformerSpec,
  weights: Readonly<Record<string, Tensor>>,
  Z: Tensor,
): Tensor {
  const whole = completeSpec(spec);
  const { d, n, layers, memory } = whole;
  const registers: Tensor[] = [];
  let z = Z;
  for (let l = 0; l < layers; l++) {
    let step = attention(whole, weights[`A${l}`], weights[`B${l}`], z);
    if (memory === "cgd") {
      if (l > 0) step = add(step, mul(weights[`gamma${l}`], registers[l - 1]));
      registers.push(step);
      step = mul(weights[`alpha${l}`], step);
    }
    if (memory === "lfom") {
      registers.push(step);
      const Gamma = weights[`Gamma${l}`];
      step = registers
        .map((R, j) =>
          mul(reshape(slice(Gamma, 0, j, j + 1), Gamma.shape.length > 1 ? Gamma.shape.slice(1) : [1]), R),
        )
        .reduce((a, b) => add(a, b));
    }
    z = add(z, mul(step, 1 / n));
  }
  return neg(reshape(slice(slice(z, 1, d, d + 1), 2, n, n + 1), [Z.shape[0]]));
}

/** Sum over heads of P Z M (Z' Q Z), (b, d + 1, n + 1). */
function attention({ d, n, heads }: WholeMemformerSpec, A: Tensor, B: Tensor | undefined, z: Tensor): Tensor {
  const examples = slice(z, 2, 0, n);
  const X = slice(z, 1, 0, d);
  // S = Z M Z', of which the first d columns meet Q.
  const S = matMul(examples, slice(examples, 1, 0, d), { transposeB: true });
  const lower = slice(S, 1, d, d + 1);
  let total: Tensor | undefined;
  for (let h = 0; h < heads; h++) {
    const a = headOf(A, h);
    const down = timesMatrix(lower, a);
    const moved = B === undefined ? undefined : leftTimes(headOf(B, h), slice(S, 1, 0, d));
    const head = moved === undefined ? down : concat([timesMatrix(moved, a), down], 1);
    total = total === undefined ? head : add(total, head);
  }
  const out = neg(matMul(total!, X));
  if (B !== undefined) return out;
  return pad(out, 1, d, 0);
}

/** Head h of (heads, d, d) as (d, d), of (heads) as (1). */
function headOf(values: Tensor, h: number): Tensor {
  return reshape(slice(values, 0, h, h + 1), values.shape.length === 1 ? [1] : values.shape.slice(1));
}

/** x A with A (d, d), or a number (1) times the identity. */
function timesMatrix(x: Tensor, A: Tensor): Tensor {
  return A.shape.length === 1 ? mul(x, A) : matMul(x, A);
}

/** B x with B (d, d), or a number (1) times the identity; x (b, d, m). */
function leftTimes(B: Tensor, x: Tensor): Tensor {
  return B.shape.length === 1 ? mul(x, B) : matMul(B, x);
}
