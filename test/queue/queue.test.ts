import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { type FilePlaces, type JobKind, type JobOutcome, readMapFile, readMaskFile, readPackageJson, runPool, writeMapFiles } from "../../src/node/index.ts"; // biome-ignore format: one line
import { openFolderStore } from "../../src/queue/folder-store.ts";
import { openQueueRunner, type QueueRunner, type Store, serveQueue } from "../../src/queue/index.ts";
import { createFileReceiver, createFileSender } from "../../src/queue/job-files.ts";
import { encodeWire } from "../../src/queue/wire.ts";
import { createGrid } from "../../src/sim/index.ts";
import { BUILD_TIME, buildCli } from "../cli/run-cli.ts";
import { HAS_REDIS, type RedisServer, startRedis } from "./redis-server.ts";

const WORKER = new URL("../node/crashing-worker.mjs", import.meta.url);
type Job = { act: string; value?: number; once?: string };
const ACT: JobKind<Job, number> = { name: "act", worker: WORKER };

const folder = (): string => mkdtempSync(join(tmpdir(), "queue-"));
const resultsOf = (outcomes: readonly JobOutcome<number>[]): unknown[] =>
  outcomes.map((one) => (one.status === "done" ? one.result : one.reason));

describe.skipIf(!HAS_REDIS)("jobs on a queue (needs redis-server)", () => {
  let redis: RedisServer;
  const said: string[] = [];
  const closers: (() => Promise<unknown> | unknown)[] = [];
  beforeAll(async () => {
    await buildCli();
    redis = await startRedis();
  }, BUILD_TIME);
  afterAll(() => redis.stop());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function sender(url = redis.url, store?: Store): Promise<QueueRunner> {
    const runner = await openQueueRunner(url, store, (line) => said.push(line));
    closers.push(() => runner.close());
    return runner;
  }
  /** A worker in this process. */
  function worker(url = redis.url, store?: Store, kind = ACT, say = (_line: string): void => {}) {
    const end = new AbortController();
    const served = serveQueue({ url, store, kinds: [kind], jobs: 2, stall_s: 1, signal: end.signal, say, now: () => performance.now() }); // biome-ignore format: one line
    const stop = () => {
      end.abort();
      return served;
    };
    closers.push(stop);
    return stop;
  }
  /** One in a process of its own. */
  function workerProcess(): ChildProcess {
    const file = fileURLToPath(new URL("worker-process.mjs", import.meta.url));
    const child = spawn(process.execPath, [file, redis.url, "1"], { stdio: ["ignore", "pipe", "inherit"] });
    closers.push(() => void child.kill("SIGKILL"));
    return child;
  }

  test("end as in the pool of one process, and are told in their order", async () => {
    const jobs: Job[] = [
      ...[60, 1, 30].map((value) => ({ act: "sleep", value })),
      { act: "square", value: 3 },
      { act: "square", value: 3 },
      { act: "throw" },
      { act: "exit" },
    ];
    worker();
    const seen: number[] = [];
    const { run } = await sender();
    const outcomes = await run(ACT, jobs, { size: 1, onResult: ({ index }) => seen.push(index) });
    expect(outcomes).toEqual(await runPool(WORKER, jobs, { size: 2 }));
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("what a killed worker had begun, another does", async () => {
    const { run } = await sender();
    const victim = workerProcess();
    const outcomes = run(ACT, [1, 2, 3, 4].map((value) => ({ act: "sleep", value: 300 + value })), { size: 1 }); // biome-ignore format: one line
    await new Promise((resolve) => victim.stdout!.once("data", resolve)); // one is done, the next begun
    victim.kill("SIGKILL");
    worker();
    expect(resultsOf(await outcomes)).toEqual([301, 302, 303, 304]);
  });

  test("asked for again after their sender went away, the answers that came meanwhile are found", async () => {
    const once = join(folder(), "once");
    const jobs: Job[] = [{ act: "square", value: 5, once }]; // a second run would give 5, not 25
    const first = await openQueueRunner(redis.url, undefined, () => {});
    void first.run(ACT, jobs, { size: 1 }).catch(() => {});
    await first.close(); // as by a kill: nothing is taken back
    worker();
    const { run } = await sender();
    await expect.poll(() => readdirSync(join(once, "..")).length).toBe(1);
    expect(resultsOf(await run(ACT, jobs, { size: 1 }))).toEqual([25]);
  });

  test("asked for by two at once, each gets the answers and the files", async () => {
    const store = await openFolderStore(folder());
    const kindFor = (out: string): typeof ACT => ({
      ...ACT,
      moveFiles: async (job, { output }) => {
        const once = await output(join(out, job.once!));
        if (once !== job.once) mkdirSync(dirname(once), { recursive: true }); // at the worker's
        return { ...job, once };
      },
    });
    worker(redis.url, store, kindFor(""));
    const values = [2, 3, 4, 5];
    const jobs = values.map((value): Job => ({ act: "square", value, once: `of-${value}` }));
    const made = await Promise.all(
      [folder(), folder()].map(async (out) => {
        const { run } = await sender(redis.url, store);
        return [resultsOf(await run(kindFor(out), jobs, { size: 1 })), readdirSync(out).sort()];
      }),
    );
    const all = [values.map((value) => value ** 2), jobs.map(({ once }) => once)];
    expect(made).toEqual([all, all]);
  });

  test("a server that comes back empty gets them again", async () => {
    const own = await startRedis();
    closers.push(() => again.stop());
    const { run } = await sender(own.url);
    const outcomes = run(ACT, [{ act: "square", value: 7 }], { size: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    own.stop();
    const again = await startRedis(own.port);
    worker(own.url);
    expect(resultsOf(await outcomes)).toEqual([49]);
    expect(said.join("\n")).toMatch(/is lost[\s\S]*is back/);
  });

  test("stopped, they are taken out of the queue", async () => {
    const stop = new AbortController();
    const { run } = await sender();
    const outcomes = run(ACT, [{ act: "square", value: 8 }], { size: 1, signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    expect(resultsOf(await outcomes)).toEqual(["stopped"]);
    const late = await run(ACT, [{ act: "square", value: 9 }], { size: 1, signal: AbortSignal.timeout(50) });
    expect(resultsOf(late)).toEqual(["stopped"]);
  });

  test("under a name that is none is not done: it would be part of a path", async () => {
    worker();
    const bullmq = await import("bullmq");
    const connection = { url: redis.url };
    const queue = new bullmq.Queue(`mnemosyne-${readPackageJson().version}`, { connection });
    closers.push(() => queue.close());
    await queue.add("act", { job: encodeWire({ act: "square", value: 2 }), timeoutMs: 1000 }, { jobId: "../../there" }); // biome-ignore format: one line
    await expect.poll(async () => (await queue.getJob("../../there"))?.returnvalue, { timeout: 10_000 }).toContain("is no name of a job"); // biome-ignore format: one line
  });

  test("a worker that is told to end says that it finishes what it has begun, and does", async () => {
    const lines: string[] = [];
    const once = join(folder(), "once");
    const stop = worker(redis.url, undefined, ACT, (line) => lines.push(line));
    const { run } = await sender();
    const outcomes = run(ACT, [{ act: "sleep", value: 700, once }], { size: 1 });
    await expect.poll(() => existsSync(once), { timeout: 10_000 }).toBe(true);
    expect(await stop()).toEqual({ done: 1, failed: 0 });
    expect(lines).toEqual([expect.stringMatching(/^finishes 1 begun/)]);
    expect(resultsOf(await outcomes)).toEqual([700]);
  });

  test("of a kind that a worker does not know, or with files and no store, say so", async () => {
    worker();
    const { run } = await sender();
    const unknown = await run({ name: "dance", worker: WORKER }, [{}], { size: 1 });
    expect(unknown[0]).toMatchObject({ code: "config", message: expect.stringContaining("'dance'") });
    const named: typeof ACT = { ...ACT, moveFiles: async (job, { input }) => ({ ...job, once: await input("a.json") }) }; // biome-ignore format: one line
    await expect(run(named, [{ act: "square" }], { size: 1 })).rejects.toThrow(/--store/);
  });
});

describe("a queue that is not there", () => {
  test.each([
    [
      "redis://user:secret@127.0.0.1:1",
      /no queue at redis:\/\/user:\*\*\*@127.0.0.1:1: .*ECONNREFUSED.*Redis server/,
    ],
    ["redis://:p@ss@127.0.0.1:1?password=secret", /^(?!.*(ss@|secret)).*no queue at redis:\/\/:\*\*\*@127/],
    ["http://127.0.0.1:1", /expected redis:\/\/HOST:6379/],
    ["redis:", /expected redis:\/\/HOST:6379/],
  ])("%s is told", async (url, message) => {
    await expect(openQueueRunner(url, undefined, () => {})).rejects.toThrow(message);
  });
});

describe("files of jobs", () => {
  const places = async (path: string) => {
    const store = await openFolderStore(path);
    const receiver = await createFileReceiver(store);
    return { store, sent: createFileSender(store).places(), got: receiver.places("act-1"), receiver };
  };
  const through = async (one: FilePlaces, two: FilePlaces, how: keyof FilePlaces, path: string) =>
    two[how](await one[how](path));

  test("a file that a job reads arrives under its name, once for all that read it", async () => {
    const path = folder();
    writeFileSync(join(path, "robot.json"), "{}");
    const { sent, got, receiver } = await places(join(path, "store"));
    const there = await through(sent.places, got.places, "input", join(path, "robot.json"));
    expect(readFileSync(there, "utf8")).toBe("{}");
    expect(await through(sent.places, got.places, "input", join(path, "robot.json"))).toBe(there);
    await receiver.close();
  });

  test("a map arrives cell by cell, wherever it lies", async () => {
    const rng = createRng(3);
    const cells = Int8Array.from({ length: 35 }, () => rng.int(102) - 1);
    const grid = { width: 7, height: 5, resolution: 0.1 / 3, origin: { x: 5e6 + 1 / 3, y: -1 / 7, yaw: 0.1 }, cells }; // biome-ignore format: one line
    const path = folder();
    const { yamlPath } = await writeMapFiles(join(path, "map.yaml"), grid, { mode: "raw" });
    const { sent, got, receiver } = await places(join(path, "store"));
    const there = await through(sent.places, got.places, "map", yamlPath);
    expect(await readMapFile(there)).toEqual(await readMapFile(yamlPath));
    await receiver.close();
  });

  test("a mask arrives with what its filter makes of it", async () => {
    const path = folder();
    const grid = createGrid(3, 2, 0.1, undefined, 30);
    const { yamlPath } = await writeMapFiles(join(path, "slow.yaml"), grid, { mode: "raw" });
    appendFileSync(yamlPath, "type: 2\nbase: 0.5\nmultiplier: -0.002\n");
    const { sent, got, receiver } = await places(join(path, "store"));
    const there = await through(sent.places, got.places, "mask", yamlPath);
    const { name: _, ...mask } = await readMaskFile(there);
    expect(mask).toMatchObject({ type: 2, base: 0.5, multiplier: -0.002, grid: { cells: grid.cells } });
    await receiver.close();
  });

  test("a damaged file, one that is not there and one out of the store are refused", async () => {
    const path = folder();
    writeFileSync(join(path, "a.json"), "{}");
    const { sent, got, store, receiver } = await places(join(path, "store"));
    const name = await sent.places.input(join(path, "a.json"));
    await store.put(name, Uint8Array.of(1));
    await expect(got.places.input(name)).rejects.toThrow(/damaged/);
    await store.remove(name);
    await expect(got.places.input(name)).rejects.toThrow(/not in the store.*same --store/);
    await expect(got.places.input("../a.json")).rejects.toThrow(/no name in a store|no file of a job/);
    await receiver.close();
  });
});
