import { medianOf } from "../../base/index.ts";
import { CHART_COLOURS, type Chart, type ChartSeries, renderCharts } from "../../plot/index.ts";
import type { MemformerResult } from "./memformer-all.ts";
import { REFERENCE_LINES } from "./memformer-text.ts";

/** SVG files by name, of the studies that were made: `layers`, `heads`, `tasks`, `experts`. */
export function drawMemformer(result: MemformerResult): Record<string, string> {
  const charts = {
    layers: layerCharts(result),
    heads: sideCharts(result, "heads"),
    tasks: sideCharts(result, "tasks"),
    experts: expertCharts(result),
  };
  const titles = {
    layers: "Memformers and first-order methods: loss on new prompts",
    heads: "Heads",
    tasks: "Prompts to train on",
    experts: "Experts behind a gate on new distributions",
  };
  const { seeds, steps, batch } = result;
  const told = `${steps} steps of ${batch} prompts, ${seeds === 1 ? "one seed" : `median of ${seeds} seeds`}`;
  return Object.fromEntries(
    Object.entries(charts)
      .filter(([, drawn]) => drawn.length > 0)
      .map(([name, drawn]) => [name, renderCharts(`${titles[name as keyof typeof titles]}; ${told}`, drawn)]),
  );
}

const SHARED = { yLabel: "log loss", names: "list" } as const satisfies Partial<Chart>;
const colour = (i: number): string => CHART_COLOURS[i % CHART_COLOURS.length];

function layerCharts({ rows, references, covariances, models, layers }: MemformerResult): Chart[] {
  const own = rows.filter(({ study }) => study === "layers");
  if (own.length === 0) return [];
  return covariances.map((covariance) => ({
    ...SHARED,
    title: covariance,
    xLabel: "layers, or steps",
    xRange: [1, Math.max(2, layers)],
    series: [
      ...models.map((model, i) =>
        line(
          model,
          i,
          own.filter((row) => row.model === model && row.covariance === covariance),
          (row) => row.layers,
        ),
      ),
      ...REFERENCE_LINES.map(({ name, value }, i) => ({
        name,
        colour: colour(models.length + i),
        dashed: true,
        points: references
          .filter((row) => row.covariance === covariance)
          .map((row) => [row.layers, value(row)] as const),
      })),
    ],
  }));
}

function sideCharts({ rows }: MemformerResult, study: "heads" | "tasks"): Chart[] {
  const own = rows.filter((row) => row.study === study);
  return [...new Set(own.map(({ covariance }) => covariance))].map((covariance) => {
    const shown = own.filter((row) => row.covariance === covariance);
    const x = (row: (typeof own)[number]): number => row[study] ?? 0;
    const training = shown.flatMap((row) =>
      row.train_log_loss === undefined ? [] : [{ ...row, log_loss: row.train_log_loss }],
    );
    return {
      ...SHARED,
      title: covariance,
      xLabel: study === "heads" ? "heads" : "prompts to train on",
      logX: study === "tasks",
      series: [
        line("new prompts", 0, shown, x),
        ...(training.length > 0 ? [line("own prompts", 1, training, x)] : []),
      ],
    };
  });
}

function expertCharts({ experts, expert_variances }: MemformerResult): Chart[] {
  const shifts = experts.length === 0 ? [] : [false, true];
  return shifts.map((shifted) => {
    const own = experts.filter(({ mean }) => (mean !== 0) === shifted);
    const lineOf = (name: string, i: number, read: (row: (typeof own)[number]) => number) =>
      line(
        name,
        i,
        own.map((row) => ({ ...row, log_loss: read(row) })),
        (row) => row.variance,
      );
    return {
      ...SHARED,
      title: shifted ? "mean of one standard deviation" : "mean 0",
      xLabel: "variance of the features",
      logX: true,
      series: [
        ...expert_variances.map((v, e) => lineOf(`expert of ${v}`, e, (row) => row.alone[e])),
        lineOf("one network, all three", 3, ({ together }) => together),
        lineOf("gated", 4, ({ gated }) => gated),
        lineOf("from scratch", 5, ({ scratch }) => scratch),
      ],
    };
  });
}

/** Medians over seeds, with their range behind them. */
function line<Row extends { readonly log_loss: number }>(
  name: string,
  i: number,
  rows: readonly Row[],
  x: (row: Row) => number,
): ChartSeries {
  const places = [...new Set(rows.map(x))].sort((a, b) => a - b);
  const at = places.map((place) => rows.filter((row) => x(row) === place).map(({ log_loss }) => log_loss));
  return {
    name,
    colour: colour(i),
    points: places.map((place, p) => [place, medianOf(at[p])] as const),
    ...(at.some(({ length }) => length > 1) && {
      band: places.map((place, p) => [place, Math.min(...at[p]), Math.max(...at[p])] as const),
    }),
  };
}
