import { CHART_COLOURS, type Chart, type ChartSeries, renderCharts } from "../../plot/index.ts";
import type { OptimizeResult, OptimizerSummary } from "./optimize-result.ts";

/** Median lines with the range over seeds as a band: loss on what is held out, and training loss. An SVG file. */
export function drawOptimize(result: OptimizeResult, logX: boolean): string {
  const { rows, steps, data, optimizee, pool } = result;
  const shared = {
    xLabel: "steps",
    yLabel: "log scale",
    log: true,
    logX,
    names: "ends",
    xRange: [logX ? 1 : 0, Math.max(steps, 2)],
  } satisfies Partial<Chart>;
  const charts: Chart[] = [
    {
      ...shared,
      title: data === undefined ? "Loss" : "Test loss",
      series: rows.map((row, i) =>
        line(
          row.optimizer,
          row.runs,
          i,
          row.checkpoints.map(({ step }) => step),
          row.checkpoints.map(({ test }) => test),
        ),
      ),
    },
    {
      ...shared,
      title: data === undefined ? "Loss on the way" : "Training loss",
      series: rows.map(({ optimizer, runs, curve }, i) => curveSeries(optimizer, i, curve, runs)),
    },
  ];
  const seeds = result.seeds === 1 ? "one seed" : `median and range of ${result.seeds} seeds`;
  const images =
    data === undefined
      ? ""
      : ` on ${data}${pool === undefined || pool === 1 ? "" : `, images smaller by ${pool}`}`;
  return renderCharts(`${optimizee}${images}: ${seeds}`, charts);
}

/** The training loss of some runs as the i-th line of a chart. */
export function curveSeries(
  name: string,
  i: number,
  { step, median, min, max }: OptimizerSummary["curve"],
  runs: number,
): ChartSeries {
  const values = step.map((_, at) => ({ median: median[at], min: min[at], max: max[at] }));
  return line(name, runs, i, step, values);
}

function line(
  name: string,
  runs: number,
  i: number,
  steps: readonly number[],
  values: readonly { readonly median: number | null; min: number | null; max: number | null }[],
): ChartSeries {
  const number = (value: number | null): number => value ?? Number.NaN;
  return {
    name,
    colour: CHART_COLOURS[i % CHART_COLOURS.length],
    dashed: i >= CHART_COLOURS.length,
    points: values.map(({ median }, at) => [steps[at], number(median)] as const),
    band: runs > 1 ? values.map(({ min, max }, at) => [steps[at], number(min), number(max)] as const) : [],
  };
}
