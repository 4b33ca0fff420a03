import { CHART_COLOURS, type Chart, type ChartSeries, renderCharts } from "../../plot/index.ts";
import { linesOf } from "../session-log.ts";
import type { MetaLine, MetaTrainLine, MetaValidationLine } from "./meta-log.ts";
import type { MetaPlan } from "./meta-request.ts";

/** The learning curves of a log as an SVG file: loss and imitation along the way, held-out losses by horizon. */
export function drawMetaCurves(plan: MetaPlan, lines: readonly MetaLine[]): string {
  const training = linesOf(lines, "train");
  const validations = linesOf(lines, "validation");
  const [baseline] = linesOf(lines, "baseline");
  const names = Object.keys(validations[0]?.losses ?? baseline?.losses ?? {});
  const horizons = Object.keys(Object.values(validations[0]?.losses ?? baseline?.losses ?? {})[0] ?? {});
  const shared = {
    xLabel: "meta-updates",
    xRange: [0, Math.max(1, ...lines.map(({ step }) => step))],
    yLabel: "log scale",
    log: true,
  } satisfies Partial<Chart>;
  const along = (name: string, pick: (line: MetaTrainLine) => number): ChartSeries => ({
    name,
    colour: CHART_COLOURS[0],
    points: training.map((line) => [line.step, pick(line)] as const),
  });
  /** A curve of validations, and a level for what the teacher makes of the same runs. */
  const judged = (
    name: string,
    i: number,
    pick: (line: Pick<MetaValidationLine, "score" | "losses">) => number | null | undefined,
  ): ChartSeries[] => {
    const colour = CHART_COLOURS[i % CHART_COLOURS.length];
    const points = validations.map((line) => [line.step, pick(line) ?? Number.NaN] as const);
    const curve = { name, colour, points };
    if (baseline === undefined) return [curve];
    const level = pick(baseline) ?? Number.NaN;
    return [curve, { name: baseline.optimizer, colour, points: [], dashed: true, level }];
  };
  const trained = plan.optimizees.map(({ label }) => label).join(", ");
  return renderCharts(`${plan.name}, meta-trained on ${trained}`, [
    { ...shared, title: "Loss along the way", series: [along("mean of unrolls", ({ loss }) => loss)] },
    {
      ...shared,
      title: "Imitation: squared distance to Adam over its rate",
      series: [along("mean of unrolls", ({ imitation }) => imitation)],
    },
    { ...shared, title: "Validation: score", series: judged("geometric mean", 0, ({ score }) => score) },
    ...horizons.map((horizon) => ({
      ...shared,
      title: `Held out, after ${horizon} steps`,
      series: names.flatMap((name, i) => judged(name, i, ({ losses }) => losses[name]?.[horizon])),
    })),
  ]);
}
