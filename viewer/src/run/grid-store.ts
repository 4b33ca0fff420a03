import type { TimedGrid } from "../../../src/record/index.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import type { GridPlace } from "./log-scan.ts";

type GridTopic = "/map" | "/local_grid";

/** Grids of a log, read when they are asked for; those used last are kept. */
export type GridStore = {
  load(topic: GridTopic, number: number, place: GridPlace): Promise<TimedGrid | undefined>;
  /** What is held; while it is read, the last grid given out for this topic. */
  now(topic: GridTopic, number: number, place: GridPlace): TimedGrid | undefined;
};

/** Cells kept. */
const BUDGET = 2 ** 26;

/**
 * Creates the store.
 *
 * @param read reads a grid from the file
 * @param changed called when a grid came that {@link GridStore.now} had asked for
 */
export function createGridStore(
  read: (topic: GridTopic, place: GridPlace) => Promise<TimedGrid | undefined>,
  changed: () => void,
): GridStore {
  const cache = createBoundedCache<string, TimedGrid>(BUDGET);
  const underway = new Map<string, Promise<TimedGrid | undefined>>();
  const failed = new Set<string>();
  const last = new Map<GridTopic, TimedGrid>();

  const load: GridStore["load"] = (topic, number, place) => {
    const key = `${topic} ${number}`;
    const held = cache.get(key);
    if (held !== undefined) return Promise.resolve(held);
    const begun = underway.get(key);
    if (begun !== undefined) return begun;
    const reading = read(topic, place)
      .then((grid) => {
        if (grid === undefined) failed.add(key);
        else cache.set(key, grid, grid.grid.cells.length);
        return grid;
      })
      .finally(() => underway.delete(key));
    underway.set(key, reading);
    return reading;
  };

  return {
    load,
    now(topic, number, place) {
      const key = `${topic} ${number}`;
      const held = cache.get(key);
      if (held !== undefined) {
        last.set(topic, held);
        return held;
      }
      if (!failed.has(key) && !underway.has(key))
        load(topic, number, place)
          .catch(() => failed.add(key))
          .finally(changed);
      return last.get(topic);
    },
  };
}
