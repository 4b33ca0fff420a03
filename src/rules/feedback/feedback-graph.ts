import {
  abs,
  add,
  clip,
  concat,
  constant,
  div,
  exp,
  greater,
  max,
  maximum,
  minimum,
  mul,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from "../../graph/index.ts";
import { GRADIENT_LIMIT } from "../gradient-limit.ts";
import type { RuleTensors } from "../update-rule.ts";
import { type FeedbackSteering, TINY_SQUARE } from "./feedback-arrays.ts";
import { type FeedbackTensors, HYPER } from "./feedback-law.ts";

/** In place of a divisor that may be zero. */
const TINY = 1e-30;

/**
 * The step as graph pieces: the coordinates of one tensor after the other, and what is known of a tensor as vectors (K).
 * Gradients are taken relative to the largest of their tensor, so that no square overflows float32.
 */
export function feedbackTensorStep(
  { law, target }: FeedbackSteering,
  { places, unit }: FeedbackTensors,
  { grads, slots, hyper, loss }: RuleTensors,
): { readonly updates: Tensor; readonly slots: readonly Tensor[] } {
  const { graph } = grads;
  const [m, v, last, log, meanSquare, weight, losses] = slots;
  const K = places.length;
  const g = clip(grads, -GRADIENT_LIMIT, GRADIENT_LIMIT);
  const nextM = add(mul(m, law.beta1), mul(g, 1 - law.beta1));
  const nextV = add(mul(v, law.beta2), mul(square(g), 1 - law.beta2));
  const d = div(nextM, sqrt(maximum(nextV, TINY_SQUARE)));

  const cut = (x: Tensor): Tensor[] => places.map(({ offset, size }) => slice(x, 0, offset, offset + size));
  const [gs, us, ds] = [g, last, d].map(cut);
  const total = (x: Tensor): Tensor => sum(x, [0], true);
  const each = (of: (k: number) => Tensor): Tensor =>
    concat(
      places.map((_, k) => of(k)),
      0,
    );
  const sizes = gs.map((own) => max(abs(own), [0], true));
  const units = gs.map((own, k) => div(own, maximum(sizes[k], TINY)));
  const size = concat(sizes, 0);
  const gg = each((k) => total(square(units[k])));
  const dot = each((k) => total(mul(us[k], units[k])));
  const uu = each((k) => total(square(us[k])));
  const dd = each((k) => total(square(ds[k])));

  const share = div(size, maximum(max(size, [0], true), TINY));
  const ofAll = concat([sum(mul(share, dot), [0], true), total(mul(square(share), gg)), total(uu)], 0);
  const [allDot, allGg, allUu] = [0, 1, 2].map((i) => slice(ofAll, 0, i, i + 1));
  const dots = concat([dot, allDot], 0);
  const products = concat([mul(gg, uu), mul(allGg, allUu)], 0);
  const there = where(greater(products, 0), 1, 0);
  const a = mul(there, mul(div(dots, sqrt(maximum(products, TINY))), -1));

  const fresh = mul(there, law.fresh);
  const nextSquare = add(meanSquare, mul(fresh, sub(square(a), meanSquare)));
  const nextWeight = add(weight, mul(fresh, sub(1, weight)));
  const normalized = where(
    greater(abs(a), 0),
    div(a, sqrt(div(maximum(nextSquare, TINY_SQUARE), maximum(nextWeight, TINY)))),
    0,
  );

  const shares = concat([hyper[HYPER.fastLoss], hyper[HYPER.slowLoss]], 0);
  const nextLosses = loss === undefined ? losses : add(losses, mul(shares, sub(loss, losses)));
  const usual = slice(nextLosses, 0, 1, 2);
  const isRising = greater(sub(slice(nextLosses, 0, 0, 1), usual), abs(usual));

  const signal = sub(normalized, target);
  const pull = add(mul(slice(signal, 0, 0, K), law.gainOwn), mul(slice(signal, 0, K, K + 1), law.gainAll));
  const change = mul(mul(pull, hyper[HYPER.gain]), slice(there, 0, 0, K));
  const held = where(isRising, minimum(change, 0), change);
  const nextLog = clip(add(log, held), Math.log(law.least), Math.log(law.most));

  const inverse = constant(
    graph,
    Float32Array.from(places, (place) => 1 / place.size),
    [K],
  );
  const rms = maximum(sqrt(mul(dd, inverse)), law.quiet);
  const step = mul(exp(nextLog), constant(graph, Float32Array.from(unit), [K]));
  const factor = where(greater(size, 0), div(mul(mul(step, hyper[HYPER.late]), -1), rms), 0);
  const updates = concat(
    ds.map((own, k) => mul(own, slice(factor, 0, k, k + 1))),
    0,
  );
  return { updates, slots: [nextM, nextV, updates, nextLog, nextSquare, nextWeight, nextLosses] };
}
