import { checkDecay, checkKeys, checkLength } from "../base/index.ts";
import { add, mul, scalar, sub, type Tensor, where } from "../graph/index.ts";
import { allFinite } from "./graph-optimizer.ts";

/** An average of parameters and how it came about; plain data for `packState`. */
export type EmaState = {
  /** Parameter vectors averaged so far. */
  readonly step: number;
  /** Parameter vectors left out because they held NaN or infinity. */
  readonly skipped: number;
  /** (n) */
  readonly average: Float32Array;
};

export type EmaOptions = {
  /** Share of the average that stays, 0 <= decay < 1. */
  readonly decay?: number;
  /** A smaller share at first, `min(decay, (1 + t) / (10 + t))`, so that the start is soon forgotten. */
  readonly warmup?: boolean;
};

export const EMA_DEFAULTS = { decay: 0.999, warmup: true } as const;

/** An exponential moving average of the parameters, to be evaluated and shipped in their stead. */
export type Ema = {
  /** The average before the first update: a copy of the parameters (n). */
  init(params: Float32Array): EmaState;
  /**
   * @param params (n) after an optimizer's update; not changed
   * @param spare a state that is no longer needed, whose array is written again; not `state` itself
   */
  update(params: Float32Array, state: EmaState, spare?: EmaState): EmaState;
  readonly graph: GraphEma;
};

/** An exponential average of weights as graph pieces; `step` and `skipped` are counted as with a `GraphOptimizer`. */
export type GraphEma = {
  /** What step number `step` is fed: the weight of the new parameters. (1) */
  hyper(step: number): Float32Array;
  /**
   * @param params (n) after the optimizer's update
   * @param average (n)
   * @param hyper (1)
   * @returns the next average (n), and (1) one where the parameters were finite, else zero
   */
  update(
    params: Tensor,
    average: Tensor,
    hyper: Tensor,
  ): { readonly average: Tensor; readonly sound: Tensor };
};

/**
 * `average <- average + w_t (params - average)`, `w_t = 1 - decay_t`, t = 0, 1, ...
 *
 * @throws ConfigError for a decay outside [0, 1)
 *
 * Source: Polyak and Juditsky 1992; the warm-up is that of TensorFlow's ExponentialMovingAverage.
 */
export function createEma(options: EmaOptions = {}): Ema {
  checkKeys("ema", options, Object.keys(EMA_DEFAULTS));
  const { decay, warmup } = { ...EMA_DEFAULTS, ...options };
  checkDecay("decay", decay);
  const weight = (step: number): number =>
    Math.fround(1 - (warmup ? Math.min(decay, (1 + step) / (10 + step)) : decay));

  return {
    init: (params) => ({ step: 0, skipped: 0, average: params.slice() }),
    update(params, state, spare) {
      const { step, skipped, average } = state;
      checkLength("params", params.length, average.length, "average.length");
      const next = spare?.average ?? new Float32Array(params.length);
      checkLength("spare.average", next.length, params.length, "params.length");
      const w = weight(step);
      let zero = 0; // NaN after one element that is NaN or infinite
      for (let i = 0; i < params.length; i++) {
        next[i] = average[i] + w * (params[i] - average[i]);
        zero += 0 * params[i];
      }
      if (zero === 0) return { step: step + 1, skipped, average: next };
      next.set(average);
      return { step, skipped: skipped + 1, average: next };
    },
    graph: {
      hyper: (step) => Float32Array.of(weight(step)),
      update(params, average, hyper) {
        const { graph } = params;
        const sound = allFinite([params]);
        return {
          average: where(sound, add(average, mul(sub(params, average), hyper)), average),
          sound: where(sound, scalar(graph, 1), scalar(graph, 0)),
        };
      },
    },
  };
}
