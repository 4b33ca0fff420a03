import { CHART_COLOURS, type Chart, type ChartSeries, renderCharts } from "../plot/index.ts";
import { linesOf } from "./session-log.ts";
import type { LogLine, ValidationLine } from "./train-log.ts";

/** The learning curves of a log as an SVG file: loss, position error, and what predictions are worth to the solver. */
export function drawCurves(title: string, lines: readonly LogLine[]): string {
  const training = linesOf(lines, "train");
  const validations = linesOf(lines, "validation");
  const baselines = linesOf(lines, "baselines")[0]?.baselines ?? {};
  const kinds = Object.keys(validations[0]?.quality ?? {});
  const perKind = (pick: (line: ValidationLine, kind: string) => number | undefined): ChartSeries[] =>
    kinds.map((kind, k) => ({
      name: kind,
      colour: CHART_COLOURS[k % CHART_COLOURS.length],
      points: validations.map((line) => [line.step, pick(line, kind) ?? Number.NaN] as const),
    }));
  const without = kinds.map((kind, k): ChartSeries => {
    const { path, shift } = baselines[kind] ?? {};
    return {
      name: `${kind}: ${shift === undefined ? "path" : "shift"}`,
      colour: CHART_COLOURS[k % CHART_COLOURS.length],
      points: [],
      dashed: true,
      level: 100 * ((shift ?? path)?.good ?? Number.NaN),
    };
  });
  const along = {
    xLabel: "updates",
    xRange: [0, Math.max(1, ...lines.map((line) => line.step))],
  } satisfies Partial<Chart>;
  const share = { ...along, yLabel: "% of scenes", yRange: [0, 100] } satisfies Partial<Chart>;
  const positions = perKind((line, kind) => 100 * (line.quality[kind]?.position.p50 ?? Number.NaN));
  const furthest = Math.max(
    1,
    ...positions.flatMap(({ points }) => points.map(([, y]) => y).filter(Number.isFinite)),
  );
  const charts: Chart[] = [
    {
      title: "Loss",
      ...along,
      yLabel: "log scale",
      log: true,
      series: [
        {
          name: "training",
          colour: "#b9c3d0",
          points: training.map((line) => [line.step, line.loss] as const),
        },
        {
          name: "held-out worlds",
          colour: CHART_COLOURS[0],
          points: validations.map((line) => [line.step, line.figures.loss] as const),
        },
      ],
    },
    {
      title: "Position error, rolled out",
      ...along,
      yLabel: "median, cm",
      yRange: [0, 1.05 * furthest],
      series: positions,
    },
    {
      title: "Good after one QP: network alone",
      ...share,
      series: [...perKind((line, kind) => 100 * (line.quality[kind]?.net.good ?? Number.NaN)), ...without],
    },
    {
      title: "Good after one QP: best of all starts",
      ...share,
      series: perKind((line, kind) => 100 * (line.quality[kind]?.best.good ?? Number.NaN)),
    },
  ];
  return renderCharts(title, charts);
}
