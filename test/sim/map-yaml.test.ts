import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/base/index.ts";
import { formatMapYaml, type MapYaml, parseMapYaml } from "../../src/sim/index.ts";

const GOOD = `image: map.pgm
resolution: 0.050000
origin: [-10.000000, 2.5e-1, 0.000000]
negate: 0
occupied_thresh: 0.65
free_thresh: 0.196
`;

/** GOOD with the line of one key replaced, or dropped. */
function withLine(key: string, line: string): string {
  return GOOD.split("\n")
    .map((old) => (old.startsWith(`${key}:`) ? line : old))
    .join("\n");
}

describe("parseMapYaml", () => {
  it("reads what map_saver writes", () => {
    expect(parseMapYaml(GOOD)).toEqual({
      image: "map.pgm",
      resolution: 0.05,
      origin: { x: -10, y: 0.25, yaw: 0 },
      negate: false,
      occupiedThresh: 0.65,
      freeThresh: 0.196,
      mode: "trinary",
    } satisfies MapYaml);
  });

  it("ignores further keys, comments, further documents, a byte order mark and Windows line ends", () => {
    const text = `\uFEFF# a map\n${GOOD}cost_translation_table: {0: [1, 2]}\nname: x # y\n---\nimage: other.pgm\n`;
    expect(parseMapYaml(text.replaceAll("\n", "\r\n"))).toEqual(parseMapYaml(GOOD));
  });

  it.each([
    ["0", false],
    ["1", true],
    ["false", false],
    ["true", true],
    ["False", false],
    ["yes", true],
    ["off", false],
  ])("reads negate: %s", (text, expected) => {
    expect(parseMapYaml(withLine("negate", `negate: ${text}`)).negate).toBe(expected);
  });

  it.each(["trinary", "scale", "raw", "Scale", "RAW"])("reads mode: %s", (mode) => {
    expect(parseMapYaml(`${GOOD}mode: ${mode}\n`).mode).toBe(mode.toLowerCase());
  });

  it("reads quoted values, a block list and an alias as yaml-cpp does", () => {
    const text = withLine("origin", "origin:\n  - &zero 0.0\n  - *zero\n  - '1.5'").replace(
      "0.050000",
      '"0.05"',
    );
    expect(parseMapYaml(text).origin).toEqual({ x: 0, y: 0, yaw: 1.5 });
    expect(parseMapYaml(text).resolution).toBe(0.05);
  });

  it.each([
    ["an empty text", "", "has no keys"],
    ["a list", "- 1\n- 2\n", "has no keys"],
    ["a scalar", "hello", "has no keys"],
    ["broken YAML", `${GOOD}: : [`, "is not YAML"],
    ["a key that comes twice", `${GOOD}negate: 1\n`, "is not YAML"],
    ["a text of megabytes", "#".repeat(1 << 20), "expected at most 65536"],
    ["nesting without end", "[".repeat(60000), "is not YAML"],
    ["no image", withLine("image", ""), "image is missing"],
    ["an empty image", withLine("image", "image:"), "image is empty"],
    ["an image that is a list", withLine("image", "image: [a]"), "image is a list"],
    ["no resolution", withLine("resolution", ""), "resolution is missing"],
    ["resolution zero", withLine("resolution", "resolution: 0"), "resolution is 0, expected a number > 0"],
    ["a negative resolution", withLine("resolution", "resolution: -0.05"), "resolution is -0.05"],
    [
      "resolution .nan",
      withLine("resolution", "resolution: .nan"),
      'resolution is ".nan", expected a finite number',
    ],
    ["resolution .inf", withLine("resolution", "resolution: .inf"), 'resolution is ".inf"'],
    ["resolution 1e999", withLine("resolution", "resolution: 1e999"), "expected a finite number"],
    ["resolution with a unit", withLine("resolution", "resolution: 5 cm"), 'resolution is "5 cm"'],
    ["no origin", withLine("origin", ""), "origin is missing"],
    [
      "an origin of two",
      withLine("origin", "origin: [1, 2]"),
      "origin is a list of 2, expected a list of 3 numbers",
    ],
    ["an origin of four", withLine("origin", "origin: [1, 2, 3, 4]"), "origin is a list of 4"],
    ["a scalar origin", withLine("origin", "origin: 0"), 'origin is "0"'],
    ["NaN in the origin", withLine("origin", "origin: [0, .NaN, 0]"), 'origin[1] is ".NaN"'],
    ["nan in the origin", withLine("origin", "origin: [nan, 0, 0]"), 'origin[0] is "nan"'],
    ["a list in the origin", withLine("origin", "origin: [0, 0, [0]]"), "origin[2] is a list"],
    ["no negate", withLine("negate", ""), "negate is missing"],
    ["negate 2", withLine("negate", "negate: 2"), 'negate is "2", expected 0, 1, true or false'],
    ["no occupied_thresh", withLine("occupied_thresh", ""), "occupied_thresh is missing"],
    ["no free_thresh", withLine("free_thresh", ""), "free_thresh is missing"],
    [
      "thresholds out of order",
      withLine("free_thresh", "free_thresh: 0.7"),
      "free_thresh is 0.7 and occupied_thresh is 0.65",
    ],
    ["a threshold in percent", withLine("occupied_thresh", "occupied_thresh: 65"), "occupied_thresh <= 1"],
    ["a negative threshold", withLine("free_thresh", "free_thresh: -0.1"), "expected 0 <= free_thresh"],
    ["an unknown mode", `${GOOD}mode: ternary\n`, 'mode is "ternary", expected one of trinary, scale, raw'],
    ["an alias to nothing", withLine("image", "image: *gone"), "map.yaml"],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseMapYaml(text, "map.yaml")).toThrow(FormatError);
    expect(() => parseMapYaml(text, "map.yaml")).toThrow(message);
    expect(() => parseMapYaml(text, "map.yaml")).toThrow("map.yaml");
  });

  it("refuses a YAML bomb without expanding it", () => {
    const bomb = Array.from(
      { length: 30 },
      (_, k) => `k${k}: &a${k} [${k ? `*a${k - 1}, *a${k - 1}` : "1, 1"}]`,
    ).join("\n");
    expect(() => parseMapYaml(`${bomb}\n${withLine("image", "image: *a29")}`)).toThrow("image is a list");
  });
});

describe("formatMapYaml", () => {
  it("is read back to the last bit", () => {
    const map: MapYaml = {
      image: 'a "strange": name#.png',
      resolution: 0.1 + 0.2,
      origin: { x: -1 / 3, y: 1e-9, yaw: Math.PI },
      negate: true,
      occupiedThresh: 0.65,
      freeThresh: 0.196,
      mode: "raw",
    };
    expect(parseMapYaml(formatMapYaml(map))).toEqual(map);
  });
});
