import type { ByteSink } from "./byte-sink.ts";
import { gridMessage, nanosOf, pathPoses, posesMessage, stampOf } from "./foxglove-messages.ts";
import { RUN_METADATA, SUMMARY_METADATA } from "./log-format.ts";
import { describeRun, describeSummary, LOG_WRITER_DEFAULTS } from "./log-writer.ts";
import { createMessageQueue } from "./message-queue.ts";
import { TICK } from "./tick-fields.ts";
import type { RunRecord, TimedGrid } from "./tick-record.ts";
import { LOCAL_GRID_Z, MAP_Z } from "./tick-writer.ts";

/** What of a run is written. */
export type RecordContent = Pick<RunRecord, "meta" | "summary" | "maps" | "paths" | "ticks"> & {
  readonly localGrids?: readonly TimedGrid[];
};

type Timed = { readonly time: number; write(): void };

/**
 * Writes what is known of a run as a log: what `readLog` reads from it is what was given. Only what the ticks
 * themselves do not tell is written beside them; Foxglove's topics of the robot and its plans are not.
 *
 * @throws RecordError where the sink fails, ConfigError for a meta.config that is not plain JSON
 */
export async function writeRecord(content: RecordContent, sink: ByteSink): Promise<void> {
  const { meta, summary, maps, paths, ticks, localGrids = [] } = content;
  const described = describeRun(meta);
  const queue = createMessageQueue(sink, LOG_WRITER_DEFAULTS);
  queue.addMetadata(RUN_METADATA, described);
  const at = (time: number, message: (nanos: bigint) => void): Timed => ({
    time: Number.isFinite(time) ? time : 0,
    write: () => message(nanosOf(time)),
  });
  const messages = [
    ...maps.map(({ time, grid }) =>
      at(time, (nanos) => queue.add("/map", nanos, gridMessage(stampOf(nanos), grid, MAP_Z, true))),
    ),
    ...paths.map(({ time, points }) =>
      at(time, (nanos) => queue.add("/path", nanos, posesMessage(stampOf(nanos), pathPoses(points)))),
    ),
    ...localGrids.map(({ time, grid }) =>
      at(time, (nanos) =>
        queue.add("/local_grid", nanos, gridMessage(stampOf(nanos), grid, LOCAL_GRID_Z, false)),
      ),
    ),
    ...ticks.map((tick) => at(tick.time, (nanos) => queue.add("/diagnostics", nanos, TICK.encode(tick)))),
  ];
  // Stable: what was written in the same moment stays in the order above, ticks last.
  for (const { write } of messages.sort((a, b) => a.time - b.time)) write();
  if (summary !== undefined) queue.addMetadata(SUMMARY_METADATA, describeSummary(summary));
  await queue.close();
  if (queue.failure !== undefined) throw queue.failure;
}
