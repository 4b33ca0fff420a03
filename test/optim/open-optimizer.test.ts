import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { ConfigError, FormatError } from "../../src/base/index.ts";
import {
  createLearnedOptimizer,
  LIGHT_SPEC,
  LSTM_SPEC,
  writeLearnedOptimizer,
} from "../../src/optim/index.ts";
import {
  openOptimizer,
  openOptimizerMaker,
  shippedOptimizerFile,
  shippedOptimizers,
} from "../../src/optim/node.ts";
import { getOptimizer, type Optimizer } from "../../src/rules/index.ts";
import { untrained } from "./learned-designs.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "optimizers-"));
  writeFileSync(
    shippedOptimizerFile("light", folder),
    writeLearnedOptimizer({ ...untrained(LIGHT_SPEC), name: "light" }),
  );
  writeFileSync(shippedOptimizerFile("lstm", folder), writeLearnedOptimizer(untrained(LSTM_SPEC)));
  writeFileSync(join(folder, "optimizer-lstm.md"), "# a card");
  writeFileSync(join(folder, "warm-start.onnx"), "");
  writeFileSync(join(folder, "mine.mnos"), writeLearnedOptimizer(untrained(LIGHT_SPEC, 7)));
  writeFileSync(join(folder, "damaged.mnos"), writeLearnedOptimizer(untrained(LIGHT_SPEC)).subarray(0, 500));
});
afterAll(() => rmSync(folder, { recursive: true }));

const params = Float32Array.of(1, -2, 3);
const updates = (optimizer: Optimizer): Float32Array =>
  optimizer.update(Float32Array.of(0.5, -1, 2), optimizer.init(params), params).updates;

describe("openOptimizer", () => {
  it("gives analytic optimizers with their options", async () => {
    expect(updates(await openOptimizer("sgd", { learningRate: 0.5 }, folder))).toEqual(
      updates(getOptimizer("sgd", { learningRate: 0.5 })),
    );
  });

  it("finds learned ones by name and by file", async () => {
    expect(shippedOptimizers(folder)).toEqual(["light", "lstm"]);
    const light = await openOptimizer("light", {}, folder);
    expect(light.name).toBe("light");
    expect(updates(light)).toEqual(updates(createLearnedOptimizer(untrained(LIGHT_SPEC))));
    const mine = await openOptimizer(join(folder, "mine.mnos"), { learningRate: 2 }, folder);
    expect(updates(mine)).toEqual(
      updates(createLearnedOptimizer(untrained(LIGHT_SPEC, 7), { learningRate: 2 })),
    );
  });

  test.each([
    [
      "ligth",
      {},
      "expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, muon, feedback, feedback-orthogonal, light, lstm, or a file",
      ConfigError,
    ],
    ["light", { epsilon: 1 }, 'unknown option "epsilon"', ConfigError],
    ["light", { learningRate: -1 }, "learningRate is -1", ConfigError],
    ["__proto__", {}, "expected one of sgd", ConfigError],
    ["", {}, "expected one of sgd", ConfigError],
    ["../light", {}, "expected one of sgd", ConfigError],
  ] as const)("refuses %j with %j", async (name, options, message, type) => {
    const opened = openOptimizer(name, options, folder);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toBeInstanceOf(type);
  });

  it("suggests the name that was meant", async () => {
    await expect(openOptimizer("ligh", {}, folder)).rejects.toThrow('did you mean "light"');
  });

  it("names the file that is damaged or missing", async () => {
    const damaged = openOptimizer(join(folder, "damaged.mnos"));
    await expect(damaged).rejects.toThrow(/damaged\.mnos: packed state has checksum/);
    await expect(damaged).rejects.toBeInstanceOf(FormatError);
    await expect(openOptimizer(join(folder, "gone.mnos"))).rejects.toThrow("gone.mnos");
  });

  it("lists nothing where there is no folder", async () => {
    const gone = join(folder, "gone");
    expect(shippedOptimizers(gone)).toEqual([]);
    await expect(openOptimizer("light", {}, gone)).rejects.toThrow("feedback-orthogonal, or a file");
  });
});

test("an optimizer that was read once is made for any tensors, as one that was opened for them", async () => {
  const layout = { total: 3, entries: [{ name: "b", shape: [3], offset: 0, size: 3 }] };
  for (const name of ["adam", "feedback", ...shippedOptimizers()]) {
    const make = await openOptimizerMaker(name);
    for (const options of [{}, { layout, horizon: 20 }])
      expect(updates(make(options)), name).toEqual(updates(await openOptimizer(name, options)));
  }
  await expect(openOptimizerMaker("ligh", folder)).rejects.toThrow('did you mean "light"');
});

test("what comes with the package can be read and moves parameters", async () => {
  for (const name of shippedOptimizers()) {
    const u = updates(await openOptimizer(name));
    expect(
      u.every((x) => Number.isFinite(x) && x !== 0),
      name,
    ).toBe(true);
  }
});
