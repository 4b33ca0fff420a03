import { checkCount, checkLength, checkName } from "../../base/index.ts";
import { createOptimizer } from "../create-optimizer.ts";
import type { TensorPlaces } from "../flat-ranges.ts";
import type { Optimizer } from "../optimizer.ts";
import type { UpdateRule } from "../update-rule.ts";
import type { DirectionReader } from "./direction-reader.ts";
import { createFeedbackArrays, MEAN_SLOTS, OWN_SLOTS } from "./feedback-arrays.ts";
import { feedbackTensorStep } from "./feedback-graph.ts";
import {
  FEEDBACK_LAW,
  type FeedbackLaw,
  type FeedbackTensors,
  feedbackHyper,
  feedbackTensors,
  firstStep,
  ORTHOGONAL_LAW,
  targetOf,
} from "./feedback-law.ts";
import { areGiven } from "./given-weights.ts";
import type { TensorReader } from "./tensor-reader.ts";

/** Where a matrix is moved to: along Adam's direction, or along the mean gradient made orthogonal. */
export const FEEDBACK_DIRECTIONS = ["adam", "orthogonal"] as const;
export type FeedbackDirection = (typeof FEEDBACK_DIRECTIONS)[number];

export type FeedbackOptions = {
  /** Default: "adam". */
  readonly direction?: FeedbackDirection;
  /** The tensors of the flat vector; without them it is one vector. */
  readonly layout?: TensorPlaces;
  /** Updates of the whole run, where that is known: steps then grow long and end short. */
  readonly horizon?: number;
  /** Longer gradients are shortened to this Euclidean norm over all parameters, > 0; default: never. */
  readonly clipNorm?: number;
};

/** What {@link createFeedbackRule} takes: the options, the law where it is not that of the direction, and what is learned. */
export type FeedbackRuleOptions = Pick<FeedbackOptions, "layout" | "horizon" | "direction"> & {
  readonly name?: string;
  readonly law?: FeedbackLaw;
  readonly reader?: TensorReader;
  readonly directions?: DirectionReader;
  /** Whether as WebAssembly, where there is that; default: true. */
  readonly simd?: boolean;
};

/**
 * An optimizer without a learning rate: the direction is Adam's, of unit root mean square per tensor; the size of a step is
 * found on the way, for every tensor T of its own, from whether gradients point against the last update.
 *
 *     d = m / sqrt(v)                          moments as Adam's, a tensor's common factor being of no account
 *     u_T = -late(t) s_T k_T d_T / rms(d_T)    k_T = 1 / sqrt(fan-in), 0.1 for vectors
 *     a = -<u', g> / (|u'| |g|)                u' the last update; of all tensors, and a_T of one
 *     a^ = a / rms(a)                          rms over time: a cosine's size depends on dimension and noise, its
 *                                              mean over its root mean square does not
 *     log s_T += gain(t) (0.05 (a^ - target) + 0.04 (a^_T - target))
 *
 * `a` is positive where the last step was too short. The target is negative: steps a little too long on purpose, less so in long runs along orthogonal directions, shortened
 * by a cosine at the end (`late`, with a horizon). A network that has been trained before begins with a third of the step. Where the loss rises, by its fast mean over twice its slow one, no
 * step grows. A tensor without a gradient stands still. Scaling the loss or permuting coordinates changes nothing.
 *
 * @throws ConfigError for an illegal option; `init` and `update` throw ShapeError for vectors that are not the layout's
 *
 * Source: the hypergradient of Baydin et al. 2018 for the signal; unit updates per tensor as in arXiv 2602.19142; the
 * normalized signal is this project's.
 */
export function createFeedback(options: FeedbackOptions = {}): Optimizer {
  const { clipNorm, ...rule } = options;
  return createOptimizer(createFeedbackRule(rule), { learningRate: 1, clipNorm });
}

/**
 * The rule of {@link createFeedback}, and of what is learned on top of it. Slots: m, v, the last update (n each), log s (K),
 * mean squares of the signal and their weights (K + 1 each, the last of all tensors), means of the loss (2); with a
 * reader fast and slow means of the signal (K + 1 each) and its memories; with one of directions its memories.
 */
export function createFeedbackRule(options: FeedbackRuleOptions): UpdateRule {
  const { layout, horizon, reader, directions, simd, direction = "adam" } = options;
  checkName("direction", direction, FEEDBACK_DIRECTIONS);
  const isOrthogonal = direction === "orthogonal";
  const { law = isOrthogonal ? ORTHOGONAL_LAW : FEEDBACK_LAW } = options;
  const { name = isOrthogonal ? "feedback-orthogonal" : "feedback" } = options;
  if (horizon !== undefined) checkCount("horizon", horizon, 1);
  let known: (FeedbackTensors & { n: number }) | undefined; // of the last n
  const tensorsOf = (n: number): FeedbackTensors => {
    if (known?.n !== n) known = { n, ...feedbackTensors(law, layout, n) };
    return known;
  };
  const target = targetOf(law, horizon);
  const firstLog = Math.log(firstStep(law, horizon));
  const steering = { law, target, firstLog, reader, isOrthogonal, directions, simd };
  const arrays = createFeedbackArrays(steering);
  const { sizes, fills } = reader ?? { sizes: [], fills: [] };
  const own = directions ?? { sizes: [], fills: [] };
  return {
    name,
    slots: OWN_SLOTS + (reader ? MEAN_SLOTS + sizes.length : 0) + own.sizes.length,
    lengths(n) {
      const K = tensorsOf(n).places.length;
      const learned = reader ? [K + 1, K + 1, ...sizes.map((size) => K * size)] : [];
      return [n, n, n, K, K + 1, K + 1, 2, ...learned, ...own.sizes.map((size) => n * size)];
    },
    fills(params) {
      const first = firstLog + (layout !== undefined && areGiven(layout, params) ? Math.log(law.given) : 0);
      return [0, 0, 0, first, 0, 0, 0, ...(reader ? [0, 0, ...fills] : []), ...own.fills];
    },
    checkSize(n) {
      if (layout !== undefined) checkLength("params", n, layout.total, "layout.total");
    },
    hyper: (_, t) => feedbackHyper(law, horizon, t),
    apply: (input, out) => arrays(tensorsOf(out.updates.length), input, out),
    tensors: (input) => feedbackTensorStep(steering, tensorsOf(input.grads.shape[0]), input),
  };
}
