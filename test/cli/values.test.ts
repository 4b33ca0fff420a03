import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { checkPlace } from "../../src/cli/options.ts";
import {
  parseGoal,
  parseInteger,
  parseLidar,
  parseMovers,
  parsePath,
  parsePoseNoise,
  parseReal,
  parseSocket,
  parseStart,
  parseWorld,
  parseWorlds,
} from "../../src/cli/parse-values.ts";

describe("values of flags", () => {
  test("a start is metres and degrees outside, metres and radians inside", () => {
    expect(parseStart("1,-2.5,90")).toEqual({ x: 1, y: -2.5, yaw: Math.PI / 2 });
    expect(parseStart(" 1e1, .5 ,-90")).toEqual({ x: 10, y: 0.5, yaw: -Math.PI / 2 });
    expect(parseStart("0,0,450").yaw).toBeCloseTo(Math.PI / 2, 12);
  });

  test("a goal may come without a yaw", () => {
    expect(parseGoal("8.5,2")).toEqual({ x: 8.5, y: 2, yaw: undefined });
    expect(parseGoal("8.5,2,45").yaw).toBeCloseTo(Math.PI / 4, 12);
  });

  test.each(["", "1", "1,2", "1,2,3,4", "a,b,c", "1,2,", "NaN,0,0", "1,Infinity,0", "0x10,0,0", "1e9,0,0"])(
    "'%s' is no start",
    (text) => expect(() => parseStart(text)).toThrow(InvalidArgumentError),
  );

  test("numbers are refused outside of their range and when they are not numbers", () => {
    const rate = parseReal(0.1, 1000, "Hz");
    expect(rate("20")).toBe(20);
    for (const text of ["0", "-1", "1001", "", " ", "1e400", "10Hz", "nan", "1_0", "--5"])
      expect(() => rate(text)).toThrow("0.1 to 1000 [Hz]");
    const count = parseInteger(1, 10);
    expect(count("10")).toBe(10);
    for (const text of ["0", "11", "1.0", "1e1", "0x1", ""]) expect(() => count(text)).toThrow("1 to 10");
  });

  test("a world is a family and a seed, or a family alone", () => {
    expect(parseWorld("maze:12")).toEqual({ family: "maze", seed: 12 });
    expect(parseWorld("maze")).toEqual({ family: "maze", seed: undefined });
    for (const text of ["maze:", "maze:x", "maze:1.5", ":1", "", "maze:1:2", "Maze:1"])
      expect(() => parseWorld(text)).toThrow(InvalidArgumentError);
  });

  test("a lidar is degrees and metres outside, radians and metres inside; what is not said is left out", () => {
    expect(parseLidar("fov=270,range=10,beams=720,x=0.1,yaw=-90,noise=0")).toEqual({
      ...{ fov: 1.5 * Math.PI, range: 10, beams: 720, x: 0.1, yaw: -Math.PI / 2, noise: 0 },
    });
    for (const text of [
      "",
      "fov",
      "fov=0",
      "fov=361",
      "range=-1",
      "beams=1.5",
      "x=1,x=2",
      "y=,x=1",
      "fov=nan",
    ])
      expect(() => parseLidar(text), text).toThrow(InvalidArgumentError);
    expect(() => parseLidar("fvo=3")).toThrow(
      'unknown option "fvo", expected fov, range, beams, noise, x, y, yaw',
    );
    expect(() => parseLidar("fov=400")).toThrow("fov is 400, expected a number 1 .. 360 [deg]");
  });

  test("movers are a number, and shares of their kinds", () => {
    expect(parseMovers("10")).toEqual({ count: 10 });
    expect(parseMovers("4,blind=0.5,straight=.25")).toEqual({ count: 4, blind: 0.5, straight: 0.25 });
    for (const text of [
      "",
      "x",
      "-1",
      "201",
      "3,",
      "3,blind",
      "3,blind=2",
      "blind=1",
      "3,blind=.6,straight=.6",
    ])
      expect(() => parseMovers(text), text).toThrow(InvalidArgumentError);
  });

  test("pose noise is of place and yaw; one number is both", () => {
    expect(parsePoseNoise("0.02,0.01")).toEqual({ position: 0.02, yaw: 0.01 });
    expect(parsePoseNoise("0.02")).toEqual({ position: 0.02, yaw: 0.02 });
    for (const text of ["", "a", "-1", "1,", "1,2,3", "0,4", "6,0"])
      expect(() => parsePoseNoise(text), text).toThrow("Expected M,RAD");
  });

  test("coordinates may be those of UTM", () => {
    expect(parseGoal("500000,5000000")).toEqual({ x: 5e5, y: 5e6, yaw: undefined });
  });

  test("an address of a socket has a host, and a port that there is", () => {
    for (const text of ["ws://robot:9090", "wss://10.0.0.2", "ws://[::1]:9090/path"])
      expect(parseSocket(text)).toBe(text);
    for (const text of [
      "robot:9090",
      "http://robot:9090",
      "ws://",
      "ws://robot:abc",
      "ws://robot:-1",
      "ws://robot:70000",
    ])
      expect(() => parseSocket(text), text).toThrow("such as ws://HOST:PORT");
  });

  test("a range of worlds has both its ends", () => {
    expect(parseWorlds("cells:3-5").map((world) => world.seed)).toEqual([3, 4, 5]);
    for (const text of ["cells:5-3", "cells", "cells:1-", "cells:0-99999999"])
      expect(() => parseWorlds(text)).toThrow(InvalidArgumentError);
  });

  test("a flag is not taken for a path", () => {
    expect(() => parsePath("--json")).toThrow("looks like a flag");
    expect(parsePath("-")).toBe("-");
  });

  test("a place is one map with start and goal, or one world", () => {
    const start = { x: 0, y: 0, yaw: 0 };
    const goal = { x: 1, y: 0, yaw: undefined };
    const world = { family: "cells", seed: 1 } as const;
    expect(() => checkPlace({ world })).not.toThrow();
    expect(() => checkPlace({ map: "m.yaml", start, goal })).not.toThrow();
    expect(() => checkPlace({})).toThrow("--map FILE.yaml or --world");
    expect(() => checkPlace({ map: "m.yaml", world, start, goal })).toThrow("not both");
    expect(() => checkPlace({ map: "m.yaml", start })).toThrow("--goal");
    expect(() => checkPlace({ map: "m.yaml", goal })).toThrow("--start");
  });
});
