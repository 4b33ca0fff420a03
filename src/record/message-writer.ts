import { messageOf } from "../base/index.ts";
import { RecordError } from "./errors.ts";
import type { LogMessage } from "./log-reader.ts";
import { createRunWriter, type LogWriter, type LogWriterOptions } from "./log-writer.ts";
import type { RunMeta } from "./tick-record.ts";

/**
 * Writes a run as messages instead of a file: the same values that a log holds as JSON, one after another,
 * for a viewer that watches the run while it is driven. Meta and summary are the caller's to pass on.
 *
 * @param take given every message at once; an error it throws ends the writing
 * @throws ConfigError for an illegal option, or a config that is not plain JSON
 */
export function createMessageWriter(
  take: (message: LogMessage) => void,
  meta: RunMeta,
  options?: Partial<LogWriterOptions>,
): LogWriter {
  return createRunWriter(
    (o) => {
      let messages = 0;
      let failure: LogWriter["failure"];
      return {
        add(topic, nanos, value) {
          if (failure !== undefined) return;
          take({ topic, time: Number(nanos) / 1e9, value });
          messages++;
        },
        addMetadata() {},
        waiting: 0,
        written: 0,
        get messages() {
          return messages;
        },
        get failure() {
          return failure;
        },
        fail(error) {
          if (failure !== undefined) return;
          failure =
            error instanceof RecordError ? error : new RecordError(messageOf(error), { cause: error });
          o.onFailure?.(failure);
        },
        async close() {},
      };
    },
    meta,
    options,
  );
}
