import { ConfigError, checkLength, checkNotNegative, checkPositive } from "../base/index.ts";
import { clipFactor } from "./clip-global-norm.ts";
import { createGraphOptimizer } from "./graph-optimizer.ts";
import type { Optimizer, OptimizerState, OptimizerStep } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import type { RuleOutput, UpdateRule } from "./update-rule.ts";

/** What every optimizer made by {@link createOptimizer} takes. */
export type CommonOptions = {
  /** A number >= 0, or a function of the step. */
  readonly learningRate?: number | Schedule;
  /** Longer gradients are shortened to this Euclidean norm over all parameters, > 0; default: never. */
  readonly clipNorm?: number;
};

/**
 * An optimizer from its rule.
 *
 * @throws ConfigError for an illegal learning rate or clipNorm
 */
export function createOptimizer(rule: UpdateRule, options: CommonOptions): Optimizer {
  const { learningRate, clipNorm } = options;
  if (typeof learningRate !== "function") checkNotNegative("learningRate", learningRate as number);
  if (clipNorm !== undefined) checkPositive("clipNorm", clipNorm);

  const hyper = (step: number): Float32Array => {
    const rate = typeof learningRate === "function" ? learningRate(step) : (learningRate as number);
    if (!(rate >= 0 && rate < Infinity))
      throw new ConfigError(`learningRate(${step}) is ${rate}, expected a finite number >= 0`);
    return Float32Array.from(rule.hyper(rate, step));
  };

  const update = (
    grads: Float32Array,
    state: OptimizerState,
    params: Float32Array,
    spare: OptimizerStep = emptyStep(params.length, rule.slots),
  ): OptimizerStep => {
    checkStep(rule, grads, state, params, spare);
    const { step, skipped, slots } = state;
    const out = { updates: spare.updates, slots: spare.state.slots };
    const scale = clipNorm === undefined ? 1 : clipFactor(grads, clipNorm);
    rule.apply({ grads, scale, params, slots, hyper: hyper(step) }, out);
    if (isFiniteStep(grads, params, out))
      return { updates: out.updates, state: { step: step + 1, skipped, slots: out.slots } };
    out.updates.fill(0);
    for (let s = 0; s < slots.length; s++) out.slots[s].set(slots[s]);
    return { updates: out.updates, state: { step, skipped: skipped + 1, slots: out.slots } };
  };

  const graph = createGraphOptimizer(rule, hyper, clipNorm);
  return {
    name: rule.name,
    init: (params) => emptyStep(params.length, rule.slots).state,
    update,
    ...(graph && { graph }),
  };
}

function emptyStep(n: number, slots: number): OptimizerStep {
  const vectors = Array.from({ length: slots }, () => new Float32Array(n));
  return { updates: new Float32Array(n), state: { step: 0, skipped: 0, slots: vectors } };
}

/** Whether the gradient is finite and everything that would be written is, as float32. */
function isFiniteStep(grads: Float32Array, params: Float32Array, out: RuleOutput): boolean {
  let zero = 0; // 0 * x is NaN for NaN and infinite x alone
  for (let i = 0; i < grads.length; i++) {
    zero += 0 * grads[i] + 0 * Math.fround(params[i] + out.updates[i]);
  }
  for (const slot of out.slots) for (let i = 0; i < slot.length; i++) zero += 0 * slot[i];
  return zero === 0;
}

function checkStep(
  rule: UpdateRule,
  grads: Float32Array,
  state: OptimizerState,
  params: Float32Array,
  spare: OptimizerStep,
): void {
  const n = params.length;
  checkLength("grads", grads.length, n, "params.length");
  checkLength("spare.updates", spare.updates.length, n, "params.length");
  for (const [name, slots] of [
    ["state.slots", state.slots],
    ["spare.state.slots", spare.state.slots],
  ] as const) {
    checkLength(name, slots.length, rule.slots, `slots of ${rule.name}`);
    slots.forEach((slot, s) => {
      checkLength(`${name}[${s}]`, slot.length, n, "params.length");
    });
  }
  const inUse = [grads, params, ...state.slots];
  if ([spare.updates, ...spare.state.slots].some((array) => inUse.includes(array)))
    throw new ConfigError(
      "spare shares an array with grads, params or state, expected the result before last",
    );
}
