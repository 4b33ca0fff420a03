import { blobSource, type ChunkedLog, openChunkedLog } from "../../../src/record/index.ts";
import { describeForeign } from "./foreign-file.ts";
import { httpSource } from "./http-source.ts";
import type { LogPlace, LogReply, LogRequest } from "./log-protocol.ts";
import { createLogScan, readGrid, readTicks } from "./log-scan.ts";
import { withReadAhead } from "./read-ahead.ts";

const BLOCK = 2 ** 21;
const BLOCKS_KEPT = 6;
/** While a log is read, requests for ticks are answered in between. [ms] */
const TURN = 12;

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<LogRequest>) => void) | null;
  postMessage(reply: LogReply): void;
};
let log: ChunkedLog | undefined;

scope.onmessage = ({ data }) => {
  if (data.kind === "open") void open(data.place);
  else void answer(data);
};

async function open(place: LogPlace): Promise<void> {
  const source = "blob" in place ? blobSource(place.blob) : undefined;
  try {
    const near = withReadAhead(
      source ?? (await httpSource((place as { url: string }).url)),
      BLOCK,
      BLOCKS_KEPT,
    );
    try {
      log = await openChunkedLog(near);
    } catch (error) {
      const more = await describeForeign(near);
      scope.postMessage({ kind: "refused", text: more === "" ? textOf(error) : `${textOf(error)}. ${more}` });
      return;
    }
    scope.postMessage({ kind: "opened", meta: log.meta, summary: log.summary, sizes: log.sizes });
    await scan(log);
  } catch (error) {
    scope.postMessage({ kind: "refused", text: textOf(error) });
  }
}

/** One pass; what is known is told at first soon, then whenever it has grown by half. */
async function scan(from: ChunkedLog): Promise<void> {
  const pass = createLogScan(from);
  let due = 0;
  let turn = performance.now();
  for (let chunk = 0; await pass.next(); chunk++) {
    if (performance.now() - turn < TURN) continue;
    await nextTurn();
    turn = performance.now();
    if (chunk < due) continue;
    scope.postMessage({ kind: "state", state: pass.state() });
    due = Math.ceil(1.5 * (chunk + 8));
  }
  scope.postMessage({ kind: "state", state: pass.state() });
}

async function answer(request: Exclude<LogRequest, { kind: "open" }>): Promise<void> {
  const { id } = request;
  try {
    if (log === undefined) throw new Error("no log is open");
    if (request.kind === "ticks")
      scope.postMessage({ kind: "ticks", id, ticks: await readTicks(log, request.chunk) });
    else scope.postMessage({ kind: "grid", id, grid: await readGrid(log, request.topic, request.place) });
  } catch (error) {
    scope.postMessage({ kind: "failed", id, text: textOf(error) });
  }
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

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
