import { checkLength } from "../../base/index.ts";
import {
  add,
  constant,
  dense,
  layoutParameters,
  matMul,
  type ParameterLayout,
  type ParameterSpec,
  unpackParameters,
} from "../../graph/index.ts";
import { STATISTICS, type TensorReader } from "../../rules/index.ts";
import { type Cell, withoutPrefix } from "../learned/cell.ts";
import { addDense } from "../learned/dense-rows.ts";
import { MNEMOSYNE_SPEC } from "../learned/learned-spec.ts";
import { createLstmCell } from "../learned/lstm-cell.ts";
import { createMemoryCell } from "../learned/memory-cell.ts";
import { checkSteeredSpec, type SteeredSpec } from "./steered-spec.ts";

/** What is read of a tensor: by what its step grows, by what its update is multiplied. */
const READ = 2;

/**
 * The network that reads a tensor's statistics z, the same for all tensors, each with a memory of its own:
 *
 *     out = z W + h V,    h = cell(z E + e)
 *
 * The cell is that of Mnemosyne (an associative memory over time) or an LSTM. W and V are zero at first, so that what is
 * not trained is the rule of feedback.
 */
export type TensorModel = {
  readonly spec: SteeredSpec;
  readonly layout: ParameterLayout;
  /** @param weights (layout.total) */
  bind(weights: Float32Array): TensorReader;
};

/** @throws ConfigError for an illegal spec */
export function createTensorModel(spec: SteeredSpec): TensorModel {
  checkSteeredSpec(spec);
  const { width } = spec;
  const cell = cellOf(spec);
  const layout = layoutParameters([
    { name: "linear", shape: [STATISTICS, READ], init: "zeros" },
    ...(cell === undefined
      ? []
      : ([
          { name: "in/weight", shape: [STATISTICS, width], init: { normal: 1 / Math.sqrt(STATISTICS) } },
          { name: "in/bias", shape: [width], init: "zeros" },
          ...cell.parameters.map((p) => ({ ...p, name: `cell/${p.name}` })),
          { name: "out", shape: [width, READ], init: "zeros" },
        ] satisfies ParameterSpec[])),
  ]);
  return {
    spec,
    layout,
    bind(weights) {
      checkLength("weights", weights.length, layout.total, "those of the steered optimizer's layout");
      return bindReader(cell, width, layout, weights.slice());
    },
  };
}

function cellOf({ memory, width, tau, features, seed }: SteeredSpec): Cell | undefined {
  if (memory === "none") return undefined;
  if (memory === "lstm") return createLstmCell(width, width);
  const phi = { ...MNEMOSYNE_SPEC.memory, features, seed };
  return createMemoryCell({ ...MNEMOSYNE_SPEC, width, taus: [tau], memory: phi }, 0);
}

function bindReader(
  cell: Cell | undefined,
  width: number,
  layout: ParameterLayout,
  weights: Float32Array,
): TensorReader {
  const named: Record<string, Float32Array> = {};
  for (const { name, offset, size } of layout.entries) named[name] = weights.subarray(offset, offset + size);
  const step = cell?.bind(withoutPrefix(named, "cell/"));
  const enter = cell && transposed(named["in/weight"], STATISTICS, width);
  const z = new Float64Array(STATISTICS);
  const x = new Float64Array(width);
  return {
    sizes: cell?.sizes ?? [],
    fills: cell?.fills ?? [],
    read(all, from, to, out) {
      for (let k = 0; k * READ < out.length; k++) {
        z.set(all.subarray(k * STATISTICS, (k + 1) * STATISTICS));
        for (let r = 0; r < READ; r++) out[k * READ + r] = column(named.linear, z, r);
        if (step === undefined || enter === undefined) continue;
        addDense(enter, named["in/bias"], z, width, STATISTICS, x);
        step(x, from, to, k, x);
        for (let r = 0; r < READ; r++) out[k * READ + r] += column(named.out, x, r);
      }
    },
    tensors(all, state) {
      const own = unpackParameters(constant(all.graph, weights, [layout.total]), layout);
      const linear = matMul(all, own.linear);
      if (cell === undefined) return { out: linear, state: [] };
      const entered = dense(all, own["in/weight"], own["in/bias"]);
      const next = cell.tensors(withoutPrefix(own, "cell/"), entered, state);
      return { out: add(linear, matMul(next.out, own.out)), state: next.state };
    },
  };
}

/** Column r of a matrix with READ columns, times x. */
function column(matrix: Float32Array, x: Float64Array, r: number): number {
  let dot = 0;
  for (let i = 0; i < x.length; i++) dot += matrix[i * READ + r] * x[i];
  return dot;
}

/** (rows, inputs) of a (inputs, rows) matrix. */
function transposed(w: Float32Array, inputs: number, rows: number): Float64Array {
  const out = new Float64Array(inputs * rows);
  for (let i = 0; i < inputs; i++) for (let r = 0; r < rows; r++) out[r * inputs + i] = w[i * rows + r];
  return out;
}
