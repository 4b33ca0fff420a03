import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, createRng, FormatError, MpcError } from "../../src/base/index.ts";
import { add, createGraph, input, writeOnnx } from "../../src/graph/index.ts";
import {
  createNetSpec,
  formatNetMetadata,
  NET_METADATA_KEY,
  readNetMetadata,
} from "../../src/init-net/index.ts";
import { loadNet } from "../../src/init-net/node.ts";
import { getRobot } from "../../src/sim/index.ts";
import { randomNet, sizesOf } from "./random-net.ts";
import { blockedRoom } from "./scene.ts";

const jackal = getRobot("jackal");
const sizes = sizesOf(3);
const { bytes, spec } = randomNet(jackal, 3);
const { seen } = blockedRoom(jackal);

describe("a network's file", () => {
  test("loads from bytes and from a path, and predicts the same from both", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "mnemosyne-net-")), "a.onnx");
    writeFileSync(file, bytes);
    const predictions = [];
    for (const source of [bytes, file]) {
      const net = await loadNet(source, jackal, sizes);
      expect(net.metadata).toEqual({ format: 1, spec, training: { steps: 0 } });
      predictions.push(await net.predict(seen));
      await net.dispose();
    }
    expect(predictions[0].status).toBe("predicted");
    expect(predictions[1]).toEqual(predictions[0]);
  });

  test("of a network that reads no grid or no bases loads and predicts, too", async () => {
    for (const options of [{ grid: false }, { bases: false }, { grid: false, bases: false }]) {
      const net = await loadNet(randomNet(jackal, 3, options).bytes, jackal, sizes);
      expect((await net.predict(seen)).status).toBe("predicted");
      await net.dispose();
    }
  });

  test("predicts nothing after it is disposed, and says so", async () => {
    const net = await loadNet(bytes, jackal, sizes);
    await net.dispose();
    expect(await net.predict(seen)).toMatchObject({ status: "failed", note: /disposed/ });
  });

  test.each<[string, number, Partial<typeof sizes>, RegExp]>([
    [
      "f1tenth",
      0,
      {},
      /for the jackal .* not for this drive of the f1tenth: robot is jackal, expected f1tenth/,
    ],
    ["jackal", 0, { N: 15, dt: 0.2 }, /N is 30, expected 15; dt is 0.1, expected 0.2/],
    ["jackal", 0, { lookahead: 2 }, /lookahead is 3, expected 2/],
    ["jackal", 1, {}, /speedScale is \[2, 2\], expected \[3, 2\]/],
  ])("for something else is refused: %s, %d, %j", async (name, faster, change, why) => {
    const robot = getRobot(name);
    const limits = { ...robot.limits, vMax: (robot.limits as { vMax: number }).vMax + faster };
    const other = faster === 0 ? robot : ({ ...robot, limits } as typeof robot);
    const load = loadNet(bytes, other, { ...sizes, ...change });
    await expect(load).rejects.toThrow(ConfigError);
    await expect(load).rejects.toThrow(why);
  });

  test("of a rate whose period is not exact in binary fits", async () => {
    const net = await loadNet(bytes, jackal, { ...sizes, dt: 1 / 3 - 0.7 / 3 });
    await net.dispose();
  });
});

describe("a file that is no network", () => {
  const write = (properties: Record<string, string>, outputs = ["trajectories", "scores"], rows = 1) => {
    const g = createGraph();
    const x = input(g, "vector", [rows, 3]);
    return writeOnnx(g, Object.fromEntries(outputs.map((name, i) => [name, add(x, i)])), {
      metadata: properties,
    });
  };
  const good = { [NET_METADATA_KEY]: formatNetMetadata(createNetSpec(jackal, sizes)) };

  test.each<[string, Uint8Array, RegExp]>([
    ["another program's model", write({ author: "x" }), /no property "mnemosyne.net" \(properties: author\)/],
    ["metadata of another format", write({ [NET_METADATA_KEY]: '{"format":9}' }), /format is 9, expected 1/],
    [
      "inputs of another shape",
      write(good),
      /an input "vector" has type 1 and shape \(1, 3\), expected 1 \(float32\) and \(1, /,
    ],
    ["outputs of another name", write(good, ["y"]), /an? (in|out)put/],
    ["text", new TextEncoder().encode("hello"), /not an ONNX model/],
    ["nothing", new Uint8Array(), /the file is empty/],
  ])("%s is refused", async (_what, file, why) => {
    const load = loadNet(file, jackal, sizes);
    await expect(load).rejects.toThrow(FormatError);
    await expect(load).rejects.toThrow(why);
    expect(() => readNetMetadata(file)).toThrow(FormatError);
  });

  test("a missing file is the file system's error, a named one is named in the message", async () => {
    await expect(loadNet("/no/such/file.onnx", jackal, sizes)).rejects.toMatchObject({ code: "ENOENT" });
    const file = join(mkdtempSync(join(tmpdir(), "mnemosyne-net-")), "b.onnx");
    writeFileSync(file, "hello");
    await expect(loadNet(file, jackal, sizes)).rejects.toThrow(file);
  });

  test("a file cut short is refused, wherever it is cut", async () => {
    const rng = createRng(5);
    for (let round = 0; round < 40; round++) {
      const length = round < 10 ? bytes.length - 1 - round : rng.int(bytes.length);
      await expect(loadNet(bytes.subarray(0, length), jackal, sizes), `${length} bytes`).rejects.toThrow(
        FormatError,
      );
    }
  });

  test("bytes overwritten anywhere: refused by an error of this program, or still a network", async () => {
    const rng = createRng(6);
    for (let round = 0; round < 150; round++) {
      const spoilt = bytes.slice();
      const from = round % 3 === 0 ? rng.int(400) : rng.int(spoilt.length);
      for (let i = 0; i < 1 + rng.int(16); i++) spoilt[(from + i) % spoilt.length] = rng.int(256);
      try {
        const net = await loadNet(spoilt, jackal, sizes);
        const prediction = await net.predict(seen);
        expect(["predicted", "nonFinite", "outOfBounds", "failed"]).toContain(prediction.status);
        await net.dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(MpcError);
      }
    }
  });
});
