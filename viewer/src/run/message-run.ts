import { messageOf } from "../../../src/base/index.ts";
import type { DriveSummary } from "../../../src/drive/index.ts";
import {
  decodeGrid,
  decodePath,
  decodeTick,
  type LogMessage,
  type RunMeta,
  type TickRecord,
  type TimedGrid,
  type TimedPath,
} from "../../../src/record/index.ts";
import type { Run, RunIndex } from "../contracts.ts";
import { createIndexBuilder, seriesOf } from "./index-builder.ts";

/** A run that grows message by message: a live one, or one that is driven in this tab. */
export type MessageRun = Run & {
  /** Takes the next message of a log's topics, its value as in the log. Others are passed over. */
  add(message: LogMessage): void;
  /** No more will come. @param problem why, where it was not the run's end */
  end(summary?: DriveSummary, problem?: string): void;
};

/** Ticks kept whole; of older ones only the numbers of the plots are left. */
const KEPT_TICKS = 20_000;

/** Topics of grids: true maps, what the robot has seen, where it may not go and where only slowly. */
const GRID_TOPICS: readonly string[] = ["/map", "/local_grid", "/keepout", "/speed_zones"];

/** Creates a run without a tick. @param onClose called once, when nobody wants it any more */
export function createMessageRun(name: string, meta: RunMeta, onClose: () => void = () => {}): MessageRun {
  const builder = createIndexBuilder(meta);
  const ticks: (TickRecord | undefined)[] = [];
  const paths: TimedPath[] = [];
  const [maps, localGrids, keepouts, speedZones] = GRID_TOPICS.map((): TimedGrid[] => []);
  const grids = new Map(GRID_TOPICS.map((topic, i) => [topic, [maps, localGrids, keepouts, speedZones][i]]));
  const problems: string[] = [];
  const listeners = new Set<() => void>();
  let summary: DriveSummary | undefined;
  let live = true;
  let index: RunIndex | undefined;
  let trail: Float64Array = new Float64Array(0);

  const changed = (): void => {
    index = undefined;
    for (const listener of listeners) listener();
  };
  const build = (): RunIndex => {
    const table = builder.table();
    trail = table.trail;
    return {
      name,
      meta,
      summary,
      times: table.times,
      series: seriesOf(meta, table),
      marks: table.marks,
      problems: problems.slice(),
      complete: !live && problems.length === 0,
      live,
    };
  };
  const current = (): RunIndex => {
    index ??= build();
    return index;
  };
  const take = ({ topic, time, value }: LogMessage): boolean => {
    switch (topic) {
      case "/diagnostics": {
        const tick = decodeTick(value);
        ticks.push(tick);
        builder.add(tick, time);
        if (ticks.length > KEPT_TICKS) ticks[ticks.length - 1 - KEPT_TICKS] = undefined;
        return true;
      }
      case "/path":
        paths.push({ time, points: decodePath(value) });
        return false;
      default:
        grids.get(topic)?.push({ time, grid: decodeGrid(value) });
        return topic !== "/local_grid" && grids.has(topic);
    }
  };

  return {
    get index() {
      return current();
    },
    async tick(i) {
      const tick = ticks[i];
      if (tick !== undefined) return tick;
      throw new RangeError(
        `tick ${i} is not kept; there are ${Math.max(0, ticks.length - KEPT_TICKS)} .. ${ticks.length - 1}`,
      );
    },
    tickNow: (i) => ticks[i],
    async localGrid(i) {
      const time = current().times[i];
      return time === undefined ? undefined : lastAt(localGrids, time);
    },
    map: (time) => lastAt(maps, time) ?? maps[0],
    zones: (time) => ({
      keepout: lastAt(keepouts, time) ?? keepouts[0],
      slow: lastAt(speedZones, time) ?? speedZones[0],
    }),
    path: (time) => lastAt(paths, time),
    trail() {
      current();
      return trail;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async log() {
      const { writeRun } = await import("./write-run.ts");
      const kept = ticks.filter((tick) => tick !== undefined);
      return writeRun({ meta, summary, maps, paths, localGrids, keepouts, speedZones, ticks: kept });
    },
    close() {
      listeners.clear();
      onClose();
    },
    add(message) {
      let drawn: boolean;
      try {
        drawn = take(message);
      } catch (error) {
        const text = messageOf(error);
        if (problems.length < 20)
          problems.push(`a message of ${message.topic} at ${message.time} s cannot be read: ${text}`);
        drawn = true;
      }
      if (drawn) changed();
    },
    end(final, problem) {
      live = false;
      summary = final;
      if (problem !== undefined) problems.push(problem);
      changed();
    },
  };
}

/** The last that was written at or before a time. */
function lastAt<T extends { readonly time: number }>(list: readonly T[], time: number): T | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (list[mid].time <= time + 1e-9) low = mid + 1;
    else high = mid;
  }
  return list[low - 1];
}
