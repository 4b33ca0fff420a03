import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { drawAxes, spreadOut } from "../../src/plot/svg-axes.ts";
import { CHART_COLOURS, frame } from "../../src/plot/svg-frame.ts";

describe("heights that are spread out", () => {
  test("keep their order and their distance, stay between the ends, and move as little as that takes", () => {
    const rng = createRng(7);
    for (let n = 0; n < 200; n++) {
      const heights = Array.from({ length: 1 + rng.int(8) }, () => 100 * rng.uniform());
      const placed = spreadOut(heights, 14, [0, 120]);
      const cost = (at: readonly number[]): number =>
        at.reduce((sum, y, i) => sum + (y - heights[i]) ** 2, 0);
      const order = [...heights.keys()].sort((a, b) => heights[a] - heights[b]);
      const isFit = (at: readonly number[]): boolean =>
        at.every((y) => y >= -1e-9 && y <= 120 + 1e-9) &&
        order.every((i, k) => k === 0 || at[i] - at[order[k - 1]] >= 14 - 1e-9);
      expect(isFit(placed)).toBe(true);
      // No step of any run of neighbours is a better fit: the condition of a least-squares optimum.
      for (let from = 0; from < order.length; from++) {
        for (let to = from; to < order.length; to++) {
          for (const step of [-0.01, 0.01]) {
            const moved = [...placed];
            for (let k = from; k <= to; k++) moved[order[k]] += step;
            if (isFit(moved)) expect(cost(moved)).toBeGreaterThanOrEqual(cost(placed) - 1e-9);
          }
        }
      }
    }
  });

  test("that do not fit keep their distance and begin at the top", () => {
    expect(spreadOut([5, 5, 5], 14, [0, 20])).toEqual([0, 14, 28]);
  });
});

test("a mark lies where it is on its axis, and says what it is", () => {
  const svg = drawAxes({ left: 10, right: 110, top: 20, bottom: 70 }, [{ at: 60, text: "x" }], [{ at: 45, text: "y" }], "s"); // biome-ignore format: one line
  expect(svg).toContain('<path class="rule" d="M10 45H110"/>');
  expect(svg).toContain('<path class="axis" d="M60 70v5"/>');
  expect(svg.join("")).toMatch(/<text x="60" y="89"[^>]*>x<.*<text x="60" y="110"[^>]*>s</);
});

/** Contrast of two colours by WCAG 2. */
function contrast(a: string, b: string): number {
  const [light, dark] = [a, b].map(luminance).sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const share = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("every colour of a chart is readable on the dark paper", () => {
  const style = frame({ title: "t", width: 100, height: 50 }, []);
  const paper = /media.*?\.paper\{fill:(#\w+)\}/s.exec(style)![1];
  for (const colour of CHART_COLOURS) {
    const there = new RegExp(`\\[stroke="${colour}"\\]\\{stroke:(#\\w+)\\}`).exec(style)?.[1] ?? colour;
    expect(contrast(there, paper), colour).toBeGreaterThan(4.5);
  }
});
