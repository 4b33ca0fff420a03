import { checkLength, ShapeError } from "../../base/index.ts";
import {
  layoutParameters,
  mul,
  type ParameterLayout,
  reshape,
  slice,
  type Tensor,
  unpackParameters,
} from "../../graph/index.ts";
import type { Optimizee } from "../optimizees/optimizee.ts";
import { memformerGraph } from "./memformer-graph.ts";
import { batchesOf, MEMFORMER_BATCH, type MemformerOptions, squaredError } from "./memformer-optimizee.ts";
import { completeSpec, type MemformerSpec, memformerLayout } from "./memformer-spec.ts";

/**
 * Networks of one head each as the heads of one network, a mixture of experts: their matrices of attention side by
 * side, the weights of their registers averaged.
 *
 * @param spec of the mixture; its heads are as many as the experts
 * @param experts parameters of the same spec with one head
 * @returns (total) of the mixture's layout
 */
export function joinExperts(spec: MemformerSpec, experts: readonly ArrayLike<number>[]): Float32Array {
  const { heads } = completeSpec(spec);
  if (experts.length !== heads)
    throw new ShapeError(`experts has length ${experts.length}, expected heads = ${heads}`);
  const single = memformerLayout({ ...spec, heads: 1 });
  experts.forEach((expert, h) => {
    checkLength(`experts[${h}]`, expert.length, single.total, "total");
  });
  const joined = memformerLayout(spec);
  const out = new Float32Array(joined.total);
  joined.entries.forEach(({ name, offset }, e) => {
    const { offset: from, size } = single.entries[e];
    experts.forEach((expert, h) => {
      for (let i = 0; i < size; i++)
        if (isMatrix(name)) out[offset + h * size + i] = expert[from + i];
        else out[offset + i] += expert[from + i] / heads;
    });
  });
  return out;
}

/**
 * The adaptation of a mixture to new prompts: its heads stay as they are, their weights in each layer (a gate,
 * `1 / heads` at first) and those of the registers are trained. Its problem holds the mixture, `experts` (total).
 *
 * @param mixture (total) of the spec's layout, see {@link joinExperts}
 * @throws ConfigError as {@link createMemformer}
 */
export function createGate(options: MemformerOptions, mixture: Float32Array): Optimizee {
  const { spec, prompts, batch = MEMFORMER_BATCH } = options;
  const layout = memformerLayout(spec);
  checkLength("mixture", mixture.length, layout.total, "total");
  const trained = gateLayout(spec);
  return {
    name: "memformer-gate",
    layout: trained,
    problem: [{ name: "experts", shape: [layout.total] }],
    ...batchesOf(spec, prompts, batch),
    loss(params, { experts, Z, y }) {
      const heads = unpackParameters(experts, layout);
      const { gate, ...registers } = unpackParameters(params, trained);
      const gated = layout.entries
        .filter(({ name }) => /^A\d/.test(name))
        .map(({ name, shape }, l): [string, Tensor] => {
          const row = reshape(
            slice(gate, 0, l, l + 1),
            shape.map((size, axis) => (axis === 0 ? size : 1)),
          );
          return [name, mul(heads[name], row)];
        });
      return squaredError(
        memformerGraph(spec, { ...heads, ...registers, ...Object.fromEntries(gated) }, Z),
        y,
      );
    },
    init() {
      const params = new Float32Array(trained.total);
      for (const { name, offset, size } of trained.entries) {
        const own = layout.entries.find((entry) => entry.name === name);
        if (own === undefined) params.fill(1 / completeSpec(spec).heads, offset, offset + size);
        else params.set(mixture.subarray(own.offset, own.offset + size), offset);
      }
      return params;
    },
    drawProblem: () => ({ experts: { data: mixture, shape: [layout.total] } }),
  };
}

/** The mixture behind a gate as a memformer of its own: attention is linear in A, so that A takes the gate in. */
export function closeGate(
  spec: MemformerSpec,
  mixture: Float32Array,
  params: ArrayLike<number>,
): Float32Array {
  const { heads } = completeSpec(spec);
  const trained = gateLayout(spec);
  checkLength("params", params.length, trained.total, "total");
  const out = mixture.slice();
  let l = 0;
  for (const { name, offset, size } of memformerLayout(spec).entries) {
    const own = trained.entries.find((entry) => entry.name === name);
    if (own !== undefined) for (let i = 0; i < size; i++) out[offset + i] = params[own.offset + i];
    if (!/^A\d/.test(name)) continue;
    for (let i = 0; i < size; i++) out[offset + i] *= params[l * heads + Math.floor((i * heads) / size)];
    l++;
  }
  return out;
}

/** `gate` (layers, heads), then the weights of the registers. */
function gateLayout(spec: MemformerSpec): ParameterLayout {
  const { layers, heads } = completeSpec(spec);
  return layoutParameters([
    { name: "gate", shape: [layers, heads], init: "zeros" },
    ...memformerLayout(spec).entries.filter(({ name }) => !isMatrix(name)),
  ]);
}

function isMatrix(name: string): boolean {
  return /^[AB]\d/.test(name);
}
