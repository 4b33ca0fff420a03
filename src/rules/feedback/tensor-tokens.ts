import {
  add,
  clip,
  concat,
  div,
  maximum,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { limitGradient } from "../gradient-limit.ts";
import type { RuleInput } from "../update-rule.ts";
import { TOKENS } from "./tensor-reader.ts";

/** Coordinates that are shown together, and at most of one tensor: what a tensor costs does not grow with it. */
export const TOKEN_CHUNK = 64;
export const MOST_SHOWN = 1024;

/** Which coordinates of a tensor are shown: `count` of them, `stride` apart; whole chunks, or one that is shorter. */
export function shownOf(size: number): { count: number; stride: number } {
  const most = Math.min(size, MOST_SHOWN);
  const count = most < TOKEN_CHUNK ? most : TOKEN_CHUNK * Math.floor(most / TOKEN_CHUNK);
  return { count, stride: Math.floor(size / count) };
}

/**
 * The tokens of one tensor: of some of its coordinates the gradient's size in its tensor, whether gradient and Adam's direction
 * agree, the direction's size, and whether gradient and last update oppose. Sizes x as `tanh(log(x))`.
 *
 * @param place where it lies
 * @param rms root mean squares of gradient, direction and last update
 * @param tokens (count, TOKENS), written
 */
export function writeTokens(
  { offset, size }: { readonly offset: number; readonly size: number },
  { grads, scale, slots: [, , last] }: RuleInput,
  directions: Float32Array,
  rms: readonly [number, number, number],
  tokens: Float64Array,
): void {
  const { count, stride } = shownOf(size);
  const [ofGradient, ofDirection, ofLast] = rms.map((x) => (x > 0 ? 1 / x : 0));
  for (let s = 0, i = offset; s < count; s++, i += stride) {
    const g = ofGradient * limitGradient(scale * grads[i]);
    const d = directions[i];
    tokens[s * TOKENS] = (g * g - 1) / (g * g + 1);
    tokens[s * TOKENS + 1] = limited(g * ofDirection * d);
    tokens[s * TOKENS + 2] = (d * d - 1) / (d * d + 1);
    tokens[s * TOKENS + 3] = limited(-g * ofLast * last[i]);
  }
}

const limited = (x: number): number => Math.min(Math.max(x, -1), 1);

/** `writeTokens` as graph pieces; vectors of one tensor. @returns (count, TOKENS) */
export function tokenTensor(gradient: Tensor, direction: Tensor, last: Tensor): Tensor {
  const [size] = gradient.shape;
  const { count, stride } = shownOf(size);
  const shown = (x: Tensor): Tensor =>
    slice(reshape(slice(x, 0, 0, count * stride), [count, stride]), 1, 0, 1);
  const unit = (x: Tensor): Tensor =>
    shown(div(x, maximum(sqrt(mul(sum(square(x), [0], true), 1 / size)), 1e-30)));
  const level = (x: Tensor): Tensor => sub(1, div(2, add(square(x), 1)));
  const g = unit(gradient);
  const agree = clip(mul(g, unit(direction)), -1, 1);
  return concat([level(g), agree, level(shown(direction)), clip(mul(mul(g, unit(last)), -1), -1, 1)], 1);
}
