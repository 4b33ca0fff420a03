import { describe, expect, it } from "vitest";
import { fuzzLoop } from "./fuzz-loop.ts";

describe("a loop that one fault after the other befalls", () => {
  it.each(["jackal", "turtlebot4", "f1tenth"])(
    "answers, stays within the limits, touches nothing: %s",
    async (robot) => {
      const { driven, stops } = await fuzzLoop(robot, 40, 1);
      expect(driven).toBeGreaterThan(30);
      expect(stops).toBeGreaterThan(10);
    },
  );
});
