import { type OpenedData, openData } from "../../node/index.ts";
import {
  type DigitSet,
  digitBatch,
  getOptimizee,
  type MetaTask,
  OPTIMIZEES,
  poolDigits,
} from "../../optim/index.ts";
import type { MetaPlan } from "./meta-request.ts";
import type { OptimizeeRef } from "./optimizee-list.ts";

/** What a run trains on and is judged by. */
export type MetaTasks = {
  /** To train on, in the plan's order. */
  readonly trained: readonly MetaTask[];
  /** To judge by, on images that training does not see. */
  readonly judged: readonly MetaTask[];
  /** What the images are; absent where no optimizee has any. */
  readonly data?: { readonly id: string; readonly training: number; readonly heldOut: number };
};

/** Images judged at once. */
const JUDGE_BATCH = 500;

/** Reads the images and makes the optimizees; five sixths of the training images train, the last sixth judges. */
export async function openMetaTasks(
  plan: Pick<MetaPlan, "optimizees" | "judgedBy" | "data" | "batch">,
): Promise<MetaTasks> {
  const { optimizees, judgedBy, batch } = plan;
  const hasImages = [...optimizees, ...judgedBy].some(({ name }) => OPTIMIZEES[name].needsDigits);
  const most = Number.MAX_SAFE_INTEGER;
  const data = hasImages
    ? await openData({ data: plan.data, pool: 1, heldOut: "validation", most })
    : undefined;
  const pooled = new Map<number, Images>();
  const imagesOf = ({ name, pool }: OptimizeeRef): Images | undefined => {
    if (data === undefined || !OPTIMIZEES[name].needsDigits) return undefined;
    const known = pooled.get(pool) ?? poolImages(data, pool);
    pooled.set(pool, known);
    return known;
  };
  const task = (ref: OptimizeeRef): MetaTask => ({
    name: ref.label,
    optimizee: getOptimizee(ref.name, imagesOf(ref)?.train, { batch }),
  });
  return {
    trained: optimizees.map(task),
    judged: judgedBy.map((ref) => {
      const images = imagesOf(ref);
      if (images === undefined) return task(ref);
      const { size, batches } = images;
      const optimizee = getOptimizee(ref.name, images.heldOut, { batch: size });
      return { ...task(ref), heldOut: { optimizee, batches } };
    }),
    ...(data && { data: { id: data.id, training: data.train.count, heldOut: data.heldOut.count } }),
  };
}

type Images = {
  readonly train: DigitSet;
  readonly heldOut: DigitSet;
  /** Images in each of the batches. */
  readonly size: number;
  readonly batches: readonly ReturnType<typeof digitBatch>[];
};

/** Held-out images beyond the last whole batch are left out. */
function poolImages(data: OpenedData, pool: number): Images {
  const heldOut = poolDigits(data.heldOut, pool);
  const size = Math.min(JUDGE_BATCH, heldOut.count);
  const batches = Array.from({ length: Math.floor(heldOut.count / size) }, (_, b) =>
    digitBatch(
      heldOut,
      Int32Array.from({ length: size }, (_, i) => b * size + i),
    ),
  );
  return { train: poolDigits(data.train, pool), heldOut, size, batches };
}
