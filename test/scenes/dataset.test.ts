import { readFileSync } from "node:fs";
import { Int32, makeVector, Table, tableToIPC } from "apache-arrow";
import { beforeAll, describe, expect, test } from "vitest";
import { ConfigError, createRng, FormatError, ShapeError } from "../../src/base/index.ts";
import { pathStart, poseScene, shiftStart } from "../../src/planner/index.ts";
import {
  createCollector,
  DATASET_FORMAT,
  DEFAULT_KIND_SHARES,
  type Example,
  readShard,
  readShards,
  SCENE_KINDS,
  type ShardInfo,
  SPLITS,
  splitOf,
  writeShard,
} from "../../src/scenes/index.ts";
import { getRobot, robotBounds, WORLD_FAMILIES } from "../../src/sim/index.ts";
import { solveSqp } from "../../src/sqp/index.ts";

const robot = getRobot("jackal");
const collector = createCollector({ robot, shares: DEFAULT_KIND_SHARES, seed: 3 });
const { problem } = collector.expert;
const WORLD = { family: "clutter", seed: 5 } as const;

const infoOf = (examples: readonly Example[]): ShardInfo => ({
  sizes: { nx: 5, nu: 2, N: problem.ocp.N, m: examples[0].optimum.Y.length / problem.ocp.N },
  dt: problem.options.dt,
  lookahead: problem.options.lookahead,
  robot: robot.name,
  worlds: ["clutter:5"],
  examples: examples.length,
  kinds: Object.fromEntries(
    SCENE_KINDS.map((kind) => [kind, examples.filter((e) => e.kind === kind).length]),
  ),
});
const single = (v: Float64Array): Float64Array => Float64Array.from(v, Math.fround);

let examples: Example[];
let bytes: Uint8Array;
beforeAll(async () => {
  examples = await collector.collect(WORLD);
  bytes = writeShard(examples, infoOf(examples));
});

describe("a shard of a data set", () => {
  test("gives back scenes and last plans exactly, the rest in single precision", () => {
    const read = [...readShards([bytes])];
    expect(read).toHaveLength(examples.length);
    for (const [i, { scene, lastPlan, optimum, alternatives, ...rest }] of examples.entries()) {
      if (i % 5 !== 0) continue;
      expect(read[i].scene).toEqual(scene);
      expect(read[i].lastPlan).toEqual(lastPlan);
      expect(read[i]).toMatchObject(rest);
      const { X, U, Y } = optimum;
      expect(read[i].optimum).toEqual({ ...optimum, X: single(X), U: single(U), Y: single(Y) });
      expect(read[i].alternatives).toEqual(
        alternatives.map((a) => ({ X: single(a.X), U: single(a.U), merit: a.merit })),
      );
    }
  });

  test("what is read is what was solved: no QP from the optimum, the counted number from path and shift", () => {
    let solved = 0;
    for (const { scene, lastPlan, margin, optimum, qps } of readShards([bytes])) {
      if (optimum.status !== "converged" || solved++ % 6 !== 0) continue;
      poseScene(problem, scene, undefined, margin);
      const guess = { U: optimum.U, multipliers: optimum.Y };
      const again = solveSqp(problem.ocp, scene.x, guess, { tol: 2e-3, hessian: "full" });
      expect(again.iterations).toBe(0);
      // Controls rounded by 1e-7 of their size move the merit by about as much of its own.
      expect(Math.abs(again.merit - optimum.merit)).toBeLessThan(1e-4 * Math.max(1, optimum.merit));
      const starts = {
        path: pathStart(problem, scene),
        shift: lastPlan && shiftStart(problem, lastPlan, scene.time),
      };
      for (const name of ["path", "shift"] as const) {
        const [loose] = qps[name] ?? [];
        if (loose === undefined || loose > 4) continue; // long ways depend on how exactly QPs are solved
        const { iterations } = solveSqp(problem.ocp, scene.x, starts[name], { tol: 1e-2, hessian: "full" });
        expect(Math.abs(iterations - loose)).toBeLessThanOrEqual(1);
      }
    }
    expect(solved).toBeGreaterThan(20);
  });

  test("columns lie side by side for those who want many at once", () => {
    const shard = readShard(bytes);
    const X = shard.numbers("X");
    expect(X).toBeInstanceOf(Float32Array);
    expect(X.length).toBe(shard.length * 31 * 5);
    expect(X.subarray(31 * 5, 2 * 31 * 5)).toEqual(Float32Array.from(examples[1].optimum.X));
    expect(shard.numbers("tick")).toEqual(Int32Array.from(examples, (e) => e.tick));
    expect(() => shard.numbers("z")).toThrow('shard has no column "z"');
  });

  test("the same examples give the same bytes", () => {
    expect(Buffer.from(writeShard(examples, infoOf(examples))).equals(Buffer.from(bytes))).toBe(true);
  });

  test("a shard without examples is one, too", () => {
    const empty = readShard(writeShard([], { ...infoOf(examples), examples: 0 }));
    expect([empty.length, empty.info.worlds]).toEqual([0, ["clutter:5"]]);
    expect([...readShards([writeShard([], { ...infoOf(examples), examples: 0 })])]).toEqual([]);
  });

  test("examples of other sizes are refused", () => {
    const info = infoOf(examples);
    const wrong = { ...info, sizes: { ...info.sizes, N: 20 } };
    expect(() => writeShard(examples, wrong)).toThrow(ShapeError);
    expect(() => writeShard(examples, wrong)).toThrow(/has a row of \d+ numbers, expected \d+/);
  });

  test.each([-1, 1.5, Number.NaN, 1e6])("there is no example %d", (index) => {
    const read = () => readShard(bytes).example(index);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      `example ${index} is asked for, expected an integer from 0 to ${examples.length - 1}`,
    );
  });
});

