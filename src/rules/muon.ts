import { checkDecay } from "../base/index.ts";
import { add, clip, concat, mul, neg, slice } from "../graph/index.ts";
import { ADAM_DEFAULTS, createAdam } from "./adam.ts";
import { type CommonOptions, createOptimizer } from "./create-optimizer.ts";
import { createOrthogonalizer, type OrthogonalPlan, planOrthogonal } from "./feedback/orthogonal.ts";
import { orthogonalTensor } from "./feedback/orthogonal-graph.ts";
import type { TensorPlace, TensorPlaces } from "./flat-ranges.ts";
import { GRADIENT_LIMIT, limitGradient } from "./gradient-limit.ts";
import type { Optimizer } from "./optimizer.ts";
import { createPartition } from "./partition.ts";

export type MuonOptions = CommonOptions & {
  /** The tensors of the flat vector; without them it is one vector, which Adam moves. */
  readonly layout?: TensorPlaces;
  /** Share of the mean gradient that stays, of matrices and of vectors, 0 <= beta1 < 1. */
  readonly beta1?: number;
  /** Share of the mean square that stays, of vectors, 0 <= beta2 < 1. */
  readonly beta2?: number;
};

export const MUON_DEFAULTS = { learningRate: 0.02, beta1: 0.95, beta2: 0.95 } as const;

/** Steps of Newton and Schulz's iteration. */
const STEPS = 5;
/** Root mean square of a matrix's update over the rate: about that of Adam's, so that one rate serves both. */
const SIZE = 0.2;

/**
 * Muon: a matrix moves along its mean gradient, looking ahead, made orthogonal; all else by Adam, at the same rate.
 *
 *     m <- beta1 m + g,    X = g + beta1 m,    W <- W - 0.2 rate orthogonal(X) / rms(orthogonal(X))
 *
 * @throws ConfigError for an illegal option
 *
 * Source: Jordan et al. 2024; Liu et al. 2025 (arXiv 2502.16982), equation 4, for the size of updates.
 */
export function createMuon(options: MuonOptions = {}): Optimizer {
  const { layout, beta1, beta2, ...common } = { ...MUON_DEFAULTS, ...options };
  checkDecay("beta1", beta1);
  checkDecay("beta2", beta2);
  const rest = createAdam({ ...common, beta1, beta2, epsilon: ADAM_DEFAULTS.epsilon });
  const isMatrix = (place: TensorPlace): boolean => planOrthogonal(place) !== undefined;
  if (!layout?.entries.some(isMatrix)) return { ...rest, name: "muon" };
  const optimizer = (own: TensorPlaces): Optimizer => createMatrices(own, beta1, common);
  const others = layout.entries.some((place) => place.size > 0 && !isMatrix(place));
  return createPartition({
    layout,
    name: "muon",
    parts: [{ select: isMatrix, optimizer }, ...(others ? [{ optimizer: rest }] : [])],
  });
}

/** The matrices alone, one after the other. */
function createMatrices({ entries }: TensorPlaces, beta1: number, common: CommonOptions): Optimizer {
  const orthogonalize = createOrthogonalizer(true, STEPS);
  const plans = entries.map((place): OrthogonalPlan => planOrthogonal(place, place.size)!);
  return createOptimizer(
    {
      name: "muon",
      slots: 1,
      hyper: (rate) => [rate],
      apply({ grads, scale, slots: [m], hyper }, { updates, slots: [next] }) {
        for (let i = 0; i < updates.length; i++) {
          const g = limitGradient(scale * grads[i]);
          next[i] = beta1 * m[i] + g;
          updates[i] = -(g + beta1 * next[i]);
        }
        plans.forEach((plan, k) => {
          orthogonalize(plan, updates, entries[k].offset, SIZE * hyper[0], updates);
        });
        return undefined;
      },
      tensors({ grads, slots: [m], hyper: [rate] }) {
        const g = clip(grads, -GRADIENT_LIMIT, GRADIENT_LIMIT);
        const next = add(mul(m, beta1), g);
        const ahead = neg(add(g, mul(next, beta1)));
        const size = mul(rate, SIZE);
        const turned = plans.map((plan, k) => {
          const { offset, size: count } = entries[k];
          return orthogonalTensor(plan, slice(ahead, 0, offset, offset + count), size, STEPS);
        });
        return { updates: concat(turned, 0), slots: [next] };
      },
    },
    common,
  );
}
