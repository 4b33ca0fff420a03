import type { NetAttention } from "../../../src/init-net/index.ts";
import type { OccupancyGrid } from "../../../src/sim/index.ts";
import type { CurrentTick } from "./current-tick.ts";

/** Computes the attention of ticks; of several asked for meanwhile only the last. */
export type AttentionLook = { at(tick: CurrentTick, grid: OccupancyGrid): void };

/** @param found hears of a tick's attention, or why there is none */
export function createAttentionLook(
  found: (tick: CurrentTick, attention: NetAttention | undefined, note: string) => void,
): AttentionLook {
  let next: { readonly tick: CurrentTick; readonly grid: OccupancyGrid } | undefined;
  let busy = false;
  const work = async (): Promise<void> => {
    busy = true;
    while (next !== undefined) {
      const { tick, grid } = next;
      next = undefined;
      try {
        const { attention, note } = await computeAttention(tick, grid);
        found(tick, attention, note);
      } catch (error) {
        found(tick, undefined, `Attention: ${error instanceof Error ? error.message : String(error)}.`);
      }
    }
    busy = false;
  };
  return {
    at(tick, grid) {
      next = { tick, grid };
      if (!busy) void work();
    },
  };
}

async function computeAttention(
  { run, i, record }: CurrentTick,
  grid: OccupancyGrid,
): Promise<{ attention?: NetAttention; note: string }> {
  const [{ openAttention, rateOf }, { loggedScene }, { createFeatureWriter }] = await Promise.all([
    import("../net/attention-reader.ts"),
    import("../net/logged-scene.ts"),
    import("../../../src/init-net/index.ts"),
  ]);
  const { meta } = run.index;
  const { reader, file, note } = await openAttention(meta).then((o) => ({ file: "", ...o }));
  if (reader === undefined) return { note: note ?? "" };
  const scene = loggedScene({
    robot: meta.robot,
    rate: rateOf(meta),
    record: record!,
    grid,
    path: run.path(record!.time)?.points,
    lastPlan: i > 0 ? (await run.tick(i - 1)).plan : undefined,
  });
  if (scene === undefined)
    return { note: "Nothing was planned in this tick: there was nothing to attend to." };
  const attention = await reader.read(scene);
  // The network's own proposal is logged: how far off it comes out says how well the scene was made again.
  const logged = record!.hypotheses.find(({ name }) => name === "net");
  const X = logged?.X;
  if (X === undefined) return { attention, note: `Computed with ${file}.` };
  const { spec } = reader;
  const writer = createFeatureWriter(spec);
  const output = attention.trajectories.length / spec.options.hypotheses;
  let nearest = Number.POSITIVE_INFINITY;
  for (let h = 0; h < spec.options.hypotheses; h++) {
    const own = writer.decode(scene.x, attention.trajectories, h * output).X;
    if (own === undefined || own.length !== X.length) continue;
    let worst = 0;
    for (let at = 0; at < X.length; at += spec.nx)
      worst = Math.max(worst, Math.hypot(own[at] - X[at], own[at + 1] - X[at + 1]));
    nearest = Math.min(nearest, worst);
  }
  return {
    attention,
    note: Number.isFinite(nearest)
      ? `Computed with ${file}; its proposal comes out ${(100 * nearest).toFixed(1)} cm from the logged one.`
      : `Computed with ${file}.`,
  };
}