describe("the sample under version control", () => {
  const folder = new URL("../../datasets/sample/", import.meta.url);

  test("is read as what its manifest says", () => {
    const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
    expect(manifest.format).toBe(DATASET_FORMAT);
    const [row] = manifest.shards;
    const shard = readShard(readFileSync(new URL(row.file, folder)));
    expect(shard.info).toMatchObject({ examples: row.examples, kinds: row.kinds, worlds: row.worlds });
    for (let i = 0; i < shard.length; i++) {
      const { scene, optimum, robot: name, world, split } = shard.example(i);
      expect(optimum.X.subarray(0, 5)).toEqual(scene.x);
      expect([name, `${world.family}:${world.seed}`, split]).toEqual([
        "jackal",
        row.worlds[0],
        splitOf(world),
      ]);
    }
  });
});

test("the sample's optima are those of the problem that is solved today", () => {
  const shard = readShard(readFileSync(new URL("../../datasets/sample/train-00000.arrow", import.meta.url)));
  for (let i = 0; i < shard.length; i++) {
    const { scene, margin, optimum } = shard.example(i);
    if (optimum.status !== "converged") continue;
    poseScene(problem, scene, undefined, margin);
    const guess = { U: optimum.U, multipliers: optimum.Y };
    const again = solveSqp(problem.ocp, scene.x, guess, { tol: 2e-3, hessian: "full" });
    expect([i, again.iterations]).toEqual([i, 0]);
  }
});

describe("files that are no shard", () => {
  const reading = (data: Uint8Array) => (): unknown => [...readShards([data])];

  test("cut off anywhere, it is said to be cut off", () => {
    for (const share of [0.01, 0.3, 0.9, 0.999]) {
      expect(reading(bytes.subarray(0, Math.floor(share * bytes.length)))).toThrow(FormatError);
      expect(reading(bytes.subarray(0, Math.floor(share * bytes.length)))).toThrow("is cut off");
    }
    expect(reading(bytes.subarray(0, 5))).toThrow("not an Arrow file");
    expect(reading(new Uint8Array(0))).toThrow("not an Arrow file");
  });

  test("a picture, a text, another Arrow file and a shard of a later version are told apart", () => {
    expect(reading(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).toThrow("it does not begin with ARROW1");
    expect(reading(new TextEncoder().encode("ARROW1 is what this begins with, no more"))).toThrow(
      "is cut off",
    );
    const table = new Table({ tick: makeVector(Int32Array.of(1, 2, 3)) });
    expect(new Int32()).toEqual(table.schema.fields[0].type);
    expect(reading(tableToIPC(table, "file"))).toThrow(`it names no format, expected "${DATASET_FORMAT}"`);
    const later = Buffer.from(bytes);
    for (let at = later.indexOf(DATASET_FORMAT); at >= 0; at = later.indexOf(DATASET_FORMAT, at + 1))
      later.write("mnemosyne-dataset-9", at);
    later.write("unsealed", later.lastIndexOf("mnemoFNV"));
    expect(reading(later)).toThrow('its format is "mnemosyne-dataset-9"');
  });

  test("a changed byte anywhere is noticed", () => {
    const rng = createRng(11);
    const few = writeShard(examples.slice(0, 3), infoOf(examples.slice(0, 3)));
    for (let n = 0; n < 300; n++) {
      const damaged = few.slice();
      // Mostly in what describes the columns, at both ends of the file.
      const near = n % 3 === 0 ? few.length : 6000;
      const at = n % 3 === 1 ? few.length - 1 - rng.int(near) : rng.int(near);
      damaged[at] ^= 1 << rng.int(8);
      if (isSeal(few, at)) continue;
      expect(reading(damaged), `byte ${at}`).toThrow(FormatError);
    }
  });

  test("bytes that begin anywhere in memory are read", () => {
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes, 3);
    expect(readShard(padded.subarray(3)).length).toBe(examples.length);
  });
});

