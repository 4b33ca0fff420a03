export { axisNumber, padRange, rangeOf, roundNumbers } from "./axis-numbers.ts";
export * from "./bar-table.ts";
export * from "./line-chart.ts";
export { drawMeasured, type MeasuredSeries, type Shade } from "./measured-chart.ts";
export * from "./noise-figure.ts";
export * from "./render-run.ts";
export * from "./run-picture.ts";
export * from "./run-view.ts";
export { CHART_COLOURS, type FigureTone } from "./svg-frame.ts";
