import {
  type AttentionChoice,
  attentionOf,
  createFeatureWriter,
  type NetAttention,
} from "../../../src/init-net/index.ts";
import type { TickRecord } from "../../../src/record/index.ts";
import type { OccupancyGrid } from "../../../src/sim/index.ts";
import type { Run } from "../contracts.ts";
import { openAttention, rateOf } from "./attention-reader.ts";
import { loggedScene } from "./logged-scene.ts";

/** Attention to choose from, see `attentionOf`; the code behind it is loaded when it is first needed. */
export type AttentionReading = Pick<NetAttention, "layers" | "heads" | "tokens"> & {
  of(choice: AttentionChoice): Float64Array;
};

/** What a run's network attends to in a tick, and what to say of it; only the latter where that is not known. */
export async function computeAttention(
  { run, i, record }: { readonly run: Run; readonly i: number; readonly record?: TickRecord },
  grid: OccupancyGrid,
): Promise<{ attention?: AttentionReading; note: string }> {
  const { meta } = run.index;
  const { reader, file, note } = await openAttention(meta).then((o) => ({ file: "", ...o }));
  if (reader === undefined) return { note: note ?? "" };
  const scene = loggedScene({
    robot: meta.robot,
    rate: rateOf(meta),
    record: record!,
    grid,
    lastPlan: i > 0 ? (await run.tick(i - 1)).plan : undefined,
  });
  if (scene === undefined)
    return { note: "Nothing was planned in this tick: there was nothing to attend to." };
  const read = await reader.read(scene);
  const { layers, heads, tokens } = read;
  const attention = { layers, heads, tokens, of: (choice: AttentionChoice) => attentionOf(read, choice) };
  // The network's own proposal is logged: how far off it comes out says how well the scene was made again.
  const logged = record!.hypotheses.find(({ name }) => name === "net");
  const X = logged?.X;
  if (X === undefined) return { attention, note: `Computed with ${file}.` };
  const { spec } = reader;
  const writer = createFeatureWriter(spec);
  const output = read.trajectories.length / spec.options.hypotheses;
  let nearest = Number.POSITIVE_INFINITY;
  for (let h = 0; h < spec.options.hypotheses; h++) {
    const own = writer.decode(scene.x, read.trajectories, h * output).X;
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
