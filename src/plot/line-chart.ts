import { axisNumber, padRange, rangeOf, roundDecades, roundNumbers } from "./axis-numbers.ts";
import { drawAxes, type PlotBox, spreadOut } from "./svg-axes.ts";
import { frame } from "./svg-frame.ts";
import { px, svgText } from "./svg-text.ts";

/** A line of a chart; points that are not finite are left out. */
export type ChartSeries = {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly colour: string;
  readonly dashed?: boolean;
  /** A level across the whole chart, without points. */
  readonly level?: number;
  /** An area behind the line: x, lower and upper end. */
  readonly band?: readonly (readonly [number, number, number])[];
};

export type Chart = {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly ChartSeries[];
  /** Logarithmic y. */
  readonly log?: boolean;
  /** Logarithmic x. */
  readonly logX?: boolean;
  /** Names in a list beside the chart (the default), or each at its line's end. */
  readonly names?: "list" | "ends";
  /** Range of x; by default what the points take up. */
  readonly xRange?: readonly [number, number];
  /** Range of y; by default what the points take up. */
  readonly yRange?: readonly [number, number];
};

const PLOT = { width: 400, height: 240 } as const;
const SPACE = { left: 64, top: 44, bottom: 50 } as const;
const CELL_HEIGHT = SPACE.top + PLOT.height + SPACE.bottom;
const BOX: PlotBox = {
  left: SPACE.left,
  right: SPACE.left + PLOT.width,
  top: SPACE.top,
  bottom: SPACE.top + PLOT.height,
};
const HEAD = 44;
/** Space beside a plot for the names of its lines: at least, before them, and for a character. */
const NAMES = { least: 132, before: 33, character: 6.3 } as const;
/** Between two lines of text. */
const LINE_HEIGHT = 14;
/** Points of a line are marked where there are no more than these. */
const MOST_MARKED = 20;
/** More points than this are thinned out. */
const MOST_POINTS = 600;

/** Draws charts side by side, two in a row. @returns the text of an SVG file; the same charts give the same text */
export function renderCharts(title: string, charts: readonly Chart[]): string {
  const columns = Math.min(2, charts.length);
  const longest = Math.max(0, ...charts.flatMap(({ series }) => series.map(({ name }) => name.length)));
  const names = Math.max(NAMES.least, Math.ceil(NAMES.before + NAMES.character * longest));
  const column = BOX.right + names;
  const cells = charts.map((chart, i) => {
    const y = HEAD + Math.floor(i / columns) * CELL_HEIGHT;
    return `<g transform="translate(${(i % columns) * column} ${y})">\n${renderChart(chart)}\n</g>`;
  });
  const height = HEAD + Math.ceil(charts.length / columns) * CELL_HEIGHT;
  return frame({ title, width: columns * column, height }, cells);
}

/** A line whose points and band can be drawn, and the places that its chart gives them. [px] */
type DrawnSeries = Omit<ChartSeries, "points" | "band"> & Required<Pick<ChartSeries, "points" | "band">>;
type ChartScales = { readonly toX: (x: number) => number; readonly toY: (y: number) => number };

