import { escapeXml, px, svgText } from "./svg-text.ts";

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

/** Colours that can be told apart, also by most who see few of them (Okabe and Ito). */
export const CHART_COLOURS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#4b4b4b",
] as const;

const PLOT = { width: 400, height: 240 } as const;
const SPACE = { left: 64, top: 44, right: 132, bottom: 50 } as const;
const CELL = {
  width: SPACE.left + PLOT.width + SPACE.right,
  height: SPACE.top + PLOT.height + SPACE.bottom,
} as const;
const HEAD = 44;
/** Between two lines of text. */
const LINE_HEIGHT = 14;
/** Points of a line are marked where there are no more than these. */
const MOST_MARKED = 20;
/** More points than this are thinned out. */
const MOST_POINTS = 600;

/** Draws charts side by side, two in a row. @returns the text of an SVG file; the same charts give the same text */
export function renderCharts(title: string, charts: readonly Chart[]): string {
  const columns = Math.min(2, charts.length);
  const width = columns * CELL.width;
  const height = HEAD + Math.ceil(charts.length / columns) * CELL.height;
  const cells = charts.map((chart, i) => {
    const x = (i % columns) * CELL.width;
    const y = HEAD + Math.floor(i / columns) * CELL.height;
    return `<g transform="translate(${x} ${y})">\n${renderChart(chart)}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `font-family="Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    svgText(SPACE.left, 28, title, { size: 17, weight: "bold" }),
    ...cells,
    "</svg>",
    "",
  ].join("\n");
}

function renderChart(chart: Chart): string {
  const { title, xLabel, yLabel, series, log = false, logX = false, names = "list", xRange, yRange } = chart;
  const isDrawn = (x: number, y: number): boolean => isShown(x, y, log) && (!logX || x > 0);
  const drawn = series.map((s) => ({
    ...s,
    points: thin(s.points.filter(([x, y]) => isDrawn(x, y))),
    band: thin((s.band ?? []).filter(([x, low, high]) => isDrawn(x, low) && isDrawn(x, high))),
  }));
  const all = drawn.flatMap(({ points }) => points);
  const levels = drawn.flatMap(({ level }) => (level !== undefined && isShown(0, level, log) ? [level] : []));
  const scaleOf = (y: number): number => (log ? Math.log10(y) : y);
  const scaleX = (x: number): number => (logX ? Math.log10(x) : x);
  const bands = drawn.flatMap(({ band }) => band.flatMap(([, low, high]) => [low, high]));
  const xs = range((xRange ?? all.map(([x]) => x)).map(scaleX));
  const ys = yRange ?? padded(range([...all.map(([, y]) => y), ...bands, ...levels].map(scaleOf)));
  const toX = (x: number): number => SPACE.left + (PLOT.width * (scaleX(x) - xs[0])) / (xs[1] - xs[0]);
  const toY = (y: number): number => {
    const share = (scaleOf(y) - ys[0]) / (ys[1] - ys[0]);
    return SPACE.top + PLOT.height * (1 - Math.min(1, Math.max(0, share)));
  };
  const [left, right, top, bottom] = [
    SPACE.left,
    SPACE.left + PLOT.width,
    SPACE.top,
    SPACE.top + PLOT.height,
  ];
  const parts = [svgText(left, 26, title, { weight: "bold", size: 14 })];
  for (const y of log ? decades(ys) : ticks(ys[0], ys[1], 5)) {
    parts.push(`<path d="M${left} ${px(toY(y))}H${right}" stroke="#e3e7ec"/>`);
    parts.push(svgText(left - 8, toY(y) + 4, label(y), { size: 11, anchor: "end" }));
  }
  for (const x of logX ? decades(xs) : ticks(xs[0], xs[1], 5)) {
    parts.push(`<path d="M${px(toX(x))} ${bottom}v5" stroke="#8a94a3"/>`);
    parts.push(svgText(toX(x), bottom + 18, label(x), { size: 11, anchor: "middle" }));
  }
  parts.push(`<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#8a94a3"/>`);
  parts.push(svgText((left + right) / 2, bottom + 38, xLabel, { size: 12, anchor: "middle" }));
  parts.push(svgText(right, 26, yLabel, { size: 12, anchor: "end" }));
  for (const { band, colour } of drawn) {
    if (band.length < 2) continue;
    const upper = band.map(([x, , high]) => `${px(toX(x))} ${px(toY(high))}`);
    const lower = band.map(([x, low]) => `${px(toX(x))} ${px(toY(low))}`).reverse();
    parts.push(`<path d="M${[...upper, ...lower].join("L")}Z" fill="${colour}" fill-opacity="0.16"/>`);
  }
  const ends = spreadOut(
    drawn.map(({ points }) => (points.length === 0 ? bottom : toY(points[points.length - 1][1]))),
    LINE_HEIGHT,
    [top, bottom],
  );
  for (const [i, { name, points, colour, dashed = false, level }] of drawn.entries()) {
    const style = `fill="none" stroke="${colour}" stroke-width="1.8" stroke-linejoin="round"${
      dashed ? ' stroke-dasharray="5 4"' : ""
    }`;
    if (points.length > 0) {
      const d = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${px(toX(x))} ${px(toY(y))}`).join("");
      parts.push(`<path d="${d}" ${style}/>`);
    }
    if (points.length <= MOST_MARKED) {
      for (const [x, y] of points)
        parts.push(`<circle cx="${px(toX(x))}" cy="${px(toY(y))}" r="2.5" fill="${colour}"/>`);
    }
    if (level !== undefined && isShown(0, level, log))
      parts.push(`<path d="M${left} ${px(toY(level))}H${right}" ${style}/>`);
    if (names === "ends") {
      const end = points[points.length - 1];
      if (end !== undefined)
        parts.push(
          `<path d="M${px(toX(end[0]))} ${px(toY(end[1]))}L${right + 8} ${px(ends[i])}" fill="none" stroke="${colour}" stroke-width="0.8"/>`,
        );
      parts.push(
        svgText(right + 11, ends[i] + 4, end === undefined ? `${name}: none` : name, {
          size: 11,
          fill: colour,
        }),
      );
      continue;
    }
    const y = top + 8 + 18 * i;
    parts.push(`<path d="M${right + 10} ${y}h18" ${style}/>`);
    parts.push(svgText(right + 33, y + 4, name, { size: 11 }));
  }
  if (all.length === 0)
    parts.push(svgText((left + right) / 2, (top + bottom) / 2, "nothing yet", { anchor: "middle" }));
  return parts.join("\n");
}

function isShown(x: number, y: number, log: boolean): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0);
}

/** Heights moved apart to be at least `gap` from each other, about where they were, in their order. */
function spreadOut(
  heights: readonly number[],
  gap: number,
  [top, bottom]: readonly [number, number],
): number[] {
  const order = heights.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y || a.i - b.i);
  for (const [at, one] of order.entries()) one.y = Math.max(one.y, at === 0 ? top : order[at - 1].y + gap);
  let limit = Math.max(bottom, top + gap * (order.length - 1));
  for (const one of [...order].reverse()) {
    one.y = Math.min(one.y, limit);
    limit = one.y - gap;
  }
  const placed = [...heights];
  for (const { y, i } of order) placed[i] = y;
  return placed;
}

/** Least and largest; never the same. */
function range(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

function padded([low, high]: readonly [number, number]): [number, number] {
  const more = 0.05 * (high - low);
  return [low - more, high + more];
}

function thin<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** Round numbers from low to high, about `count` of them. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= raw) ?? 10);
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

/** 1, 2 and 5 times powers of ten between two logarithms; other round numbers where these are too few to read by. */
function decades([low, high]: readonly [number, number]): number[] {
  const found: number[] = [];
  for (let e = Math.floor(low); e <= high; e++) {
    for (const m of high - low > 3 ? [1] : [1, 2, 5]) {
      const value = m * 10 ** e;
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found.length >= 2 ? found : ticks(10 ** low, 10 ** high, 4);
}

function label(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
}
