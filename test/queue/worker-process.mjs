// A worker process on a queue, to be killed: node worker-process.mjs URL STALL_SECONDS [STORE].
import { openStore, serveQueue } from "../../dist/queue/index.js";

const [url, stall, store] = process.argv.slice(2);
await serveQueue({
  url,
  store: store === undefined ? undefined : await openStore(store, {}),
  kinds: [{ name: "act", worker: new URL("../node/crashing-worker.mjs", import.meta.url) }],
  jobs: 1,
  stall_s: Number(stall),
  signal: new AbortController().signal,
  say: () => {},
  onJob: () => process.stdout.write("job\n"),
  now: () => performance.now(),
});
