import { checkLength } from "../../base/index.ts";
import { multiply } from "../../linalg/index.ts";
import {
  completeSpec,
  type MemformerSpec,
  memformerLayout,
  type WholeMemformerSpec,
} from "./memformer-spec.ts";
import type { RegressionPrompts } from "./regression-prompts.ts";

/**
 * Runs a memformer on prompts in double precision, on plain arrays.
 *
 * @param params (total) of {@link memformerLayout}
 * @returns (count, layers): the prediction of the query's label after each layer
 * @throws ShapeError where params or prompts do not fit the spec
 */
export function runMemformer(
  spec: MemformerSpec,
  params: ArrayLike<number>,
  prompts: RegressionPrompts,
): Float64Array {
  const whole = completeSpec(spec);
  const { d, n, layers } = whole;
  const layout = memformerLayout(spec);
  checkLength("params", params.length, layout.total, "total");
  checkLength("prompts.Z", prompts.Z.length, prompts.count * (d + 1) * (n + 1), "count*(d+1)*(n+1)");
  const named = Object.fromEntries(
    layout.entries.map(({ name, offset, size }) => [
      name,
      Float64Array.from({ length: size }, (_, i) => params[offset + i]),
    ]),
  );
  const size = (d + 1) * (n + 1);
  const predictions = new Float64Array(prompts.count * layers);
  const registers = Array.from({ length: layers }, () => new Float64Array(size));
  const matrices = matricesOf(whole, named);
  const scratch = createScratch(d);
  for (let p = 0; p < prompts.count; p++) {
    const Z = prompts.Z.slice(p * size, (p + 1) * size);
    for (let l = 0; l < layers; l++) {
      attention(whole, matrices[l], Z, scratch, registers[l]);
      useRegisters(whole, named, l, Z, registers);
      predictions[p * layers + l] = -Z[size - 1];
    }
  }
  return predictions;
}

/** Moves Z by a layer's attention, which is in register l, and by the registers before it. */
function useRegisters(
  { n, memory }: WholeMemformerSpec,
  named: Readonly<Record<string, Float64Array>>,
  l: number,
  Z: Float64Array,
  registers: readonly Float64Array[],
): void {
  const R = registers[l];
  if (memory === "lfom") {
    const Gamma = named[`Gamma${l}`];
    const size = Gamma.length / (l + 1);
    for (let j = 0; j <= l; j++)
      for (let i = 0; i < Z.length; i++) Z[i] += (Gamma[j * size + (i % size)] * registers[j][i]) / n;
    return;
  }
  const gamma = named[`gamma${l}`];
  if (memory === "cgd" && l > 0)
    for (let i = 0; i < Z.length; i++) R[i] += gamma[i % gamma.length] * registers[l - 1][i];
  const alpha = memory === "cgd" ? named[`alpha${l}`][0] : 1;
  for (let i = 0; i < Z.length; i++) Z[i] += (alpha * R[i]) / n;
}

/** A head's matrices (d, d). */
type Head = { readonly A: Float64Array; readonly B?: Float64Array };

/** The heads of each layer. */
function matricesOf(
  { d, layers, heads, preconditioner }: WholeMemformerSpec,
  named: Readonly<Record<string, Float64Array>>,
): Head[][] {
  const matrix = (values: Float64Array, h: number): Float64Array => {
    if (preconditioner === "full") return values.subarray(h * d * d, (h + 1) * d * d);
    return Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? values[h] : 0));
  };
  return Array.from({ length: layers }, (_, l) =>
    Array.from({ length: heads }, (_, h) => {
      const B = named[`B${l}`];
      return { A: matrix(named[`A${l}`], h), ...(B !== undefined && { B: matrix(B, h) }) };
    }),
  );
}

/** Room for (d + 1, d) products. */
function createScratch(d: number) {
  const matrix = () => new Float64Array((d + 1) * d);
  return { S: matrix(), PS: matrix(), PSA: matrix(), weights: matrix() };
}

/** out = sum over heads of P Z M (Z' Q Z). */
function attention(
  { d, n }: WholeMemformerSpec,
  heads: readonly Head[],
  Z: Float64Array,
  { S, PS, PSA, weights }: ReturnType<typeof createScratch>,
  out: Float64Array,
): void {
  const columns = n + 1;
  // S = Z M Z', of which the first d columns meet Q.
  for (let i = 0; i <= d; i++)
    for (let j = 0; j < d; j++) {
      let s = 0;
      for (let k = 0; k < n; k++) s += Z[i * columns + k] * Z[j * columns + k];
      S[i * d + j] = s;
    }
  weights.fill(0);
  for (const { A, B } of heads) {
    if (B === undefined) PS.fill(0, 0, d * d);
    else multiply(B, S, 0, d, d, d, PS);
    for (let j = 0; j < d; j++) PS[d * d + j] = S[d * d + j];
    multiply(PS, A, 0, d + 1, d, d, PSA);
    for (let i = 0; i < weights.length; i++) weights[i] -= PSA[i];
  }
  multiply(weights, Z, 0, d + 1, d, columns, out);
}
