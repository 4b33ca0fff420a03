import type { LayerId, LayerStatus } from "./layer.ts";

/** What is missing for less than this is on its way: read from a file, or about to be sent. [ms] */
const GRACE = 1500;

/**
 * Keeps complaints back until they have held for a while: what a layer misses while a log is opened, or a run begins, is
 * no fault.
 *
 * @returns to be given what layers say, and whether anything can be there yet
 * @param again is called when a complaint may be due
 * @param now monotonic clock [ms]
 */
export function createPatience(
  again: () => void,
  now: () => number = () => performance.now(),
): (statuses: Map<LayerId, (LayerStatus | undefined)[]>, begun: boolean) => void {
  const since = new Map<string, number>();
  return (statuses, begun) => {
    if (!begun) since.clear();
    for (const [id, told] of statuses)
      told.forEach((status, slot) => {
        const key = `${id}${slot}`;
        if (status?.level !== "error") {
          since.delete(key);
          return;
        }
        const first = since.get(key);
        if (first === undefined) {
          since.set(key, now());
          setTimeout(again, GRACE + 1);
        }
        if (first === undefined || now() - first < GRACE) told[slot] = { level: "info", text: "…" };
      });
  };
}
