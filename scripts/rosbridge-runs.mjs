// `node scripts/rosbridge-runs.mjs [--runs 50] [--jobs 1] [--from 0] [--delay 50] [--spread 20] [--loss 0.01]
// [--faults cut,silence] [-- FLAGS]`: drives of `connect` across a real socket, in real time, each of a simulated Jackal
// behind rosbridge's JSON that starts in another world of the family clutter. Every message is late by delay +- spread [ms],
// and a share of them is lost; halfway, for 2 s, the cable is cut or the sensors fall silent, by turns (none: neither). A row
// for each drive: how it ended, and after how long the robot's wheels were to stand. FLAGS go to `connect`. On a busy machine
// robot and planner wait for each other's cores, and drives fail for that. Needs dist/ (npm run build) and the packages of
// the tests.
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { getRobot, makeWorld } from "../dist/sim/index.js";
import { ROOT } from "./ensure.mjs";

const number = (value) => ({ type: "string", default: String(value) });
const { values, positionals } = parseArgs({
  options: {
    runs: number(50),
    jobs: number(1),
    from: number(0),
    delay: number(50),
    spread: number(20),
    loss: number(0.01),
    faults: { type: "string", default: "cut,silence" },
  },
  allowPositionals: true,
});
const { faults: wanted, ...numbers } = values;
const { runs, jobs, from, delay, spread, loss } = Object.fromEntries(
  Object.entries(numbers).map(([name, value]) => [name, Number(value)]),
);
const faults = wanted === "none" ? [] : wanted.split(",");
if (![runs, jobs, from, delay, spread, loss].every(Number.isFinite))
  throw new Error(`options are ${JSON.stringify(values)}, expected numbers`);

/** How long what happens halfway lasts. [s] */
const FAULT_TIME = 2;
/** A drive that takes longer is given up. [s] */
const PATIENCE = 100;
/** The base stops by itself where no command comes for so long. [ms] */
const COMMAND_TIMEOUT = 250;

const { startFakeServer } = (
  await runnerImport(join(ROOT, "test", "bridge", "rosbridge-robot.ts"), { root: ROOT, logLevel: "error" })
).module;

const rows = [];
let next = from;
console.error(`${runs} drives, ${jobs} at a time; ${cpus().length} cores (${cpus()[0].model})`);
await Promise.all(
  Array.from({ length: jobs }, async () => {
    while (next < from + runs) {
      const row = await drive(next++);
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  }),
);
const reached = rows.filter((row) => row.status === "reached");
const contacts = rows.filter((row) => row.clearanceM <= 0).length;
console.log(`reached ${reached.length} of ${rows.length}, ${contacts} with contact`);
for (const fault of faults) {
  const stops = rows.flatMap((row) => (row.fault === fault ? (row.stopMs ?? []) : [])).sort((a, b) => a - b);
  const middle = stops[Math.floor(stops.length / 2)];
  console.log(
    `${fault}: to stand after ${middle} ms (median), ${stops.at(-1)} ms (longest of ${stops.length})`,
  );
}
process.exitCode = reached.length === rows.length ? 0 : 1;

/** Drives in one world. @returns its row */
async function drive(seed) {
  const { grid, start, goal } = makeWorld("clutter", seed);
  const link = { mean: delay, spread, loss };
  const fake = await startFakeServer({
    robot: getRobot("jackal"),
    grid,
    start,
    seed,
    version: 2,
    commandTimeout: COMMAND_TIMEOUT,
    delay: link,
  });
  const { robot } = fake;
  const half = Math.hypot(goal.x - start.x, goal.y - start.y) / 2;
  const fault = faults[seed % faults.length];
  let began;
  let stopMs;
  const watch = setInterval(() => {
    const now = performance.now();
    const left = Math.hypot(goal.x - robot.pose.x, goal.y - robot.pose.y);
    if (fault !== undefined && began === undefined && left < half && robot.speed > 0.3 && !robot.isStopping) {
      began = now;
      robot[fault](true);
    } else if (began !== undefined) {
      if (robot.isStopping) stopMs ??= Math.round(now - began);
      if (now - began > 1000 * FAULT_TIME) {
        robot[fault](false);
        clearInterval(watch);
      }
    }
  }, 5);
  const flags = ["--goal", `${goal.x},${goal.y}`, "--timeout", String(PATIENCE), "--json", ...positionals];
  const { code, stdout, stderr } = await runCli(["connect", fake.url, ...flags]);
  clearInterval(watch);
  await fake.close();
  const summary =
    stdout === ""
      ? { status: `exit ${code}: ${stderr.trim().split("\n").slice(-2).join(" ")}` }
      : JSON.parse(stdout);
  const away = Math.hypot(goal.x - robot.pose.x, goal.y - robot.pose.y);
  return {
    world: `clutter:${seed}`,
    status: summary.status,
    durationS: summary.duration_s,
    fault,
    stopMs,
    awayM: Number(away.toFixed(3)),
    clearanceM: Number(robot.minClearance.toFixed(3)),
    load: Number(loadavg()[0].toFixed(1)),
  };
}

/** Runs the built command line as a process of its own. */
function runCli(args) {
  const child = spawn(process.execPath, [join(ROOT, "dist", "cli", "main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].on("data", (data) => (texts[name] += data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}
