// `node scripts/bench-viewer.mjs [--log FILE] [--ticks 6000] [--viewer FOLDER]... [--rounds 1] [--profile FILE]`:
// how long the viewer takes to open a long log, and to draw a frame while it is scrubbed, in headless Chromium
// with software rendering. Several --viewer are measured in turn, so that a busy machine is equally unfair to all.
// Needs dist/ (npm run build) and Chromium (MNEMOSYNE_CHROMIUM, or where Linux puts it).
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listViewer } from "../dist/bridge/served-files.js";
import { startViewServer } from "../dist/bridge/view-server.js";
import { openChromium } from "./chromium.mjs";
import { ROOT } from "./ensure.mjs";
import { repeatDrive } from "./repeat-drive.mjs";
import { runNode } from "./run-node.mjs";

const { values } = parseArgs({
  options: {
    log: { type: "string" },
    ticks: { type: "string", default: "6000" },
    viewer: { type: "string", multiple: true, default: [join(ROOT, "dist", "viewer")] },
    rounds: { type: "string", default: "1" },
    profile: { type: "string" },
  },
});
const ticks = Number(values.ticks);

const folder = join(tmpdir(), `mnemosyne-bench-viewer-${process.pid}`);
mkdirSync(folder);
try {
  const log = values.log ?? (await makeLog());
  const { model } = cpus()[0];
  console.log(
    `${ticks} ticks, ${(statSync(log).size / 1e6).toFixed(0)} MB; ${cpus().length} cores (${model}), 1280 x 720, SwiftShader`,
  );
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const viewer of values.viewer) {
      const load = loadavg()[0].toFixed(1);
      console.log(JSON.stringify({ viewer, load, ...(await measure(viewer, log)) }));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A drive of a few seconds, repeated. */
async function makeLog() {
  const drive = join(folder, "drive.mcap");
  const long = join(folder, "long.mcap");
  const main = join(ROOT, "dist", "cli", "main.js");
  await runNode([main, "navigate", "--world", "clutter:5", "--record", drive], { stdio: "ignore" });
  await repeatDrive(drive, long, ticks);
  return long;
}

/** Opens the log in a new browser. @returns times in ms, memory in MB */
async function measure(viewer, log) {
  const files = new Map([...listViewer(viewer), ["/log.mcap", log]]);
  const server = await startViewServer({ files, port: 0 });
  const browser = await openChromium("--enable-precise-memory-info");
  let ended = "";
  browser.on("disconnected", () => (ended ||= "Chromium ended by itself"));
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.on("crash", () => (ended ||= "the page's process crashed"));
    page.on("pageerror", (error) => process.stderr.write(`${error}\n`));
    const client = await browser.newBrowserCDPSession();
    const cpu = async () => {
      const { processInfo } = await client.send("SystemInfo.getProcessInfo");
      const of = (type) => processInfo.filter((p) => p.type === type).reduce((sum, p) => sum + p.cpuTime, 0);
      return { page: 1000 * of("renderer"), gpu: 1000 * of("GPU") };
    };
    const tracing = values.profile === undefined ? undefined : await page.context().newCDPSession(page);
    await page.addInitScript(watchOpening, ticks);
    await page.goto(`${server.base}/?url=log.mcap`);
    await page.waitForFunction(() => globalThis.opening.all > 0, undefined, { timeout: 120_000 });
    const { first, all } = await page.evaluate(() => globalThis.opening);
    const opened = await cpu();
    await page.waitForTimeout(1000);
    await tracing?.send("Profiler.enable");
    await tracing?.send("Profiler.start");
    const before = await cpu();
    const frames = await page.evaluate(scrub, 120);
    const after = await cpu();
    if (tracing !== undefined)
      writeFileSync(values.profile, JSON.stringify((await tracing.send("Profiler.stop")).profile));
    const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1e6);
    const at = (share) => frames[Math.floor(share * (frames.length - 1))];
    return round({
      firstMs: first,
      allMs: all,
      openCpuMs: opened.page,
      frameP50: at(0.5),
      frameP95: at(0.95),
      pageCpuPerFrame: (after.page - before.page) / frames.length,
      gpuCpuPerFrame: (after.gpu - before.gpu) / frames.length,
      heapMB: heap,
    });
  } catch (error) {
    throw ended === "" ? error : new Error(ended, { cause: error });
  } finally {
    await browser.close();
    await server.close();
  }
}

/** In the page: when the run is shown, and when all its ticks are. [ms since the page was asked for] */
function watchOpening(count) {
  const opening = { first: 0, all: 0 };
  globalThis.opening = opening;
  const look = () => {
    const text = document.querySelector(".clock")?.textContent ?? "";
    const shown = Number(/of (\d+)/.exec(text)?.[1] ?? 0);
    if (shown > 0 && opening.first === 0) opening.first = performance.now();
    if (shown >= count) opening.all = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** In the page: drags over the timeline, one step per frame. @returns the frames' durations, ascending [ms] */
async function scrub(steps) {
  const track = document.querySelector(".timeline-track");
  const box = track.getBoundingClientRect();
  const send = (type, x) =>
    track.dispatchEvent(
      new PointerEvent(type, { clientX: x, clientY: box.top + 30, buttons: 1, pointerId: 1, bubbles: true }),
    );
  track.setPointerCapture = () => {};
  track.hasPointerCapture = () => true;
  send("pointerdown", box.left + 20);
  const frames = [];
  let last = performance.now();
  for (let i = 0; i < steps; i++) {
    send("pointermove", box.left + 20 + (i / steps) * (box.width - 40));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames.sort((a, b) => a - b);
}

function round(numbers) {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Math.round(value)]));
}