/** Whether a byte is one of the letters that say that a checksum follows: without them there is none to hold. */
function isSeal(shard: Uint8Array, at: number): boolean {
  const start = Buffer.from(shard).lastIndexOf("mnemoFNV");
  return at >= start && at < start + 8;
}

describe("what a drive gives", () => {
  test("the same world and seed give the same examples, in the same process and after others", async () => {
    const again = createCollector({ robot, shares: DEFAULT_KIND_SHARES, seed: 3 });
    const same = await again.collect(WORLD);
    expect(Buffer.from(writeShard(same, infoOf(same))).equals(Buffer.from(bytes))).toBe(true);
  });

  test("nearly every tick gives one to three examples, each of another kind", () => {
    expect(examples.length).toBeGreaterThan(40);
    const scenes = examples.map(({ tick, kind }) => `${tick} ${kind}`);
    expect(new Set(scenes).size).toBe(scenes.length);
    const ticks = [...new Set(examples.map((e) => e.tick))];
    expect(examples.length).toBeLessThanOrEqual(3 * ticks.length);
    expect(ticks[ticks.length - 1] + 1 - ticks.length).toBeLessThan(0.1 * ticks.length);
    expect(new Set(examples.map((e) => e.kind))).toEqual(new Set(SCENE_KINDS));
  });

  test("first ticks have no last plan, at rest or at any legal speed; all others have one, of the scene's time", () => {
    const { boxIndex, xLower, xUpper } = robotBounds(robot);
    const firsts = examples.filter((e) => e.kind === "first");
    expect(firsts.some(({ scene }) => scene.x[3] === 0 && scene.x[4] === 0)).toBe(true);
    for (const { scene } of firsts) {
      for (const [j, i] of boxIndex.entries()) {
        expect(scene.x[i]).toBeGreaterThanOrEqual(xLower[j] - 0.2); // measured: with noise
        expect(scene.x[i]).toBeLessThanOrEqual(xUpper[j] + 0.2);
      }
    }
    for (const { kind, lastPlan, scene } of examples) {
      expect(lastPlan === undefined).toBe(kind === "first");
      if (lastPlan !== undefined) expect(lastPlan.time).toBe(scene.time);
    }
  });

  test("an optimum starts at the scene's state and obeys the bounds of the controls", () => {
    const { uLower, uUpper } = robotBounds(robot);
    for (const { scene, optimum } of examples) {
      expect(optimum.X.subarray(0, 5)).toEqual(scene.x);
      for (let i = 0; i < optimum.U.length; i++) {
        expect(optimum.U[i]).toBeGreaterThanOrEqual(uLower[i % 2] - 1e-9);
        expect(optimum.U[i]).toBeLessThanOrEqual(uUpper[i % 2] + 1e-9);
      }
    }
  });

  test("most labels are converged, and no other solution of a scene is better than its optimum", () => {
    const converged = examples.filter((e) => e.optimum.status === "converged");
    expect(converged.length).toBeGreaterThan(0.9 * examples.length);
    for (const { optimum, alternatives } of examples)
      for (const { merit } of alternatives) expect(merit).toBeGreaterThanOrEqual(optimum.merit);
  });
});

describe("splits", () => {
  test("about one world in twenty is for validation, in every family", () => {
    for (const family of WORLD_FAMILIES) {
      let validation = 0;
      for (let seed = 0; seed < 4000; seed++) if (splitOf({ family, seed }) === "validation") validation++;
      // 200 expected; 5 standard deviations of a binomial are 69
      expect(Math.abs(validation - 200)).toBeLessThan(70);
    }
  });

  test("a world's split depends on nothing else, so that data sets of all seeds and robots agree", () => {
    expect(new Set(examples.map((e) => e.split))).toEqual(new Set([splitOf(WORLD)]));
    expect(SPLITS).toContain(splitOf({ family: "maze", seed: 9999 }));
  });
});
