import { messageOf } from "../../../src/base/index.ts";
import { blobSource, type ChunkedLog, type McapPieces, openMcap } from "../../../src/record/index.ts";
import { httpSource } from "./http-source.ts";
import type { LogPlace, LogReply, LogRequest } from "./log-protocol.ts";
import { createLogScan, readPlaced, readTicks, type ScanState, scanIndex, withoutTicks } from "./log-scan.ts";
import { withReadAhead } from "./read-ahead.ts";
import { foreignTopics, readSpan, scanTopic } from "./topic-scan.ts";

const BLOCK = 2 ** 21;
const BLOCKS_KEPT = 6;
/** While a log is read, requests for ticks are answered in between. [ms] */
const TURN = 12;
/** A log is checked when nobody has asked for anything for so long. [ms] */
const QUIET = 400;
/** A larger log is not read as a whole to check it: damage is told of where it is met. [bytes] */
const MOST_CHECKED = 2 ** 28;

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<LogRequest>) => void) | null;
  postMessage(reply: LogReply): void;
};
/** The file, and the run in it, where there is one. */
let file: McapPieces | undefined;
let log: ChunkedLog | undefined;
/** What the times of another program's log are counted from. [s] */
let start = 0;
/** What the page knows of the log. */
let told: ScanState | undefined;
/** When the page asked for something last. [ms] */
let asked = 0;

scope.onmessage = ({ data }) => {
  asked = performance.now();
  if (data.kind === "open") void open(data.place);
  else void answer(data);
};

async function open(place: LogPlace): Promise<void> {
  try {
    const source = "blob" in place ? blobSource(place.blob) : await httpSource(place.url);
    const near = withReadAhead(source, BLOCK, BLOCKS_KEPT);
    const opened = await openMcap(near);
    file = opened;
    if (!("meta" in opened)) return await openForeign(opened);
    log = opened;
    const { meta, summary, sizes, channels } = opened;
    scope.postMessage({
      kind: "opened",
      meta,
      summary,
      sizes,
      topics: foreignTopics(channels.values(), true),
    });
    const known = await scanIndex(log, (state) => {
      tell(state);
      return nextTurn();
    }).catch(() => undefined);
    if (known === undefined) return await scan(log, tell);
    // The pass knows better than an index what is left of a damaged log.
    if (!(await isSound(log))) await scan(log, (state) => state.share === 1 && tell(state));
  } catch (error) {
    scope.postMessage({ kind: "refused", text: textOf(error) });
  }
}

/** A log of another program: its topics, and no ticks. */
async function openForeign(opened: McapPieces): Promise<void> {
  const [from, to] = await readSpan(opened);
  start = from;
  const topics = foreignTopics(opened.channels.values(), false);
  scope.postMessage({ kind: "opened", span: [0, to - from], sizes: opened.sizes, topics });
  tell(withoutTicks(opened.problems));
}

function tell(state: ScanState): void {
  told = state;
  scope.postMessage({ kind: "state", state });
}

/** One pass; what is known is told at first soon, then whenever it has grown by half. */
async function scan(from: ChunkedLog, listener: (state: ScanState) => void): Promise<void> {
  const pass = createLogScan(from);
  let due = 0;
  let turn = performance.now();
  for (let chunk = 0; await pass.next(); chunk++) {
    if (performance.now() - turn < TURN) continue;
    await nextTurn();
    turn = performance.now();
    if (chunk < due) continue;
    listener(pass.state());
    due = Math.ceil(1.5 * (chunk + 8));
  }
  listener(pass.state());
}

/** Reads a whole log, by and by, to see whether its checksums are right. */
async function isSound({ sizes, problems, read }: ChunkedLog): Promise<boolean> {
  if (sizes.reduce((sum, size) => sum + size, 0) > MOST_CHECKED) return true;
  const before = problems.length;
  for (let chunk = 0; chunk < sizes.length; chunk++) {
    await nextTurn();
    await quiet();
    try {
      await read(chunk, []);
    } catch {
      return false;
    }
    if (problems.length > before) return false;
  }
  return true;
}

async function answer(request: Exclude<LogRequest, { kind: "open" }>): Promise<void> {
  const { id } = request;
  try {
    if (request.kind === "topic") {
      if (file === undefined) throw new Error("no log is open");
      return scope.postMessage({
        kind: "topic",
        id,
        numbers: await scanTopic(file, request.topic, start, nextTurn),
      });
    }
    if (log === undefined) throw new Error("no log is open");
    if (request.kind === "ticks")
      scope.postMessage({ kind: "ticks", id, ticks: await readTicks(log, request.chunk) });
    else
      scope.postMessage({
        kind: "message",
        id,
        message: await readPlaced(log, request.topic, request.place),
      });
  } catch (error) {
    scope.postMessage({ kind: "failed", id, text: textOf(error) });
  }
  tellDamage();
}

/** Damage that was met where somebody looked. */
function tellDamage(): void {
  if (told?.share !== 1) return;
  const known = told.problems;
  const met = log?.problems.filter((problem) => !known.includes(problem)) ?? [];
  if (met.length > 0) tell({ ...told, problems: [...known, ...met] });
}

/** Lets requests that came in the meantime go first. A timer would sleep: browsers make it 4 ms at least. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Waits until nobody has asked for anything for a while. */
async function quiet(): Promise<void> {
  for (let left = 1; left > 0; ) {
    left = asked + QUIET - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }
}

function textOf(error: unknown): string {
  return messageOf(error);
}
