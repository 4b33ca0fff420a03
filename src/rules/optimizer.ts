import type { GraphOptimizer } from "./graph-optimizer.ts";

/**
 * What an optimizer remembers: plain data, saved and restored exactly by `packState` and `unpackState`.
 * A learned optimizer may add fields of its own.
 */
export type OptimizerState = {
  /** Updates done so far, skipped ones not counted. */
  readonly step: number;
  /** Updates refused because a gradient or a result was NaN or infinite. */
  readonly skipped: number;
  /** Moments and memories; those of the classical optimizers have the length of the parameters. */
  readonly slots: readonly Float32Array[];
};

/** The result of one update. */
export type OptimizerStep<S extends OptimizerState = OptimizerState> = {
  /** (n) what to add to the parameters; all zero where the step was skipped. */
  readonly updates: Float32Array;
  readonly state: S;
};

/**
 * An optimizer as a pure pair of functions over one flat parameter vector:
 *
 *     let state = optimizer.init(params);
 *     const step = optimizer.update(grads, state, params);
 *     applyUpdates(params, step.updates);
 *     state = step.state;
 *
 * A gradient that is not finite, or a result that would not be, skips the step: `updates` is zero, the
 * slots and `step` stay as they were, and `state.skipped` counts one more.
 */
export type Optimizer<S extends OptimizerState = OptimizerState> = {
  readonly name: string;
  /** The state before the first update. `params` (n), n >= 0. */
  init(params: Float32Array): S;
  /**
   * @param grads (n) gradient of the loss
   * @param params (n) where the gradient was taken; not changed
   * @param spare a result that is no longer needed, of the same n: its arrays are written again, so that a
   *   loop that alternates between two results allocates no vectors. Must share none with `state`.
   * @param loss of the batch that the gradient is of, where it is known at every step: an optimizer without a
   *   learning rate stops growing its steps when the loss rises
   */
  update(
    grads: Float32Array,
    state: S,
    params: Float32Array,
    spare?: OptimizerStep<S>,
    loss?: number,
  ): OptimizerStep<S>;
  /** The update as graph pieces, where it has that form. */
  readonly graph?: GraphOptimizer;
};

/** Adds the updates of a step to the parameters, in place: `params += updates`, both (n). */
export function applyUpdates(params: Float32Array, updates: Float32Array): void {
  for (let i = 0; i < params.length; i++) params[i] += updates[i];
}
