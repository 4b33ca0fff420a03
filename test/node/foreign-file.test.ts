import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import { createForeignReader, readForeign } from "../../src/node/foreign-file.ts";
import { isOurs, MODELS_FOLDER } from "../../src/node/package-info.ts";
import { READ_LIMITS } from "../../src/node/read-apart.ts";
import { tryNetwork } from "../../src/node/try-network.ts";
import { resolveNavigationOptions } from "../../src/planner/index.ts";
import { packState } from "../../src/rules/index.ts";
import { readShard } from "../../src/scenes/index.ts";
import { getRobot } from "../../src/sim/index.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const robot = getRobot("jackal");
const sizes = resolveNavigationOptions(robot);

describe("a file of somebody else", () => {
  test("is what it holds", async () => {
    const { learned, id } = await readForeign("optimizer", join(MODELS_FOLDER, "optimizer-lstm.mnos"));
    expect([learned.name, id.length]).toEqual(["lstm", 16]);
    const shard = await readForeign("shard", "datasets/sample/train-00000.arrow");
    expect(shard.robot).toBe("jackal");
  });

  const kinds = ["optimizer", "meta-trained", "evolved", "network", "shard", "examples", "checkpoint", "weights", "texts", "vocabulary"] as const; // biome-ignore format: one line
  test.each(kinds)("that is no %s is said so by name", async (kind) => {
    const file = join(folder, `nothing-of-a-${kind}`);
    writeFileSync(file, "this is a text");
    await expect(readForeign(kind, file)).rejects.toThrow(FormatError);
    await expect(readForeign(kind, file)).rejects.toThrow(file);
  });

  test("is what it holds: some examples of a shard, a checkpoint, weights, texts", async () => {
    const file = "datasets/sample/train-00000.arrow";
    const { read, end } = createForeignReader("examples");
    const { example } = readShard(readFileSync(file));
    expect(await read(file, [2, 0])).toEqual([example(2), example(0)]);
    await end();
    const state = { format: "x", weights: Float32Array.of(1, Number.NaN), step: -0 };
    writeFileSync(join(folder, "checkpoint.bin"), packState(state));
    expect(await readForeign("checkpoint", join(folder, "checkpoint.bin"))).toEqual(state);
    writeFileSync(join(folder, "texts.csv"), "text,label\nold,a\nnew,b\n");
    const texts = await readForeign("texts", join(folder, "texts.csv"));
    expect(texts.map(({ text, label }) => [text, label])).toEqual([["old", "a"], ["new", "b"]]); // biome-ignore format: one line
    writeFileSync(join(folder, "notes.txt"), "notes\n");
    expect((await readForeign("corpus", folder)).texts).toContain("notes\n");
  });

  test("is ours only in the package's own folder", () => {
    expect(isOurs(join(MODELS_FOLDER, "warm-start-jackal.onnx"))).toBe(true);
    expect(isOurs(join(MODELS_FOLDER, "..", "models.onnx"))).toBe(false);
    expect(isOurs(`${MODELS_FOLDER}-of-others/a.onnx`)).toBe(false);
  });
});

/** A process that does what a network might do to whoever runs it. */
function programThat(name: string, does: string): URL {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `process.once("message", (job) => { ${does} });`);
  return pathToFileURL(file);
}

describe("a network that is tried in a process of its own", () => {
  const file = "their.onnx";
  const tried = (name: string, does: string, time = READ_LIMITS.time): Promise<void> =>
    tryNetwork(file, robot, sizes, { ...READ_LIMITS, time }, programThat(name, does));

  test("is told what it is to fit, and passes", async () => {
    await tried("fine", "if (job.file === 'their.onnx' && job.robot.name === 'jackal') process.send({});");
  });

  test("is refused by name where it runs too long or ends the process", async () => {
    await expect(tried("hang", "for (;;);", 200)).rejects.toThrow(
      "their.onnx: running it once took longer than 0.2 s",
    );
    await expect(tried("killed", "process.kill(process.pid, 'SIGKILL');")).rejects.toThrow(
      "their.onnx: running it once ended the process (SIGKILL), as more than 4295 MB do",
    );
  });

  test("is refused in the words of its reader", async () => {
    const told = { error: { code: "config", message: "their.onnx: made for the omni" } };
    await expect(tried("misfit", `process.send(${JSON.stringify(told)});`)).rejects.toThrow(
      "their.onnx: made for the omni",
    );
  });
});
