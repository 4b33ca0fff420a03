import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createFeatureIndex,
  createNetSpec,
  type FeatureSet,
  featureSizes,
} from "../../src/init-net/index.ts";
import { readFeatureFile } from "../../src/init-net/node.ts";
import { SCENE_KINDS } from "../../src/scenes/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { featurizeShard } from "../../src/train/featurize-job.ts";
import { chooseExamples } from "../../src/train/held-out.ts";
import { createQualityProbe, type QualityProbe } from "../../src/train/plan-quality.ts";
import { makeExamples, writeExamples } from "./train-data.ts";

const robot = getRobot("jackal");
const problem = { N: 30, dt: 0.1, lookahead: 3 };
const spec = createNetSpec(robot, problem, { window: 20, hypotheses: 2 });
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-quality-"));
const examples = { train: makeExamples(6, "train", 1), validation: makeExamples(12, "validation", 2) };
const sizes = featureSizes(spec);
let set: FeatureSet;
let probe: QualityProbe;

beforeAll(async () => {
  const shards = [];
  for (const name of ["train", "validation"] as const) {
    const [shard, file] = [join(folder, `${name}.arrow`), join(folder, `${name}.features`)];
    writeExamples(folder, `${name}.arrow`, examples[name]);
    await featurizeShard({ shard, name, file, spec, robot });
    shards.push((await readFeatureFile(file, spec)).rows);
  }
  set = { spec, kinds: SCENE_KINDS, shards };
  const files = [join(folder, "train.arrow"), join(folder, "validation.arrow")];
  probe = await createQualityProbe(set, { files, robots: files.map(() => robot) }, 4, 0);
});

/** A prediction of hypotheses that are made of each example's target. */
function predict(
  make: (target: Float32Array, hypothesis: number) => Float32Array,
  scores: readonly number[],
) {
  const H = spec.options.hypotheses;
  const index = createFeatureIndex(set.shards);
  const n = probe.examples.length;
  const prediction = {
    trajectories: new Float32Array(n * H * sizes.output),
    scores: new Float32Array(n * H),
  };
  for (const [i, example] of probe.examples.entries()) {
    const { shard, row } = index.locate(example);
    const target = set.shards[shard].target.slice(row * sizes.target, (row + 1) * sizes.target);
    for (let h = 0; h < H; h++) {
      prediction.trajectories.set(make(target, h), (i * H + h) * sizes.output);
      prediction.scores[i * H + h] = scores[h];
    }
  }
  return prediction;
}

describe("what predictions are worth to the solver", () => {
  test("held-out scenes alone are looked at, as many of each kind as there are or are asked for", () => {
    const index = createFeatureIndex(set.shards);
    const kinds = Array.from(probe.examples, (example) => {
      const { shard, row } = index.locate(example);
      expect(set.shards[shard].heldOut[row]).toBe(1);
      return SCENE_KINDS[set.shards[shard].kind[row]];
    });
    expect(kinds.filter((kind) => kind === "first").length).toBe(4);
    expect(kinds.filter((kind) => kind === "ordinary").length).toBe(4);
    expect(new Set(probe.examples).size).toBe(8);
    expect(chooseExamples(set, 4, 0)).toEqual(probe.examples);
    expect(chooseExamples(set, 100, 0).length).toBe(12);
  });

  test("the optimum itself is good, and where it is", () => {
    const quality = probe.measure(predict((target) => target, [0, 0]));
    for (const kind of ["first", "ordinary"]) {
      const { scenes, net, hypotheses, best, position } = quality[kind];
      expect(scenes).toBe(4);
      expect([net.good, hypotheses.good, best.good]).toEqual([1, 1, 1]);
      expect(net.qps).toBeLessThanOrEqual(1.5);
      expect(position.p90).toBeLessThan(0.05); // float32, and labels to 1e-3
    }
  });

  test("the scored hypothesis counts as the network's, the best after one QP as the hypotheses'", () => {
    const away = (target: Float32Array, h: number): Float32Array =>
      h === 0 ? target : target.map((value, i) => value + (i % 7 === 1 ? 1.5 * Math.sin(0.1 * i) : 0.5));
    const trusted = probe.measure(predict(away, [1, 0]));
    const misled = probe.measure(predict(away, [0, 1]));
    for (const kind of ["first", "ordinary"]) {
      expect(trusted[kind].net.good).toBe(1);
      expect(misled[kind].net.good).toBeLessThan(1);
      expect(misled[kind].net.qps).toBeGreaterThan(trusted[kind].net.qps);
      expect(misled[kind].position.p50).toBeGreaterThan(10 * trusted[kind].position.p50);
      expect(misled[kind].hypotheses.good).toBe(1);
    }
  });

  test("a prediction of NaN is not good, and no error", () => {
    const quality = probe.measure(predict((target) => target.map(() => Number.NaN), [0, 0]));
    expect(quality.first).toMatchObject({ net: { good: 0, qps: 10 }, hypotheses: { good: 0 } });
  });

  test("baselines come from the path, and from the last plan where there is one", () => {
    const baselines = probe.baselines();
    expect(Object.keys(baselines.first)).toEqual(["path"]);
    expect(baselines.ordinary.shift!.qps).toBeLessThan(baselines.ordinary.path.qps + 1);
  });
});

describe("features of a shard", () => {
  test("another lookahead's are refused by name", async () => {
    const job = { shard: join(folder, "train.arrow"), name: "train", file: join(folder, "x"), spec, robot };
    const far = { ...job, spec: { ...spec, lookahead: 4 } };
    await expect(featurizeShard(far)).rejects.toThrow(
      /train\.arrow.*lookahead is 3, expected the network's 4/,
    );
  });
});
