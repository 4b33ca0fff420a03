import { messageOf } from "../../../src/base/index.ts";
import type { OccupancyGrid } from "../../../src/sim/index.ts";
import type { AttentionReading } from "../net/compute-attention.ts";
import type { CurrentTick } from "./current-tick.ts";

/** Computes the attention of ticks; of several asked for meanwhile only the last. */
type AttentionLook = { at(tick: CurrentTick, grid: OccupancyGrid): void };

/** Looks at the attention of ticks, one at a time. @param found hears of it, or why there is none */
export function createAttentionLook(
  found: (tick: CurrentTick, attention: AttentionReading | undefined, note: string) => void,
): AttentionLook {
  let next: { readonly tick: CurrentTick; readonly grid: OccupancyGrid } | undefined;
  let busy = false;
  const work = async (): Promise<void> => {
    busy = true;
    while (next !== undefined) {
      const { tick, grid } = next;
      next = undefined;
      try {
        const { computeAttention } = await import("../net/compute-attention.ts");
        const { attention, note } = await computeAttention(tick, grid);
        found(tick, attention, note);
      } catch (error) {
        found(tick, undefined, `Attention: ${messageOf(error)}.`);
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