function renderChart(chart: Chart): string {
  const { title, xLabel, yLabel, log = false, logX = false, names = "list", xRange, yRange } = chart;
  const isDrawn = (x: number, y: number): boolean => isShown(x, y, log) && (!logX || x > 0);
  const drawn = chart.series.map((s): DrawnSeries => {
    const level = s.level !== undefined && isShown(0, s.level, log) ? s.level : undefined;
    const points = thin(s.points.filter(([x, y]) => isDrawn(x, y)));
    const band = thin((s.band ?? []).filter(([x, low, high]) => isDrawn(x, low) && isDrawn(x, high)));
    return { ...s, level, points, band };
  });
  const all = drawn.flatMap(({ points }) => points);
  const ofY = drawn.flatMap(({ band, level }) => [
    ...band.flatMap(([, low, high]) => [low, high]),
    ...(level === undefined ? [] : [level]),
  ]);
  const scaleX = (x: number): number => (logX ? Math.log10(x) : x);
  const scaleY = (y: number): number => (log ? Math.log10(y) : y);
  const xs = rangeOf((xRange ?? all.map(([x]) => x)).map(scaleX));
  const ys = yRange ?? padRange(rangeOf([...all.map(([, y]) => y), ...ofY].map(scaleY)));
  const toX = (x: number): number => BOX.left + (PLOT.width * (scaleX(x) - xs[0])) / (xs[1] - xs[0]);
  const toY = (y: number): number => {
    const share = (scaleY(y) - ys[0]) / (ys[1] - ys[0]);
    return BOX.top + PLOT.height * (1 - Math.min(1, Math.max(0, share)));
  };
  const scales = { toX, toY };
  const marks = (at: (value: number) => number, values: readonly number[]) =>
    values.map((value) => ({ at: at(value), text: axisNumber(value) }));
  const xMarks = marks(toX, logX ? roundDecades(xs) : roundNumbers(xs[0], xs[1], 5));
  const yMarks = marks(toY, log ? roundDecades(ys) : roundNumbers(ys[0], ys[1], 5));
  const middle = [(BOX.left + BOX.right) / 2, (BOX.top + BOX.bottom) / 2] as const;
  return [
    svgText(BOX.left, 20, title, { bold: true, size: 14 }),
    svgText(BOX.left, 36, yLabel, { size: 12, muted: true }),
    ...drawAxes(BOX, xMarks, yMarks, xLabel),
    ...drawn.flatMap((series) => drawBand(series, scales)),
    ...drawn.flatMap((series) => drawLine(series, scales)),
    ...(names === "ends" ? namesAtEnds(drawn, scales) : namesInList(drawn)),
    ...(all.length === 0 ? [svgText(...middle, "nothing yet", { anchor: "middle" })] : []),
  ].join("\n");
}

function drawBand({ band, colour }: DrawnSeries, { toX, toY }: ChartScales): string[] {
  if (band.length < 2) return [];
  const upper = band.map(([x, , high]) => `${px(toX(x))} ${px(toY(high))}`);
  const lower = band.map(([x, low]) => `${px(toX(x))} ${px(toY(low))}`).reverse();
  return [`<path d="M${[...upper, ...lower].join("L")}Z" fill="${colour}" fill-opacity="0.16"/>`];
}

function drawLine(series: DrawnSeries, { toX, toY }: ChartScales): string[] {
  const { points, colour, level } = series;
  const d = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${px(toX(x))} ${px(toY(y))}`).join("");
  const marked = points.length <= MOST_MARKED ? points : [];
  return [
    ...(d === "" ? [] : [stroke(d, series)]),
    ...marked.map(([x, y]) => `<circle cx="${px(toX(x))}" cy="${px(toY(y))}" r="2.5" fill="${colour}"/>`),
    ...(level === undefined ? [] : [stroke(`M${BOX.left} ${px(toY(level))}H${BOX.right}`, series)]),
  ];
}

/** Every line's name beside its end, kept apart from the others. */
function namesAtEnds(drawn: readonly DrawnSeries[], { toX, toY }: ChartScales): string[] {
  const ends = drawn.map(({ points }) => points.at(-1));
  const heights = spreadOut(
    ends.map((end) => (end === undefined ? BOX.bottom : toY(end[1]))),
    LINE_HEIGHT,
    [BOX.top, BOX.bottom],
  );
  return drawn.flatMap(({ name, colour }, i) => {
    const end = ends[i];
    const text = end === undefined ? `${name}: none` : name;
    return [
      ...(end === undefined
        ? []
        : [
            `<path d="M${px(toX(end[0]))} ${px(toY(end[1]))}L${BOX.right + 8} ${px(heights[i])}" fill="none" stroke="${colour}" stroke-width="0.8"/>`,
          ]),
      svgText(BOX.right + 11, heights[i] + 4, text, { size: 11, fill: colour }),
    ];
  });
}

function namesInList(drawn: readonly DrawnSeries[]): string[] {
  return drawn.flatMap((series, i) => {
    const y = BOX.top + 8 + 18 * i;
    return [
      stroke(`M${BOX.right + 10} ${y}h18`, series),
      svgText(BOX.right + NAMES.before, y + 4, series.name, { size: 11 }),
    ];
  });
}

function stroke(d: string, { colour, dashed = false }: DrawnSeries): string {
  const dash = dashed ? ' stroke-dasharray="5 4"' : "";
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="1.8" stroke-linejoin="round"${dash}/>`;
}

function isShown(x: number, y: number, log: boolean): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0);
}

function thin<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
