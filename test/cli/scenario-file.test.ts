import { describe, expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import { formatScenario, parseScenarios } from "../../src/cli/scenario-file.ts";

const LINE = { id: "a", map: "a.yaml", start: [1, 2, 0.5], goal: [3, 4] };
const line = (change: object = {}): string => JSON.stringify({ ...LINE, ...change });

describe("scenario files", () => {
  test("the line of the documentation is read, paths relative to the file", () => {
    const text =
      '{"id":"w17","map":"w17.yaml","start":[1,2,0.5],"goal":[3,4],"goal_tolerance_m":0.5,"robot":"jackal","timeout_s":60}';
    expect(parseScenarios(text, "/data/set/all.jsonl")).toEqual([
      {
        id: "w17",
        map: "/data/set/w17.yaml",
        start: { x: 1, y: 2, yaw: 0.5 },
        goal: { x: 3, y: 4, yaw: undefined },
        goalTolerance: 0.5,
        robot: "jackal",
        timeout: 60,
      },
    ]);
  });

  test("what a line leaves out has defaults", () => {
    const [scenario] = parseScenarios(line(), "f.jsonl");
    expect(scenario).toMatchObject({ goalTolerance: 1, robot: undefined, timeout: undefined });
  });

  test("byte order mark, blank lines, any line end and fields of others are fine", () => {
    const text = `\ufeff${line()}\r\n\r\n  \n${line({ id: "b", difficulty: 3 })}\n`;
    expect(parseScenarios(text, "f.jsonl").map((scenario) => scenario.id)).toEqual(["a", "b"]);
  });

  test("reading gives back what was written", () => {
    const [scenario] = parseScenarios(line({ robot: "cart.json", timeout_s: 5 }), "/d/f.jsonl");
    expect(parseScenarios(formatScenario(scenario!), "/elsewhere/g.jsonl")).toEqual([scenario]);
  });

  test.each([
    ["not JSON", "{", /not JSON/],
    ["an array", "[1]", /expected a JSON object/],
    ["null", "null", /expected a JSON object/],
    ["no map", line({ map: undefined }), /map is missing/],
    ["a map that is a number", line({ map: 3 }), /map is 3/],
    ["a start without yaw", line({ start: [1, 2] }), /start is \[1,2\], expected \[x, y, yaw\]/],
    ["a start with a word", line({ start: [1, "2", 3] }), /start is/],
    ["a start with null, as NaN is written", line({ start: [1, Number.NaN, 3] }), /start is \[1,null,3\]/],
    ["an infinite goal", `{"id":"a","map":"m","start":[0,0,0],"goal":[1e999,0]}`, /goal is/],
    ["a negative tolerance", line({ goal_tolerance_m: -1 }), /goal_tolerance_m is -1/],
    ["a zero timeout", line({ timeout_s: 0 }), /timeout_s is 0/],
    ["an unknown robot", line({ robot: "jakal" }), /did you mean "jackal"/],
    ["a start nested without end", `{"id":"a","start":${"[".repeat(1e5)}${"]".repeat(1e5)}}`, /start is/],
  ])("%s is refused with the number of the line", (_, bad, message) => {
    const read = (): unknown => parseScenarios(`${line({ id: "first" })}\n\n${bad}\n`, "f.jsonl");
    expect(read).toThrow(FormatError);
    expect(read).toThrow("f.jsonl, line 3");
    expect(read).toThrow(message);
  });

  test("a misspelt field is refused, not ignored", () => {
    const bad = line({ goal_tolerence_m: 0.3 });
    expect(() => parseScenarios(bad, "f.jsonl")).toThrow('did you mean "goal_tolerance_m"');
  });

  test("an id that was used before is refused with both lines", () => {
    expect(() => parseScenarios(`${line()}\n${line()}`, "f.jsonl")).toThrow(/line 2.*'a'.*line 1/);
  });

  test("movers are a number, a kind of crowd, or a list, which is written as it is read", () => {
    const [three] = parseScenarios(line({ movers: 3 }), "f.jsonl");
    expect(three.crowd).toEqual({ count: 3 });
    const [kind] = parseScenarios(line({ movers: { count: 3, straight: 1 } }), "f.jsonl");
    expect(kind.crowd).toEqual({ count: 3, straight: 1 });
    const list = [
      { at: [1, 2], goals: [[3, 4]], radius_m: 0.3 },
      { at: [5, 2], goals: [[3, 4]], id: 9 },
    ];
    const [listed] = parseScenarios(line({ movers: list }), "f.jsonl");
    expect(listed.movers).toMatchObject([
      { id: 0, x: 1, y: 2, radius: 0.3, speed: 1, manner: "aware", goals: [{ x: 3, y: 4 }] },
      { id: 9, radius: 0.25 },
    ]);
    const again = parseScenarios(formatScenario(listed), listed.map);
    expect(again[0].movers).toEqual(listed.movers);
    for (const [movers, message] of [
      [-1, "movers is -1, expected an integer"],
      [{ count: 2, blind: 3 }, "movers.blind is 3"],
      [{ count: 2, speed: 1 }, "expected [least, largest]"],
      [[{ goals: [] }], "movers[0].at"],
      [[{ at: [1, 2], goals: [], speed_m_s: 1 }], "at least one place"],
      [[{ at: [1, 2], goals: [[1, 1]], speed: 1 }], 'unknown option "speed"'],
      ["many", "a number of movers"],
    ] as const)
      expect(() => parseScenarios(line({ movers }), "f.jsonl"), JSON.stringify(movers)).toThrow(message);
  });

  test("a file without a scenario is refused", () => {
    expect(() => parseScenarios("\n \n", "f.jsonl")).toThrow("no scenario");
  });

  test("whatever bytes are changed, the file is read or refused with a FormatError", () => {
    const seed = 1;
    const rng = createRng(seed);
    const movers = [{ at: [1, 2], goals: [[3, 4]], manner: "blind" }];
    const crowd = { count: 3, blind: 0.5, speed: [1, 1.2] };
    const whole = `${line({ robot: "omni", timeout_s: 3, movers })}\n${line({ id: "b", movers: crowd })}\n`;
    for (let n = 0; n < 5000; n++) {
      const chars = [...whole];
      for (let k = 1 + rng.int(4); k > 0; k--) {
        const at = rng.int(chars.length);
        if (rng.uniform() < 0.4) chars.splice(at, 1 + rng.int(8));
        else
          chars.splice(
            at,
            rng.int(2),
            String.fromCharCode(rng.uniform() < 0.8 ? 32 + rng.int(96) : rng.int(65536)),
          );
      }
      const text = chars.join("");
      try {
        parseScenarios(text, "f.jsonl");
      } catch (error) {
        expect(error, `seed ${seed}, case ${n}: ${JSON.stringify(text)}`).toBeInstanceOf(FormatError);
      }
    }
  });
});
