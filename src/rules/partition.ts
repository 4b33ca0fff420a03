import { ConfigError, checkLength } from "../base/index.ts";
import { concat, greater, mul, slice, type Tensor, where } from "../graph/index.ts";
import { checkSpare, refuseStep } from "./create-optimizer.ts";
import {
  type FlatRange,
  layoutWithin,
  type PartChoice,
  partitionRanges,
  type TensorPlaces,
} from "./flat-ranges.ts";
import type { GraphOptimizer } from "./graph-optimizer.ts";
import type { Optimizer, OptimizerState, OptimizerStep } from "./optimizer.ts";

/**
 * An optimizer and the elements of the flat vector that it moves; or what makes it once its tensors are known, for one that tells them
 * apart: `{ select, optimizer: (layout) => createFeedback({ layout }) }`.
 */
export type OptimizerPart = PartChoice & {
  readonly optimizer: Optimizer | ((layout: TensorPlaces) => Optimizer);
};

export type PartitionOptions = {
  /** Together they take every element, each once. */
  readonly parts: readonly OptimizerPart[];
  /** The tensors of the flat vector, for parts that select tensors or take the rest. */
  readonly layout?: TensorPlaces;
  /** Default: the names of the optimizers, joined. */
  readonly name?: string;
};

/** A part that has elements, and where its slots lie among all. */
type Share = {
  readonly optimizer: Optimizer;
  readonly ranges: readonly FlatRange[];
  readonly size: number;
  readonly firstSlot: number;
  readonly endSlot: number;
};

/**
 * One optimizer made of several, each of which moves its own elements of the flat vector.
 *
 * They keep step: where one of them refuses its part of a gradient, the whole step is skipped. Its slots are those
 * of the parts, one after the other. Clipping by global norm means the norm of a part.
 *
 * @throws ConfigError for parts that overlap or leave elements out, or a missing layout; `init` and `update` throw
 *   ShapeError for vectors of another length
 */
export function createPartition({ parts, layout, name }: PartitionOptions): Optimizer {
  const { total, parts: ranges } = partitionRanges(parts, layout);
  const shares = shareOut(parts, ranges, layout);
  const slotCount = shares.at(-1)?.endSlot ?? 0;
  const title = name ?? [...new Set(shares.map(({ optimizer }) => optimizer.name))].join("+");

  const update = (
    grads: Float32Array,
    state: OptimizerState,
    params: Float32Array,
    spare?: OptimizerStep,
    loss?: number,
  ): OptimizerStep => {
    checkLength("params", params.length, total, "elements of the parts");
    checkLength("grads", grads.length, total, "params.length");
    checkLength("state.slots", state.slots.length, slotCount, `slots of ${title}`);
    if (spare !== undefined) {
      checkLength("spare.updates", spare.updates.length, params.length, "params.length");
      checkLength("spare.state.slots", spare.state.slots.length, slotCount, "slots");
      checkSpare(spare, grads, params, state);
    }
    const updates = spare?.updates ?? new Float32Array(total);
    const slots: Float32Array[] = [];
    let sound = true;
    for (const share of shares) {
      const { optimizer, size, firstSlot, endSlot } = share;
      const own = { ...state, slots: state.slots.slice(firstSlot, endSlot) };
      const step = optimizer.update(
        gather(grads, share),
        own,
        gather(params, share),
        spare && {
          updates: new Float32Array(size),
          state: { ...own, slots: spare.state.slots.slice(firstSlot, endSlot) },
        },
        loss,
      );
      sound &&= step.state.skipped === state.skipped;
      scatter(step.updates, share, updates);
      slots.push(...step.state.slots);
    }
    if (!sound) return refuseStep(updates, slots, state);
    return { updates, state: { step: state.step + 1, skipped: state.skipped, slots } };
  };

  const graph = createPartitionGraph(shares, total);
  return {
    name: title,
    init(params) {
      checkLength("params", params.length, total, "elements of the parts");
      const slots = shares.flatMap((share) => share.optimizer.init(gather(params, share)).slots);
      return { step: 0, skipped: 0, slots };
    },
    update,
    ...(graph && { graph }),
  };
}

