import { checkLength } from "../base/index.ts";
import { abs, add, less, mul, scalar, slice, sum, type Tensor, where } from "../graph/index.ts";
import { clipTensorByGlobalNorm } from "./clip-global-norm.ts";
import { lengthsOf, type UpdateRule } from "./update-rule.ts";

/** The tensors that one update computes. */
export type GraphStep = {
  /** (n) the parameters after the update. */
  readonly params: Tensor;
  readonly slots: readonly Tensor[];
  /** (1) one where the update was taken; zero where it was skipped and params and slots are the old ones. */
  readonly sound: Tensor;
};

/**
 * The update of an optimizer as graph pieces, so that a training step (forward, backward, update) is one
 * graph. Whoever runs it feeds `hyper(step)`, keeps parameters and slots, and counts: `step` goes up by
 * `sound`, `skipped` by `1 - sound`. Slots are those of `init(params)`, so a state moves freely between
 * this form and typed arrays.
 */
export type GraphOptimizer = {
  /** How many slots; each has the length it has in `init(params).slots`. */
  readonly slots: number;
  /** Length h of the hyper input. */
  readonly hyperSize: number;
  /** What step number `step` is fed: the learning rate, bias corrections. (h) */
  hyper(step: number): Float32Array;
  /**
   * @param params (n)
   * @param grads (n)
   * @param hyper (h)
   * @param loss (1) of the batch, for optimizers that look at it
   * @throws ShapeError for other shapes or another number of slots
   */
  update(params: Tensor, grads: Tensor, slots: readonly Tensor[], hyper: Tensor, loss?: Tensor): GraphStep;
};

/** 2^-100: float32's largest number times it is 2.7e8, so the sum below cannot overflow by itself. */
const SHRINK = 2 ** -100;

/**
 * Whether every element of some flat vectors is finite: `sum |x| 2^-100 < 1e38`, false for NaN. (The sum
 * of squares would overflow for honest gradients of 1e20; `0 x` may be folded away by a shader compiler.)
 *
 * @param xs each (n)
 * @returns (1), bool
 */
export function allFinite(xs: readonly [Tensor, ...Tensor[]]): Tensor {
  const sizes = xs.map((x) => sum(mul(abs(x), SHRINK), [0], true));
  return less(
    sizes.reduce((a, b) => add(a, b)),
    1e38,
  );
}

/** The graph form of a rule, undefined where the rule has none. */
export function createGraphOptimizer(
  rule: UpdateRule,
  hyper: (step: number) => Float32Array,
  clipNorm: number | undefined,
): GraphOptimizer | undefined {
  const { name, tensors } = rule;
  if (tensors === undefined) return undefined;
  const hyperSize = rule.hyper(0, 0).length;
  return {
    slots: rule.slots,
    hyperSize,
    hyper,
    update(params, grads, slots, fed, loss) {
      const n = params.shape[0];
      checkFlat("params", params, n, "params.shape[0]");
      checkFlat("grads", grads, n, "params.shape[0]");
      checkLength("slots", slots.length, rule.slots, `slots of ${name}`);
      lengthsOf(rule, n).forEach((length, s) => {
        checkFlat(`slots[${s}]`, slots[s], length, `slots of ${name} for ${n} parameters`);
      });
      checkFlat("hyper", fed, hyperSize, `hyperSize of ${name}`);
      rule.checkSize?.(n);

      const clipped = clipNorm === undefined ? grads : clipTensorByGlobalNorm(grads, clipNorm);
      const numbers = Array.from({ length: hyperSize }, (_, i) => slice(fed, 0, i, i + 1));
      const next = tensors({ grads: clipped, params, slots, hyper: numbers, loss });
      const moved = add(params, next.updates);
      const sound = allFinite([grads, moved, ...(next.outputs ? [next.outputs] : [])]);
      const { graph } = params;
      return {
        params: where(sound, moved, params),
        slots: next.slots.map((slot, s) => where(sound, slot, slots[s])),
        sound: where(sound, scalar(graph, 1), scalar(graph, 0)),
      };
    },
  };
}

function checkFlat(name: string, { shape }: Tensor, n: number, formula: string): void {
  checkLength(`${name}.shape`, shape.length, 1, "a flat vector's");
  checkLength(name, shape[0], n, formula);
}
