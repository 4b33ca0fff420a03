import { describe, expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import {
  createNetSpec,
  formatNetMetadata,
  MNEMOSYNE_NET,
  NET_FORMAT,
  PAPER_NET,
  parseNetMetadata,
} from "../../src/init-net/index.ts";
import { getRobot, ROBOT_NAMES } from "../../src/sim/index.ts";

const sizes = { N: 30, dt: 0.1, lookahead: 3 };
const jackal = getRobot("jackal");
const spec = createNetSpec(jackal, sizes);

type Entry = {
  format: unknown;
  spec: Record<string, unknown> & { options: Record<string, unknown>; speedScale: unknown[] };
  training: unknown;
};

/** The entry as plain JSON, to be spoilt. */
function entry(): Entry {
  return JSON.parse(formatNetMetadata(spec, { steps: 12 }));
}

describe("a network's metadata", () => {
  test("come back as they were, for every robot and design", () => {
    for (const name of ROBOT_NAMES) {
      for (const options of [PAPER_NET, MNEMOSYNE_NET]) {
        const original = createNetSpec(getRobot(name), sizes, options);
        const read = parseNetMetadata(formatNetMetadata(original, { hours: 1.5, seeds: [1, 2] }));
        expect(read).toEqual({ format: NET_FORMAT, spec: original, training: { hours: 1.5, seeds: [1, 2] } });
      }
    }
  });

  test("of before, without a body, are read as they are", () => {
    const before = entry();
    Reflect.deleteProperty(before.spec, "body");
    const { body: _body, ...rest } = spec;
    expect(parseNetMetadata(JSON.stringify(before)).spec).toEqual(rest);
  });

  test("facts of training may be missing, and fields nobody knows are left out", () => {
    expect(parseNetMetadata(formatNetMetadata(spec)).training).toBeUndefined();
    const more = entry();
    more.spec.color = "red";
    more.spec.options.color = "red";
    expect(parseNetMetadata(JSON.stringify(more)).spec).toEqual(spec);
  });

  test.each<[string, (e: Entry) => void, RegExp]>([
    ["another format", (e) => (e.format = 2), /format is 2, expected 1: .*another version/],
    ["no specification", (e) => Reflect.deleteProperty(e, "spec"), /spec is missing, expected an object/],
    ["a specification that is a list", (e) => Reflect.set(e, "spec", []), /spec is \[\], expected an object/],
    ["no robot", (e) => (e.spec.robot = ""), /spec.robot is "", expected a robot's name/],
    ["a body that is none", (e) => (e.spec.body = "jackal"), /spec.body is "jackal", expected an object/],
    [
      "a body of a line",
      (e) => (e.spec.body = { ...jackal, footprint: [[0, 0]] }),
      /spec.body: robot.footprint has 1 corners/,
    ],
    [
      "a body of other sizes",
      (e) => (e.spec.body = getRobot("omni")),
      /spec.body.model is "omni", expected a model of 5 states and 2 controls/,
    ],
    ["half a stage", (e) => (e.spec.N = 29.5), /spec.N is 29.5, expected an integer from 2/],
    ["a size that would take all memory", (e) => (e.spec.N = 1e9), /spec.N is 1000000000/],
    [
      "a window that would",
      (e) => (e.spec.options.window = 5e5),
      /window is 500000, expected an integer in 5/,
    ],
    ["a step of no length", (e) => (e.spec.dt = 0), /spec.dt is 0, expected a number > 0/],
    ["a lookahead that is text", (e) => (e.spec.lookahead = "3"), /lookahead is "3", expected a number > 0/],
    ["too few limits", (e) => (e.spec.controlScale = [1]), /controlScale is \[1\], expected 2 numbers > 0/],
    ["a limit of null", (e) => (e.spec.speedScale[1] = null), /speedScale\[1\] is null/],
    [
      "an unknown attention",
      (e) => (e.spec.options.map = "favor"),
      /map is "favor", expected one of favor\+/,
    ],
    [
      "a missing option",
      (e) => Reflect.deleteProperty(e.spec.options, "width"),
      /options.width is missing, expected a number/,
    ],
    ["a list for a word", (e) => (e.spec.options.fusion = ["early"]), /options.fusion is \["early"\]/],
    [
      "a word for a list",
      (e) => (e.spec.options.channels = "occupancy"),
      /channels is "occupancy", expected a list/,
    ],
    ["an unknown channel", (e) => (e.spec.options.channels = ["color"]), /channel is "color"/],
    ["a number for yes or no", (e) => (e.spec.options.bases = 1), /bases is 1, expected a boolean/],
    ["training that is text", (e) => (e.training = "yes"), /training is "yes", expected an object/],
  ])("%s is refused by name", (_what, spoil, why) => {
    const spoilt = entry();
    spoil(spoilt);
    expect(() => parseNetMetadata(JSON.stringify(spoilt))).toThrow(FormatError);
    expect(() => parseNetMetadata(JSON.stringify(spoilt))).toThrow(why);
  });

  test.each(["", "{", "null", "[]", "1", '"x"', "nul"])("%j is refused", (text) => {
    expect(() => parseNetMetadata(text)).toThrow(FormatError);
  });

  test("characters that changed give a FormatError or a legal specification, nothing else", () => {
    const rng = createRng(11);
    const text = formatNetMetadata(spec);
    for (let round = 0; round < 2000; round++) {
      const at = rng.int(text.length);
      const spoilt = `${text.slice(0, at)}${String.fromCharCode(32 + rng.int(95))}${text.slice(at + 1)}`;
      try {
        parseNetMetadata(spoilt);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
