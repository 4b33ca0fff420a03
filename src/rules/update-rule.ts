import type { Tensor } from "../graph/index.ts";

/** One step of an elementwise rule on typed arrays. All vectors (n). */
export type RuleInput = {
  readonly grads: Float32Array;
  /** Each gradient is multiplied by it first (global-norm clipping). */
  readonly scale: number;
  readonly params: Float32Array;
  readonly slots: readonly Float32Array[];
  /** Of the batch that the gradient is of; undefined where the caller does not say. */
  readonly loss?: number;
  /** (h) what `hyper` gave for this step, rounded to float32 as in a graph. */
  readonly hyper: Float32Array;
};

/** Where a rule writes; shares no array with its input. */
export type RuleOutput = { readonly updates: Float32Array; readonly slots: readonly Float32Array[] };

/** A step of an update rule on tensors; the gradients are clipped already. Vectors (n), each number of `hyper` (1). */
export type RuleTensors = {
  readonly grads: Tensor;
  readonly params: Tensor;
  readonly slots: readonly Tensor[];
  readonly hyper: readonly Tensor[];
  /** (1), where the caller says it. */
  readonly loss?: Tensor;
};

/** The mathematics of one optimizer; `createOptimizer` adds clipping, schedules and bad-step handling. */
export type UpdateRule = {
  readonly name: string;
  /** State vectors, of the length of the parameters and zero at first unless `lengths` and `fills` say otherwise. */
  readonly slots: number;
  /** Floats of each state vector for n parameters, and what it is filled with at first, where the parameters are these. */
  lengths?(n: number): readonly number[];
  fills?(params: Float32Array): readonly number[];
  /** Throws for more parameters than it can keep a state for. */
  checkSize?(n: number): void;
  /** The numbers that change from step to step. */
  hyper(learningRate: number, step: number): readonly number[];
  /** @returns whether the slots written are finite; where it does not say, they are looked through */
  apply(input: RuleInput, out: RuleOutput): boolean | undefined;
  /** The step as graph pieces; without it the optimizer has no `graph`. */
  tensors?(input: RuleTensors): {
    readonly updates: Tensor;
    readonly slots: readonly Tensor[];
    /** (n) must be finite, too. */
    readonly outputs?: Tensor;
  };
};

/** Floats of each state vector of a rule for n parameters. */
export function lengthsOf({ slots, lengths }: UpdateRule, n: number): readonly number[] {
  return lengths?.(n) ?? Array<number>(slots).fill(n);
}
