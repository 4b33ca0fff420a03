// How a queue scales: the same `evaluate` on 1, 2 and 4 worker processes of one job each, beside threads of one process,
// several rounds taking turns, on a Redis server of its own.
//
// node scripts/bench-queue.mjs [--worlds clutter:0-31] [--rounds 3]
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { worlds: { type: "string", default: "clutter:0-31" }, rounds: { type: "string", default: "3" } },
});
const PORT = 16399;
const queue = `redis://127.0.0.1:${PORT}`;
const main = new URL("../dist/cli/main.js", import.meta.url).pathname;

/** Runs the program; its last line of JSON. */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args, "--json"], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
    });
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(text.trim().split("\n").at(-1))));
  });
}

const folder = mkdtempSync(join(tmpdir(), "bench-queue-"));
const redis = spawn(
  "redis-server",
  ["--port", String(PORT), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
  {
    stdio: "ignore",
  },
);
redis.on("error", () => {
  console.error("bench-queue: redis-server is not installed (apt-get install redis-server)");
  process.exit(1);
});
await new Promise((resolve) => setTimeout(resolve, 500));

const times = new Map();
const add = (name, seconds) => times.set(name, [...(times.get(name) ?? []), seconds]);
const work = ["evaluate", "--worlds", values.worlds, "--init", "path"];
for (let round = 0; round < Number(values.rounds); round++) {
  for (const jobs of [1, 2, 4]) add(`threads ${jobs}`, (await run([...work, "--jobs", String(jobs)])).wall_s);
  for (const count of [1, 2, 4]) {
    const workers = Array.from({ length: count }, () =>
      spawn(process.execPath, [main, "worker", "--queue", queue, "--jobs", "1"], { stdio: "ignore" }),
    );
    await new Promise((resolve) => setTimeout(resolve, 3000)); // all are there
    add(`workers ${count}`, (await run([...work, "--queue", queue])).wall_s);
    for (const worker of workers) worker.kill();
  }
}
redis.kill();

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const base = median(times.get("threads 1"));
console.log(
  `${work.join(" ")}, ${values.rounds} rounds, ${cpus()[0]?.model}, ${availableParallelism()} cores\n`,
);
console.log("| done by | seconds, median (range) | times as fast |\n|---|---|---|");
for (const [name, list] of times) {
  const [low, high] = [Math.min(...list), Math.max(...list)];
  console.log(
    `| ${name} | ${median(list).toFixed(1)} (${low.toFixed(1)} - ${high.toFixed(1)}) | ${(base / median(list)).toFixed(2)} |`,
  );
}
