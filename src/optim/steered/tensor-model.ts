import { checkLength } from "../../base/index.ts";
import {
  add,
  constant,
  dense,
  layoutParameters,
  matMul,
  mul,
  type ParameterLayout,
  type ParameterSpec,
  softmax,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import { STATISTICS, type TensorReader } from "../../rules/index.ts";
import { type Cell, withoutPrefix } from "../learned/cell.ts";
import { addDense, multiply } from "../learned/dense-rows.ts";
import { MNEMOSYNE_SPEC } from "../learned/learned-spec.ts";
import { createLstmCell } from "../learned/lstm-cell.ts";
import { createMemoryCell } from "../learned/memory-cell.ts";
import { checkSteeredSpec, type SteeredSpec } from "./steered-spec.ts";
import { createTensorEncoder, type TensorEncoder } from "./tensor-encoder.ts";

/** Weights of the spatial encoder. */
const MIXERS = ["query", "key", "value"] as const;
/** What is read of a tensor: by what its step grows, by what its update is multiplied. */
const READ = 2;

/**
 * The network that reads a tensor's statistics z, the same for all tensors, each with a memory of its own:
 *
 *     out = z W + h V,    h = cell(z E + e)
 *
 * The cell is that of Mnemosyne (an associative memory over time) or an LSTM. W and V are zero at first, so that what is
 * not trained is the rule of feedback. A tensor-wise one adds to the cell's input what a hierarchical pooling encoder makes of
 * the tensor's coordinates, and lets the h of all tensors attend to each other before they are read. Where the networks of
 * coordinates are blended, h B are the shares of each.
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
  const { width, features, seed } = spec;
  const cell = cellOf(spec);
  const encoder = spec.tensorwise === true ? createTensorEncoder(width, features, seed) : undefined;
  const blends = spec.coordinates?.blends ?? 0;
  const square = { shape: [width, width], init: { normal: 1 / Math.sqrt(width) } } as const;
  const layout = layoutParameters([
    { name: "linear", shape: [STATISTICS, READ], init: "zeros" },
    ...(cell === undefined
      ? []
      : ([
          { name: "in/weight", shape: [STATISTICS, width], init: { normal: 1 / Math.sqrt(STATISTICS) } },
          { name: "in/bias", shape: [width], init: "zeros" },
          ...cell.parameters.map((p) => ({ ...p, name: `cell/${p.name}` })),
          { name: "out", shape: [width, READ], init: "zeros" },
          ...(blends > 0 ? [{ name: "blend", shape: [width, blends], init: { normal: 1 / Math.sqrt(width) } }] : []), // biome-ignore format: one line
        ] satisfies ParameterSpec[])),
    ...(encoder === undefined
      ? []
      : ([
          ...encoder.parameters.map((p) => ({ ...p, name: `encoder/${p.name}` })),
          { name: "meta", ...square },
          ...MIXERS.map((name) => ({ name: `mix/${name}`, ...square })),
        ] satisfies ParameterSpec[])),
  ]);
  return {
    spec,
    layout,
    bind(weights) {
      checkLength("weights", weights.length, layout.total, "those of the steered optimizer's layout");
      return bindReader(cell, encoder, width, blends, layout, weights.slice());
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
  encoder: TensorEncoder | undefined,
  width: number,
  blends: number,
  layout: ParameterLayout,
  weights: Float32Array,
): TensorReader {
  const named: Record<string, Float32Array> = {};
  for (const { name, offset, size } of layout.entries) named[name] = weights.subarray(offset, offset + size);
  const step = cell?.bind(withoutPrefix(named, "cell/"));
  const enter = cell && transposed(named["in/weight"], STATISTICS, width);
  const fromMeta = encoder && transposed(named.meta, width, width);
  const z = new Float64Array(STATISTICS);
  const more = new Float64Array(width);
  const ownOf = (graph: Tensor["graph"]) =>
    unpackParameters(constant(graph, weights, [layout.total]), layout);
  return {
    sizes: cell?.sizes ?? [],
    fills: cell?.fills ?? [],
    blends,
    ...(encoder && {
      encoder: {
        size: width,
        encode: encoder.bind(withoutPrefix(named, "encoder/")),
        tensors: (tokens) => encoder.tensors(withoutPrefix(ownOf(tokens.graph), "encoder/"), tokens),
      },
    }),
    read(all, from, to, out, meta, blend) {
      const K = out.length / READ;
      const h = new Float64Array(K * width);
      for (let k = 0; k < K; k++) {
        z.set(all.subarray(k * STATISTICS, (k + 1) * STATISTICS));
        for (let r = 0; r < READ; r++) out[k * READ + r] = column(named.linear, z, r);
        if (step === undefined || enter === undefined) continue;
        const x = h.subarray(k * width, (k + 1) * width);
        addDense(enter, named["in/bias"], z, width, STATISTICS, x);
        if (fromMeta !== undefined) {
          multiply(fromMeta, meta.subarray(k * width, (k + 1) * width), width, width, more);
          for (let c = 0; c < width; c++) x[c] += more[c];
        }
        step(x, from, to, k, x);
      }
      if (step === undefined) return;
      const mixed = encoder === undefined ? h : mixTensors(h, width, named);
      for (let k = 0; k < K; k++)
        for (let r = 0; r < READ; r++)
          out[k * READ + r] += column(named.out, mixed.subarray(k * width, (k + 1) * width), r);
      for (let k = 0; k < K; k++)
        for (let b = 0; b < blends; b++)
          blend[k * blends + b] = column(named.blend, mixed.subarray(k * width, (k + 1) * width), b, blends);
    },
    tensors(all, state, meta) {
      const own = ownOf(all.graph);
      const linear = matMul(all, own.linear);
      if (cell === undefined) return { out: linear, state: [] };
      const entered = dense(all, own["in/weight"], own["in/bias"]);
      const x = meta === undefined || encoder === undefined ? entered : add(entered, matMul(meta, own.meta));
      const next = cell.tensors(withoutPrefix(own, "cell/"), x, state);
      const tell = (h: Tensor) => ({
        out: add(linear, matMul(h, own.out)),
        ...(blends > 0 && { blend: matMul(h, own.blend) }),
        state: next.state,
      });
      if (encoder === undefined) return tell(next.out);
      const [q, k, v] = MIXERS.map((name) => matMul(next.out, own[`mix/${name}`]));
      const shares = softmax(mul(matMul(q, k, { transposeB: true }), 1 / Math.sqrt(width)), 1);
      return tell(add(next.out, matMul(shares, v)));
    },
  };
}

/** The spatial encoder: attention over the tensors, `H + softmax(H Q (H K)' / sqrt(width)) H V`, H (K, width). */
function mixTensors(
  H: Float64Array,
  width: number,
  named: Readonly<Record<string, Float32Array>>,
): Float64Array {
  const K = H.length / width;
  const [q, k, v] = MIXERS.map((name) => {
    const W = transposed(named[`mix/${name}`], width, width);
    const out = new Float64Array(H.length);
    for (let i = 0; i < K; i++) {
      const row = [H, out].map((x) => x.subarray(i * width, (i + 1) * width));
      multiply(W, row[0], width, width, row[1]);
    }
    return out;
  });
  const mixed = H.slice();
  const logs = new Float64Array(K);
  for (let i = 0; i < K; i++) {
    for (let j = 0; j < K; j++) {
      logs[j] = 0;
      for (let c = 0; c < width; c++) logs[j] += (q[i * width + c] * k[j * width + c]) / Math.sqrt(width);
    }
    const most = logs.reduce((a, b) => Math.max(a, b));
    const total = logs.reduce((sum, x) => sum + Math.exp(x - most), 0);
    for (let j = 0; j < K; j++)
      for (let c = 0; c < width; c++)
        mixed[i * width + c] += (Math.exp(logs[j] - most) / total) * v[j * width + c];
  }
  return mixed;
}

/** Column r of a matrix, times x. */
function column(matrix: Float32Array, x: Float64Array, r: number, columns = READ): number {
  let dot = 0;
  for (let i = 0; i < x.length; i++) dot += matrix[i * columns + r] * x[i];
  return dot;
}

/** (rows, inputs) of a (inputs, rows) matrix. */
function transposed(w: Float32Array, inputs: number, rows: number): Float64Array {
  const out = new Float64Array(inputs * rows);
  for (let i = 0; i < inputs; i++) for (let r = 0; r < rows; r++) out[r * inputs + i] = w[i * rows + r];
  return out;
}