/** Parts with elements; the others are left out. */
function shareOut(
  parts: readonly OptimizerPart[],
  ranges: readonly (readonly FlatRange[])[],
  layout: TensorPlaces | undefined,
): Share[] {
  const shares: Share[] = [];
  parts.forEach(({ optimizer: given }, p) => {
    const size = ranges[p].reduce((sum, range) => sum + range.size, 0);
    if (size === 0) return;
    const optimizer =
      typeof given === "function" ? given(layoutWithin(`parts[${p}]`, ranges[p], layout)) : given;
    const state = optimizer.init(new Float32Array(size));
    const more = Object.keys(state).filter((key) => !["step", "skipped", "slots"].includes(key));
    if (more.length > 0)
      throw new ConfigError(
        `parts[${p}]: the state of ${optimizer.name} has ${more.join(", ")}, expected step, skipped and slots alone`,
      );
    const firstSlot = shares.at(-1)?.endSlot ?? 0;
    shares.push({ optimizer, ranges: ranges[p], size, firstSlot, endSlot: firstSlot + state.slots.length });
  });
  return shares;
}

/** The elements of a share, one after the other; a view where they are one range. */
function gather(flat: Float32Array, { ranges, size }: Share): Float32Array {
  if (ranges.length === 1) return flat.subarray(ranges[0].offset, ranges[0].offset + size);
  const out = new Float32Array(size);
  let at = 0;
  for (const range of ranges) {
    out.set(flat.subarray(range.offset, range.offset + range.size), at);
    at += range.size;
  }
  return out;
}

function scatter(own: Float32Array, { ranges }: Share, flat: Float32Array): void {
  let at = 0;
  for (const { offset, size } of ranges) {
    flat.set(own.subarray(at, at + size), offset);
    at += size;
  }
}

/** The graph form, where every part has one. */
function createPartitionGraph(shares: readonly Share[], total: number): GraphOptimizer | undefined {
  const forms = shares.flatMap(({ optimizer }) => optimizer.graph ?? []);
  if (forms.length < shares.length || forms.length === 0) return undefined;
  const slotCount = shares.at(-1)?.endSlot ?? 0;
  const hyperSize = forms.reduce((sum, form) => sum + form.hyperSize, 0);
  return {
    slots: slotCount,
    hyperSize,
    hyper: (step) => Float32Array.from(forms.flatMap((form) => [...form.hyper(step)])),
    update(params, grads, slots, hyper, loss) {
      for (const [name, x] of Object.entries({ params, grads }))
        checkLength(name, x.shape[0], total, "elements of the parts");
      checkLength("slots", slots.length, slotCount, "slots of the parts");
      checkLength("hyper", hyper.shape[0], hyperSize, "numbers of the parts");
      let at = 0;
      const steps = shares.map((share, i) => {
        const fed = slice(hyper, 0, at, at + forms[i].hyperSize);
        at += forms[i].hyperSize;
        const own = slots.slice(share.firstSlot, share.endSlot);
        return forms[i].update(gatherTensor(params, share), gatherTensor(grads, share), own, fed, loss);
      });
      const all = steps.map(({ sound }) => sound).reduce((a, b) => mul(a, b));
      const sound = greater(all, 0.5);
      const moved = scatterTensors(
        steps.map((step) => step.params),
        shares,
      );
      const next = steps.flatMap((step) => step.slots);
      return {
        params: where(sound, moved, params),
        slots: next.map((slot, i) => where(sound, slot, slots[i])),
        sound: all,
      };
    },
  };
}

function gatherTensor(flat: Tensor, { ranges }: Share): Tensor {
  const pieces = ranges.map(({ offset, size }) => slice(flat, 0, offset, offset + size));
  return concat(pieces, 0);
}

/** The flat vector out of the elements of the shares. */
function scatterTensors(own: readonly Tensor[], shares: readonly Share[]): Tensor {
  const pieces = shares.flatMap(({ ranges }, s) => {
    let at = 0;
    return ranges.map(({ offset, size }) => {
      at += size;
      return { offset, tensor: slice(own[s], 0, at - size, at) };
    });
  });
  const sorted = pieces.sort((a, b) => a.offset - b.offset).map(({ tensor }) => tensor);
  return concat(sorted, 0);
}
