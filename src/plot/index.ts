export { type BarTable, drawBarTable } from "./bar-table.ts";
export { type Chart, type ChartSeries, renderCharts } from "./line-chart.ts";
export { drawMeasured, type MeasuredSeries, type Shade } from "./measured-chart.ts";
export { drawNoise, type NoiseCurve } from "./noise-figure.ts";
export { renderRun } from "./render-run.ts";
export { createRunPicture, type RunPicture } from "./run-picture.ts";
export type { RunSample, RunView } from "./run-view.ts";
export { CHART_COLOURS, type FigureTone } from "./svg-frame.ts";
