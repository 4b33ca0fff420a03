// `node scripts/fuzz-readers.mjs [--count=5000] [--seed=0] [--reader=NAME] [FILE...]`: damaged files for every reader of this
// program. Each must be read or refused with a sentence, in seconds and without memory beyond reason; what is not so
// is told with its seed, and ends this with 1. FILEs (.arrow, .mnos, .mcap, .onnx, .pgm, .png, .bmp) are damaged, too.
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { ensureReady, ROOT } from "./ensure.mjs";
import { createSamples, mutate, READERS } from "./reader-samples.mjs";

/** Longest for one file, and the heap that reads it: hundreds of times what a sound one takes. */
const LONGEST_MS = 10_000;
const HEAP_MB = 768;
/** Files between two words of a worker. */
const ROUND = 50;

async function work({ reader, count, seed, files }) {
  const { createRng, hashSeed, MpcError } = await import("../dist/base/index.js");
  const read = await READERS[reader].open();
  const own = await createSamples(reader);
  const samples = [...own, ...files.map((file) => new Uint8Array(readFileSync(file)))];
  let [accepted, slowest, largest] = [0, 0, 0];
  for (const sample of own) await read(sample.slice());
  for (let n = 0; n < count; n++) {
    if (n % ROUND === 0) parentPort.postMessage({ at: n });
    const bytes = mutate(createRng(hashSeed(seed, n)), samples[n % samples.length], READERS[reader]);
    const start = performance.now();
    try {
      await read(bytes);
      accepted++;
    } catch (error) {
      if (!(error instanceof MpcError)) parentPort.postMessage({ fault: `file ${n}: ${error.stack}` });
    }
    const took = performance.now() - start;
    if (took > slowest) [slowest, largest] = [took, n];
  }
  const rss = process.memoryUsage().rss / 2 ** 20;
  parentPort.postMessage({ done: { accepted, slowest, largest, rss } });
}

/** Runs one reader in a worker. @returns whether nothing was wrong */
function watch(reader, count, seed, files) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { reader, count, seed, files },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    let [at, faults, timer] = [0, 0];
    const fault = (what) => {
      faults++;
      console.log(`${reader}: ${what}`);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fault(`files ${at} to ${at + ROUND - 1} take longer than ${LONGEST_MS / 1000} s`);
        worker.terminate();
      }, LONGEST_MS + 30_000);
    };
    // From the first word on: before it the samples are made, which is not what is watched.
    worker.on("message", (message) => {
      wait();
      if (message.at !== undefined) at = message.at;
      if (message.fault !== undefined) fault(message.fault);
      if (message.done === undefined) return;
      const { accepted, slowest, largest, rss } = message.done;
      if (slowest > LONGEST_MS) fault(`file ${largest} took ${Math.round(slowest)} ms`);
      const words = `${count} files, ${accepted} read, the slowest in ${Math.round(slowest)} ms, ${Math.round(rss)} MB`;
      console.log(`${reader}: ${words}`);
    });
    worker.on("error", (error) => fault(`files from ${at} on: ${error.stack ?? error}`));
    worker.on("exit", () => {
      clearTimeout(timer);
      resolve(faults === 0);
    });
  });
}

async function main() {
  const options = { count: { type: "string" }, seed: { type: "string" }, reader: { type: "string" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const names = values.reader === undefined ? Object.keys(READERS) : [values.reader];
  if (names.some((name) => !Object.hasOwn(READERS, name)))
    throw new Error(`no reader "${values.reader}", expected ${Object.keys(READERS).join(", ")}`);
  await ensureReady(ROOT, { need: "run" });
  const each = Math.ceil(Number(values.count ?? 5000) / names.length);
  let sound = true;
  for (const name of names) {
    const files = positionals.filter((file) => READERS[name].endings.includes(extname(file)));
    sound = (await watch(name, each, Number(values.seed ?? 0), files)) && sound;
  }
  process.exitCode = sound ? 0 : 1;
}

if (isMainThread) await main();
else await work(workerData);
