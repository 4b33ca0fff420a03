import { add, concat, dense, mul, reshape, sigmoid, slice, type Tensor, tanh } from "../../graph/index.ts";
import type { Cell, CellStep, CellWeights } from "./cell.ts";
import { addDense } from "./dense-rows.ts";

/**
 * An LSTM cell: `i, f, o = sigmoid(...)`, `c <- f c + i tanh(...)`, `h = o tanh(c)`, every gate affine in the
 * input and h. Gates stand in the order i, f, o, candidate; the forget gate's bias is a parameter like any.
 *
 * Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; two of 20 units are the
 * optimizer of Andrychowicz et al. 2016.
 */
export function createLstmCell(inputs: number, width: number): Cell {
  return {
    parameters: [
      { name: "gates", shape: [inputs + width, 4 * width], init: { normal: 1 / Math.sqrt(inputs + width) } },
      { name: "bias", shape: [4 * width], init: "zeros" },
    ],
    inputs,
    outputs: width,
    sizes: [width, width],
    fills: [0, 0],
    bind: (weights) => bindLstm(weights, inputs, width),
    tensors(weights, x, state) {
      const [m] = x.shape;
      const [h, c] = state.map((tensor) => reshape(tensor, [m, width]));
      const z = dense(concat([x, h], 1), weights.gates, weights.bias);
      const gate = (g: number): Tensor => slice(z, 1, g * width, (g + 1) * width);
      const nextC = add(mul(sigmoid(gate(1)), c), mul(sigmoid(gate(0)), tanh(gate(3))));
      const nextH = mul(sigmoid(gate(2)), tanh(nextC));
      return { out: nextH, state: [nextH, nextC].map((tensor) => reshape(tensor, [m * width])) };
    },
  };
}

function bindLstm(weights: CellWeights, inputs: number, width: number): CellStep {
  const columns = inputs + width;
  const rows = 4 * width;
  const W = new Float64Array(rows * columns);
  for (let i = 0; i < columns; i++)
    for (let r = 0; r < rows; r++) W[r * columns + i] = weights.gates[i * rows + r];
  const joined = new Float64Array(columns);
  const z = new Float64Array(rows);
  return (x, [h, c], [nextH, nextC], j, out) => {
    const at = j * width;
    for (let i = 0; i < inputs; i++) joined[i] = x[i];
    for (let u = 0; u < width; u++) joined[inputs + u] = h[at + u];
    addDense(W, weights.bias, joined, rows, columns, z);
    for (let u = 0; u < width; u++) {
      const cell = logistic(z[width + u]) * c[at + u] + logistic(z[u]) * hyperbolicTangent(z[3 * width + u]);
      const hidden = logistic(z[2 * width + u]) * hyperbolicTangent(cell);
      nextC[at + u] = cell;
      nextH[at + u] = hidden;
      out[u] = hidden;
    }
  };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Right to 1e-16, though not to the last digits of a tiny x; faster than `Math.tanh`. */
function hyperbolicTangent(x: number): number {
  return 1 - 2 / (Math.exp(2 * x) + 1);
}
