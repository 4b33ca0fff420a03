// `node --expose-gc scripts/long-drive.mjs HOURS [ROBOT=jackal] [WORLD=rooms:3] [INIT=shift]`: one run of so many simulated
// hours in one process, to and fro between the start and the goal of a world. A line for each twentieth of it: heap and
// buffers after collection, handles, what a tick takes, and ticks from one scavenge to the next (the simulator's share
// included); exit status 1 where the last line is worse than the fifth by more than a tenth and 2 MB, or has more handles.
import { constants, PerformanceObserver } from "node:perf_hooks";
import { ensureReady, ROOT } from "./ensure.mjs";

const [hours = "24", robotName = "jackal", world = "rooms:3", init = "shift"] = process.argv.slice(2);
await ensureReady(ROOT, { need: "run" });
const { drive } = await import("../dist/drive/index.js");
const sim = await import("../dist/sim/index.js");

const [family, seed] = world.split(":");
const { grid, start, goal } = sim.makeWorld(family, Number(seed));
const timeout_s = 3600 * Number(hours);
const every = timeout_s / 20;
const ends = [start, goal];
const rows = [];
let legs = 0;
let ticks = [];
let scavenges = 0;
new PerformanceObserver((list) => {
  scavenges += list
    .getEntries()
    .filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR).length;
}).observe({ entryTypes: ["gc"] });

function look(time) {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  ticks.sort((a, b) => a - b);
  const at = (share) => ticks[Math.floor(share * (ticks.length - 1))];
  const row = {
    hours: Number((time / 3600).toFixed(2)),
    legs,
    heapMB: Number((heapUsed / 1e6).toFixed(2)),
    buffersMB: Number((arrayBuffers / 1e6).toFixed(2)),
    handles: process.getActiveResourcesInfo().length,
    p50: Number(at(0.5).toFixed(2)),
    p99: Number(at(0.99).toFixed(2)),
    ticksPerScavenge: Number((ticks.length / Math.max(1, scavenges)).toFixed(1)),
  };
  rows.push(row);
  console.log(JSON.stringify(row));
  ticks = [];
  scavenges = 0;
}

let next = every;
const { summary } = await drive({
  grid,
  robot: sim.getRobot(robotName),
  start,
  goal,
  init,
  sensor: "lidar",
  timeout_s,
  clock: () => performance.now(),
  onTick(report, simulator, goTo) {
    ticks.push(report.totalMs);
    if (report.phase === "arrived") goTo(ends[legs++ % 2]);
    if (simulator.time >= next) {
      look(simulator.time);
      next += every;
    }
  },
});
console.log(JSON.stringify(summary));
const [early, late] = [rows[4] ?? rows[0], rows.at(-1)];
const grown = ["heapMB", "buffersMB"].some((kind) => late[kind] > 1.1 * early[kind] + 2);
process.exitCode = grown || late.handles > early.handles || summary.collisions > 0 ? 1 : 0;
