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
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  where,
} from "../../graph/index.ts";
import { GRADIENT_LIMIT } from "../gradient-limit.ts";
import type { RuleTensors } from "../update-rule.ts";
import { type DirectionFactTensors, directionTensors } from "./direction-graph.ts";
import { FAST_SIGNAL, type FeedbackSteering, MEAN_SLOTS, OWN_SLOTS, SLOW_SIGNAL } from "./feedback-arrays.ts";
import { type FeedbackTensors, HYPER, TINY_SQUARE } from "./feedback-law.ts";
import { orthogonalTensor } from "./orthogonal-graph.ts";
import { statisticsTensor } from "./statistics-graph.ts";
import { READ_GAIN } from "./tensor-reader.ts";
import { tokenTensor } from "./tensor-tokens.ts";

/** In place of a divisor that may be zero. */
const TINY = 1e-30;

/** Sum of a vector. (1) */
const total = (x: Tensor): Tensor => sum(x, [0], true);

/**
 * The step as graph pieces: the coordinates of one tensor after the other, and what is known of a tensor as vectors (K).
 * Gradients are taken relative to the largest of their tensor, so that no square overflows float32.
 */
export function feedbackTensorStep(
  steering: FeedbackSteering,
  tensors: FeedbackTensors,
  { grads, params, slots, hyper, loss }: RuleTensors,
): { readonly updates: Tensor; readonly slots: readonly Tensor[] } {
  const { law, reader } = steering;
  const { places } = tensors;
  const { graph } = grads;
  const [m, v, last, log, meanSquare, weight, losses, fast, slow] = slots;
  const K = places.length;
  const g = clip(grads, -GRADIENT_LIMIT, GRADIENT_LIMIT);
  const nextM = add(mul(m, law.beta1), mul(g, 1 - law.beta1));
  const nextV = add(mul(v, law.beta2), mul(square(g), 1 - law.beta2));
  const d = div(nextM, sqrt(maximum(nextV, TINY_SQUARE)));

  const cut = (x: Tensor): Tensor[] => places.map(({ offset, size }) => slice(x, 0, offset, offset + size));
  const [gs, us, ds] = [g, last, d].map(cut);
  const sizes = gs.map((own) => max(abs(own), [0], true));
  const size = concat(sizes, 0);
  const units = gs.map((own, k) => div(own, maximum(sizes[k], TINY)));
  const each = (of: (k: number) => Tensor): Tensor =>
    concat(
      places.map((_, k) => total(of(k))),
      0,
    );
  const gg = each((k) => square(units[k]));
  const signal = findSignal(size, gg, each((k) => mul(us[k], units[k])), each((k) => square(us[k]))); // biome-ignore format: one line
  const mean = (old: Tensor, x: Tensor, share: number): Tensor =>
    add(old, mul(mul(signal.there, share), sub(x, old)));
  const nextSquare = mean(meanSquare, square(signal.a), law.fresh);
  const nextWeight = add(weight, mul(mul(signal.there, law.fresh), sub(1, weight)));
  const shares = concat([hyper[HYPER.fastLoss], hyper[HYPER.slowLoss]], 0);
  const nextLosses = loss === undefined ? losses : add(losses, mul(shares, sub(loss, losses)));

  const inverse = constant(
    graph,
    Float32Array.from(places, (place) => 1 / place.size),
    [K],
  );
  const rms = (xs: readonly Tensor[]): Tensor =>
    sqrt(
      mul(
        each((k) => square(xs[k])),
        inverse,
      ),
    );
  const directionRms = rms(ds);
  const facts = { gs: units, us, ds, means: cut(nextM), squares: cut(nextV), directionRms, hyper };
  let blend: Tensor | undefined;
  let said: readonly [Tensor, Tensor] | undefined;
  const learned: Tensor[] = [];
  if (reader !== undefined) {
    const means = [mean(fast, signal.a, FAST_SIGNAL), mean(slow, signal.a, SLOW_SIGNAL)] as const;
    const absolute = square(each((k) => abs(units[k])));
    const known = {
      fast: means[0],
      slow: means[1],
      square: nextSquare,
      directionRms,
      parameterRms: rms(cut(params)),
      participation: mul(div(absolute, maximum(gg, TINY)), inverse),
      logStep: log,
      losses: nextLosses,
      hyper,
    };
    const { encoder } = reader;
    const meta =
      encoder &&
      concat(
        units.map((own, k) => encoder.tensors(tokenTensor(own, ds[k], us[k]))),
        0,
      );
    const z = statisticsTensor(tensors, known, steering.firstLog);
    const first = OWN_SLOTS + MEAN_SLOTS;
    const read = reader.tensors(z, slots.slice(first, first + reader.sizes.length), meta);
    said = [0, 1].map((i) => tanh(reshape(slice(read.out, 1, i, i + 1), [K]))) as [Tensor, Tensor];
    learned.push(...means, ...read.state);
    blend = read.blend;
  }
  const told = turnTensors(steering, tensors, facts, slots, blend);

  const signals = { ...signal, square: nextSquare, weight: nextWeight };
  const nextLog = steerTensors(steering, signals, log, nextLosses, hyper[HYPER.gain], said?.[0]);
  const unit = constant(graph, Float32Array.from(tensors.unit), [K]);
  const step = mul(mul(exp(said ? add(nextLog, said[1]) : nextLog), unit), mul(hyper[HYPER.late], -1));
  const factor = where(greater(size, 0), div(step, maximum(directionRms, law.quiet)), 0);
  const updates = concat(
    told.directions.map((own, k) => mul(own, slice(factor, 0, k, k + 1))),
    0,
  );
  return {
    updates,
    slots: [nextM, nextV, updates, nextLog, nextSquare, nextWeight, nextLosses, ...learned, ...told.state],
  };
}

