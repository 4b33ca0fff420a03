import { describe, expect, it } from "vitest";
import { advance } from "../../viewer/src/playback.ts";
import { axisStrokes, timeText } from "../../viewer/src/time-axis.ts";
import { timeScale } from "../../viewer/src/timeline-picture.ts";

describe("playing", () => {
  it("goes on by real time times the speed, and stops at the end", () => {
    expect(advance({ time: 1, speed: 2 }, 0.5, [0, 10])).toEqual({ time: 2, playing: true });
    expect(advance({ time: 9.9, speed: 2 }, 0.5, [0, 10])).toEqual({ time: 10, playing: false });
  });

  it("in a loop starts over, however long a frame took", () => {
    const { time, playing } = advance({ time: 3.9, speed: 1, loop: [2, 4] }, 0.35, [0, 10]);
    expect(time).toBeCloseTo(2.25, 12);
    expect(playing).toBe(true);
    expect(advance({ time: 2, speed: 10, loop: [2, 4] }, 0.25, [0, 10]).time).toBeCloseTo(2.5, 12);
  });
});

describe("the axis of times", () => {
  it("has labels that do not touch, on round times", () => {
    for (const [span, width] of [
      [10.8, 1250],
      [600, 1250],
      [36_000, 800],
      [0.3, 400],
    ]) {
      const labelled = axisStrokes(0, span, width).filter(({ label }) => label !== undefined);
      expect(labelled.length).toBeGreaterThan(1);
      for (let i = 1; i < labelled.length; i++)
        expect(((labelled[i].time - labelled[i - 1].time) * width) / span).toBeGreaterThanOrEqual(72 - 1e-6);
    }
    expect(axisStrokes(0, 0, 500)).toHaveLength(1);
  });

  it("writes minutes and hours where there are any", () => {
    expect([
      timeText(9.96, 1),
      timeText(59.96, 1),
      timeText(62.25, 2),
      timeText(3661, 0),
      timeText(-0.5, 1),
    ]).toEqual(["10.0", "1:00.0", "1:02.25", "1:01:01", "−0.5"]);
  });

  it("maps times to places and back", () => {
    const { xOf, timeOf } = timeScale([2, 12], 528);
    expect(xOf(2)).toBe(14);
    expect(xOf(12)).toBe(514);
    expect(timeOf(xOf(7.5))).toBeCloseTo(7.5, 12);
    expect([timeOf(-50), timeOf(9999)]).toEqual([2, 12]);
  });
});
