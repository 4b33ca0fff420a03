import { ConfigError, checkLength, checkNotNegative, checkPositive } from "../base/index.ts";
import { areFinite } from "./are-finite.ts";
import { clipFactor } from "./clip-global-norm.ts";
import { createGraphOptimizer } from "./graph-optimizer.ts";
import type { Optimizer, OptimizerState, OptimizerStep } from "./optimizer.ts";
import { lengthsOf, type UpdateRule } from "./update-rule.ts";

/** A learning rate as a pure function of the number of updates done before, 0, 1, ... */
export type Schedule = (step: number) => number;

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
  const allocate = (n: number): Float32Array[] => {
    rule.checkSize?.(n);
    return lengthsOf(rule, n).map((length) => new Float32Array(length));
  };

  const graph = createGraphOptimizer(rule, hyper, clipNorm);
  return {
    name: rule.name,
    init(params) {
      const slots = allocate(params.length);
      rule.fills?.(params).forEach((fill, s) => {
        slots[s].fill(fill);
      });
      return { step: 0, skipped: 0, slots };
    },
    update(grads, state, params, spare, loss) {
      checkStep(rule, grads, state, params, spare);
      const { step, skipped, slots } = state;
      const updates = spare?.updates ?? new Float32Array(params.length);
      const out = { updates, slots: spare?.state.slots ?? allocate(params.length) };
      const scale = clipNorm === undefined ? 1 : clipFactor(grads, clipNorm);
      const isFiniteState = rule.apply({ grads, scale, params, slots, loss, hyper: hyper(step) }, out);
      if (isFiniteState !== false && isFiniteStep(grads, params, updates, isFiniteState ? [] : out.slots))
        return { updates, state: { step: step + 1, skipped, slots: out.slots } };
      return refuseStep(updates, out.slots, state);
    },
    ...(graph && { graph }),
  };
}

/** A step that is skipped: zeros for updates, the slots as they were. */
export function refuseStep(
  updates: Float32Array,
  slots: readonly Float32Array[],
  state: OptimizerState,
): OptimizerStep {
  updates.fill(0);
  slots.forEach((slot, s) => {
    slot.set(state.slots[s]);
  });
  return { updates, state: { step: state.step, skipped: state.skipped + 1, slots } };
}

/** Whether the gradient is finite and everything that would be written is, as float32. */
function isFiniteStep(
  grads: Float32Array,
  params: Float32Array,
  updates: Float32Array,
  slots: readonly Float32Array[],
): boolean {
  let zero = 0; // 0 * x is NaN for NaN and infinite x alone
  for (let i = 0; i < grads.length; i++) zero += 0 * Math.fround(params[i] + updates[i]);
  return zero === 0 && areFinite([grads, ...slots]);
}

function checkStep(
  rule: UpdateRule,
  grads: Float32Array,
  state: OptimizerState,
  params: Float32Array,
  spare: OptimizerStep | undefined,
): void {
  const n = params.length;
  checkLength("grads", grads.length, n, "params.length");
  if (spare) checkLength("spare.updates", spare.updates.length, n, "params.length");
  for (const [name, slots] of Object.entries({
    "state.slots": state.slots,
    "spare.state.slots": spare?.state.slots,
  })) {
    if (slots === undefined) continue;
    checkLength(name, slots.length, rule.slots, `slots of ${rule.name}`);
    lengthsOf(rule, n).forEach((length, s) => {
      checkLength(`${name}[${s}]`, slots[s].length, length, `slots of ${rule.name} for ${n} parameters`);
    });
  }
  if (spare) checkSpare(spare, grads, params, state);
}

/** Throws a {@link ConfigError} for a spare result whose arrays are still in use. */
export function checkSpare(
  spare: OptimizerStep,
  grads: Float32Array,
  params: Float32Array,
  state: OptimizerState,
): void {
  const inUse = [grads, params, ...state.slots];
  if ([spare.updates, ...spare.state.slots].some((array) => inUse.includes(array)))
    throw new ConfigError(
      "spare shares an array with grads, params or state, expected the result before last",
    );
}
