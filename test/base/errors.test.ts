import { expect, it } from "vitest";
import {
  ConfigError,
  checkLength,
  didYouMean,
  FormatError,
  MpcError,
  SceneError,
  ShapeError,
} from "../../src/base/index.ts";

it.each([
  [ShapeError, "shape", "ShapeError"],
  [ConfigError, "config", "ConfigError"],
  [FormatError, "format", "FormatError"],
  [SceneError, "scene", "SceneError"],
])("%o is an MpcError with code %s, a name and a cause", (Kind, code, name) => {
  const cause = new Error("below");
  const error = new Kind("what happened", { cause });
  expect(error).toBeInstanceOf(MpcError);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code, name, message: "what happened", cause });
});

it("checkLength says name, got and expected", () => {
  expect(() => checkLength("U", 38, 40, "N*nu")).toThrow(
    new ShapeError("U has length 38, expected N*nu = 40"),
  );
  expect(() => checkLength("U", 40, 40, "N*nu")).not.toThrow();
});

it("didYouMean names the nearest legal word, or nothing", () => {
  const legal = ["jackal", "omni", "turtlebot3"];
  expect(didYouMean("jakal", legal)).toBe(' (did you mean "jackal"?)');
  expect(didYouMean("TURTLEBOT", legal)).toBe(' (did you mean "turtlebot3"?)');
  expect(didYouMean("hovercraft", legal)).toBe("");
});
