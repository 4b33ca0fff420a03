import { type Chart, renderCharts } from "../../../plot/index.ts";
import { curveSeries } from "../optimize-figure.ts";
import type { FairResult } from "./optimize-fairly.ts";

/** A chart for each horizon: the training loss of the reported runs, median and range over starts. An SVG file. */
export function drawFair({ fair, optimizee, data, seeds }: FairResult, logX: boolean): string {
  const horizons = [...new Set(fair.map(({ horizon }) => horizon))];
  const charts = horizons.map((horizon): Chart => {
    const rows = fair.filter((row) => row.horizon === horizon);
    return {
      title: `Training loss, ${horizon} steps`,
      xLabel: "steps",
      yLabel: "log scale",
      log: true,
      logX,
      names: "ends",
      xRange: [logX ? 1 : 0, Math.max(horizon, 2)],
      series: rows.flatMap(({ optimizer, setting, curve }, i) =>
        curve === undefined
          ? []
          : [curveSeries(setting ? `${optimizer} ${setting.rate}` : optimizer, i, curve, seeds)],
      ),
    };
  });
  const on = data === undefined ? "" : ` on ${data}`;
  return renderCharts(
    `${optimizee}${on}, equal rights: ${seeds === 1 ? "one start" : `median and range of ${seeds} starts`}`,
    charts,
  );
}
