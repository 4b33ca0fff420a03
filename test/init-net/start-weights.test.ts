import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import {
  createNetSpec,
  formatNetMetadata,
  initNet,
  NET_METADATA_KEY,
  netLayout,
  readStartNet,
  takeWeights,
  writeInferenceModel,
} from "../../src/init-net/index.ts";
import { resolveNavigationOptions } from "../../src/planner/index.ts";
import { getRobot } from "../../src/sim/index.ts";
import { SMALL } from "./random-net.ts";

const specOf = (name: string) =>
  createNetSpec(getRobot(name), resolveNavigationOptions(getRobot(name)), SMALL);
const fileOf = (spec: ReturnType<typeof specOf>, parameters: Float32Array): Uint8Array =>
  writeInferenceModel(spec, parameters, { [NET_METADATA_KEY]: formatNetMetadata(spec, {}) });

test("a network begins with another's weights bit for bit, whatever buffer its file lies in", () => {
  const spec = specOf("jackal");
  const weights = initNet(spec, 5);
  const bytes = fileOf(spec, weights);
  const odd = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
  for (const file of [bytes, odd]) {
    const own = initNet(spec, 6);
    expect(takeWeights(readStartNet(file), spec, own)).toEqual([]);
    expect(own).toEqual(weights);
  }
});

test("of a robot with other states what fits is taken, the rest is as it was", () => {
  const [from, spec] = [specOf("jackal"), specOf("omni")];
  const weights = initNet(from, 5);
  const own = initNet(spec, 6);
  const fresh = own.slice();
  const left = takeWeights(readStartNet(fileOf(from, weights)), spec, own);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(netLayout(spec).entries.length);
  for (const { name, offset, size } of netLayout(spec).entries) {
    const other = netLayout(from).entries.find((entry) => entry.name === name)!;
    const expected = left.includes(name) ? fresh.subarray(offset, offset + size) : weights.subarray(other.offset, other.offset + size); // biome-ignore format: one line
    expect(own.subarray(offset, offset + size)).toEqual(expected);
  }
});