/** Where each tensor is moved to, corrected and made orthogonal where that is done, and the memories of it. */
function turnTensors(
  { reader, directions, isOrthogonal }: FeedbackSteering,
  tensors: FeedbackTensors,
  facts: DirectionFactTensors,
  slots: readonly Tensor[],
  blend: Tensor | undefined,
): { directions: readonly Tensor[]; state: readonly Tensor[] } {
  const { ds, means, directionRms } = facts;
  const isTurned = (k: number): boolean => isOrthogonal === true && tensors.plans[k] !== undefined;
  const own = slots.slice(OWN_SLOTS + (reader ? MEAN_SLOTS + reader.sizes.length : 0));
  const told = directions && directionTensors(directions, tensors, facts, isTurned, own, blend);
  const moved = ds.map((d, k) => {
    if (!isTurned(k)) return told?.directions[k] ?? d;
    const from = told?.directions[k] ?? means[k];
    return orthogonalTensor(tensors.plans[k]!, from, slice(directionRms, 0, k, k + 1));
  });
  return { directions: moved, state: told?.state ?? [] };
}

/**
 * The cosines of the last updates and the negative gradients.
 *
 * @param size (K) largest gradient of each tensor, and relative to it: gg (K), dot (K); uu (K) of the last update
 * @returns `a` (K + 1), the last of all tensors, and `there`, one where it is there, else zero
 */
function findSignal(size: Tensor, gg: Tensor, dot: Tensor, uu: Tensor): { a: Tensor; there: Tensor } {
  const share = div(size, maximum(max(size, [0], true), TINY));
  const dots = concat([dot, total(mul(share, dot))], 0);
  const products = concat([mul(gg, uu), mul(total(mul(square(share), gg)), total(uu))], 0);
  const there = where(greater(products, 0), 1, 0);
  return { a: mul(there, mul(div(dots, sqrt(maximum(products, TINY))), -1)), there };
}

/** The logarithms of the steps. (K) */
function steerTensors(
  { law, target }: FeedbackSteering,
  { a, there, square: meanSquare, weight }: { a: Tensor; there: Tensor; square: Tensor; weight: Tensor },
  log: Tensor,
  losses: Tensor,
  gain: Tensor,
  said: Tensor | undefined,
): Tensor {
  const [K] = log.shape;
  const rms = sqrt(div(maximum(meanSquare, TINY_SQUARE), maximum(weight, TINY)));
  const signal = sub(where(greater(abs(a), 0), div(a, rms), 0), target);
  const pull = add(mul(slice(signal, 0, 0, K), law.gainOwn), mul(slice(signal, 0, K, K + 1), law.gainAll));
  const whole = said === undefined ? pull : add(pull, mul(said, READ_GAIN));
  const change = mul(mul(whole, gain), slice(there, 0, 0, K));
  const usual = slice(losses, 0, 1, 2);
  const isRising = greater(sub(slice(losses, 0, 0, 1), usual), abs(usual));
  const held = where(isRising, minimum(change, 0), change);
  return clip(add(log, held), Math.log(law.least), Math.log(law.most));
}
