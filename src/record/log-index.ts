import { FormatError, type Json } from "../base/index.ts";
import { array, list, number, object } from "./json-codec.ts";
import type { Indexed } from "./log-head.ts";
import { INDEX_ATTACHMENT } from "./tick-record.ts";

/** One line of a log's index: where a message lies and, of a tick, what is small of it. */
export type IndexEntry = {
  readonly topic: string;
  /** Since the start. [s] */ readonly time: number;
  /** Number of the chunk the message lies in. */ readonly chunk: number;
  /** JSON value of the `mnemosyne.Tick` without its trajectories; for a tick only. */
  readonly tick?: unknown;
};

/** Topics with a line in the index: ticks, and what is looked up by time. */
const TOPICS_INDEXED: ReadonlySet<string> = new Set([
  "/diagnostics",
  "/map",
  "/local_grid",
  "/path",
  "/keepout",
  "/speed_zones",
]);

/** What the index says of a message, as the rest of a JSON object; undefined where it says nothing. */
export function indexLine(topic: string, nanos: bigint, value: unknown): string | undefined {
  if (!TOPICS_INDEXED.has(topic)) return undefined;
  const tick =
    topic === "/diagnostics" ? `,"tick":${JSON.stringify(withoutTrajectories(value as Json))}` : "";
  return `"topic":"${topic}","time":${Number(nanos) / 1e9}${tick}}`;
}

function withoutTrajectories({ plan, hypotheses: _, ...rest }: Json): Json {
  return { ...rest, plan: plan && { ...(plan as Json), X: [], U: [] }, hypotheses: [] };
}

/** Gathers the index of a log while it is written. */
export function createIndexWriter() {
  let lines: string[] = [];
  let ended: number[] = [];
  let chunk = 0;
  return {
    /** Takes a line of {@link indexLine} whose message went into the chunk that is being filled. */
    add: (line: string) => void lines.push(`{"chunk":${chunk},${line}`),
    /** The chunk that was being filled lies in the file now. @param offset of its record [bytes] */
    endChunk(offset: number): void {
      ended.push(offset);
      chunk++;
    },
    /** Lines since the last `take`. */
    get lines() {
      return lines.length;
    },
    /** The text of the next attachment: lines and ends of chunks since the one before it. */
    take(): string {
      const text = `{"chunks":${JSON.stringify(ended)},"entries":[\n${lines.join(",\n")}\n]}`;
      lines = [];
      ended = [];
      return text;
    },
  };
}

/**
 * The index that a log brings with it, part by part, in the order of the file. It counts only if all of it is
 * read without an error: a program that cut or packed the log anew may have left an index that no longer fits.
 *
 * @param offsets where the chunks begin in the file, in order [bytes]
 * @throws FormatError for an index that is missing, damaged, or of another file
 */
export async function* readIndex(
  reader: Indexed,
  offsets: readonly number[],
): AsyncGenerator<readonly IndexEntry[]> {
  let ended = 0;
  let parts = 0;
  let latest = 0;
  for await (const { data } of reader.readAttachments({ name: INDEX_ATTACHMENT })) {
    const { chunks, entries } = object(JSON.parse(new TextDecoder().decode(data)), "the index");
    for (const offset of array(chunks, "chunks")) {
      if (offset !== offsets[ended++]) throw new FormatError(`the index names no chunk at byte ${offset}`);
    }
    parts++;
    const decoded = list(entries, "entries").map((entry) => decodeEntry(entry, offsets.length));
    for (const { chunk } of decoded) {
      if (chunk < latest) throw new FormatError(`the index goes back from chunk ${latest} to ${chunk}`);
      latest = chunk;
    }
    yield decoded;
  }
  if (parts === 0) throw new FormatError("the log has no index of its ticks");
  // The last chunk ends with the file, behind the last part.
  if (ended !== offsets.length && ended !== offsets.length - 1)
    throw new FormatError(`the index knows ${ended} chunks of ${offsets.length}`);
}

function decodeEntry(value: unknown, chunks: number): IndexEntry {
  const entry = object(value, "the entry");
  const chunk = number(entry.chunk, "chunk");
  if (!(Number.isInteger(chunk) && chunk >= 0 && chunk < chunks))
    throw new FormatError(`the index names chunk ${chunk}, there are ${chunks}`);
  return { topic: String(entry.topic), time: number(entry.time, "time"), chunk, tick: entry.tick };
}
