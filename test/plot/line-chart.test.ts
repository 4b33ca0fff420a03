import { describe, expect, test } from "vitest";
import { type Chart, renderCharts } from "../../src/plot/line-chart.ts";

const chart: Chart = {
  title: "A & B",
  xLabel: "updates",
  yLabel: "%",
  yRange: [0, 100],
  xRange: [0, 10],
  series: [
    {
      name: "a<b",
      colour: "#123456",
      points: [
        [0, 0],
        [5, 50],
        [10, 100],
      ],
    },
  ],
};

/** The coordinates of the first path of a colour. */
function drawn(svg: string, colour: string): number[][] {
  const d = new RegExp(`<path d="([^"]*)" fill="none" stroke="${colour}"`).exec(svg)?.[1] ?? "";
  return d
    .split(/[ML]/)
    .filter((pair) => pair !== "")
    .map((pair) => pair.trim().split(" ").map(Number));
}

describe("line charts", () => {
  test("points lie where the ranges put them: a straight line stays one", () => {
    const [a, b, c] = drawn(renderCharts("t", [chart]), "#123456");
    expect(b[0]).toBeCloseTo((a[0] + c[0]) / 2, 0);
    expect(b[1]).toBeCloseTo((a[1] + c[1]) / 2, 0);
    expect(c[1]).toBeLessThan(a[1]); // up is less in SVG
  });

  test("on a logarithmic axis equal ratios are equal distances; what is not above zero is left out", () => {
    const series = [
      {
        name: "x",
        colour: "#123456",
        points: [
          [0, 1],
          [1, 10],
          [2, 0],
          [3, 100],
        ] as const,
      },
    ];
    const points = drawn(renderCharts("t", [{ ...chart, log: true, yRange: undefined, series }]), "#123456");
    expect(points.length).toBe(3);
    expect(points[1][1] - points[0][1]).toBeCloseTo(points[2][1] - points[1][1], 0);
  });

  test.each([
    [2.1, 4.6],
    [2.1, 2.4],
    [0.0031, 0.0048],
    [9, 11],
    [1e-4, 1e3],
  ])("a logarithmic axis from %d to %d is labelled at least twice, where the numbers are", (low, high) => {
    const points = [[0, low] as const, [1, high] as const];
    const series = [{ name: "x", colour: "#123456", points }];
    const svg = renderCharts("t", [{ ...chart, log: true, yRange: undefined, series }]);
    const [[, y0], [, y1]] = drawn(svg, "#123456");
    const labels = [...svg.matchAll(/<text x="56" y="([\d.]+)"[^>]*>([^<]+)</g)];
    expect(labels.length).toBeGreaterThanOrEqual(2);
    for (const [, y, value] of labels) {
      const share = Math.log(Number(value) / low) / Math.log(high / low);
      expect(Number(y) - 4).toBeCloseTo(y0 + share * (y1 - y0), -0.5); // labels are rounded to 3 digits
    }
  });

  test("NaN is left out, nothing at all is said so, and text is escaped", () => {
    const series = [{ name: "a<b", colour: "#123456", points: [[0, Number.NaN]] as const }];
    const svg = renderCharts("t", [{ ...chart, series }]);
    expect(svg).toContain("nothing yet");
    expect(svg).toContain("A &amp; B");
    expect(svg).toContain("a&lt;b");
    expect(svg).not.toContain("NaN");
  });

  test("the same charts give the same text, however many points there are", () => {
    const points = Array.from({ length: 5000 }, (_, i) => [i, Math.sin(i)] as const);
    const many = { ...chart, xRange: undefined, series: [{ name: "a", colour: "#123456", points }] };
    expect(renderCharts("t", [many])).toBe(renderCharts("t", [many]));
    expect(drawn(renderCharts("t", [many]), "#123456").length).toBeLessThan(1000);
  });

  test("on a logarithmic x axis equal ratios are equal distances, and a point at 0 is left out", () => {
    const series = [
      {
        name: "x",
        colour: "#123456",
        points: [
          [0, 5],
          [1, 10],
          [10, 20],
          [100, 30],
        ] as const,
      },
    ];
    const svg = renderCharts("t", [{ ...chart, logX: true, xRange: undefined, series }]);
    const points = drawn(svg, "#123456");
    expect(points.length).toBe(3);
    expect(points[1][0] - points[0][0]).toBeCloseTo(points[2][0] - points[1][0], 0);
    expect(svg).toContain(">100</text>");
  });

  test("a band is one area around its line, and what is not finite is left out of it", () => {
    const band = [
      [0, 40, 60],
      [5, Number.NaN, 70],
      [10, 80, 100],
    ] as const;
    const points = [
      [0, 50],
      [10, 90],
    ] as const;
    const svg = renderCharts("t", [{ ...chart, series: [{ name: "a", colour: "#123456", points, band }] }]);
    const area = /<path d="M([^"]*)Z" fill="#123456" fill-opacity/.exec(svg)?.[1] ?? "";
    const corners = area.split("L").map((pair) => pair.split(" ").map(Number));
    expect(corners).toHaveLength(4);
    const [[left, top], , , [alsoLeft, bottom]] = corners;
    expect(alsoLeft).toBe(left);
    const line = drawn(svg, "#123456");
    expect(line[0][1]).toBeCloseTo((top + bottom) / 2, 0);
    expect(svg).not.toContain("NaN");
  });

  test("names at the ends of lines keep apart, in the lines' order", () => {
    const series = Array.from({ length: 9 }, (_, i) => ({
      name: `line${i}`,
      colour: "#123456",
      points: [
        [0, 10],
        [10, 50 + 0.1 * i],
      ] as const,
    }));
    const svg = renderCharts("t", [{ ...chart, names: "ends", series }]);
    const heights = series.map(({ name }) =>
      Number(new RegExp(`y="([\\d.]+)"[^>]*>${name}<`).exec(svg)?.[1]),
    );
    for (let i = 1; i < 9; i++) expect(heights[i - 1] - heights[i]).toBeGreaterThanOrEqual(13.9);
    const gone = [{ name: "gone", colour: "#123456", points: [[0, Number.NaN]] as const }];
    expect(renderCharts("t", [{ ...chart, names: "ends", series: gone }])).toContain("gone: none");
  });
});
