import uPlot from "uplot";
import type { Limit } from "./plot-limits.ts";

/** One line of a chart. */
type ChartLine = {
  readonly label: string;
  readonly color: string;
  /** Of its dashes and what is between them; none where it is whole. [px] */ readonly dash: readonly number[];
};

/** What a chart shows, how large, and what its user may do. */
export type LineChartOptions = {
  readonly unit: string;
  /** What whole numbers stand for, where they stand for words. */ readonly words?: readonly string[];
  readonly lines: readonly ChartLine[];
  readonly limits: readonly Limit[];
  /** Times first, then a column per line. */ readonly data: (number | null | undefined)[][];
  readonly height: number;
  /** Of the numbers or words on the left. [px of a usual screen] */ readonly axisWidth: number;
  /** How much larger than usual words and lines are, see `textScale`. */ readonly scale: number;
  /** Whether the times are written below: the last of several charts does for all. */
  readonly showsTimes: boolean;
  /** A click or a drag of the cursor. [s] */ readonly onTime: (time: number) => void;
  /** A drag over a span of time [s]; undefined: a double click, for all of it. */
  readonly onZoom: (span: readonly [number, number] | undefined) => void;
};

/** What is marked on every chart; undefined: not there. [s] */
type ChartMarks = { readonly time: number; readonly a?: number; readonly b?: number };

/** A uPlot chart with the application's cursor over it. */
export type LineChart = {
  setData(data: (number | null | undefined)[][]): void;
  setMarks(marks: ChartMarks): void;
  setSpan(low: number, high: number): void;
  setSize(width: number, height: number): void;
  dispose(): void;
};

/** Height of the times below a chart. [px] */
export const TIMES_HEIGHT = 22;
/** A drag shorter than this is a click. [px] */
const CLICK = 4;

/** Creates a chart: drag to zoom, double click to see all, click to set the time. */
export function createLineChart(host: HTMLElement, options: LineChartOptions): LineChart {
  let marks: ChartMarks = { time: 0 };
  /** Not there yet while uPlot calls the first hooks. */
  let bars: Record<keyof ChartMarks, HTMLElement> | undefined;
  const plot = new uPlot(chartOptions(host, options, place), options.data as uPlot.AlignedData, host);

  bars = { time: bar("time"), a: bar("a"), b: bar("b") };
  function bar(kind: string): HTMLElement {
    const element = document.createElement("div");
    element.className = `plot-bar plot-bar-${kind}`;
    if (kind !== "time") element.dataset.label = kind.toUpperCase();
    plot.over.append(element);
    return element;
  }
  function place(): void {
    if (bars === undefined) return;
    // Not the element's width: asking for it while the cursor moves makes the browser lay out the page.
    const width = plot.bbox.width / devicePixelRatio;
    for (const key of ["time", "a", "b"] as const) {
      const at = marks[key];
      const x = at === undefined ? Number.NaN : plot.valToPos(at, "x");
      const shown = x >= 0 && x <= width;
      bars[key].hidden = !shown;
      if (shown) bars[key].style.transform = `translateX(${x}px)`;
    }
  }

  let pressedAt: number | undefined;
  const xOf = (event: MouseEvent): number => event.clientX - plot.over.getBoundingClientRect().left;
  plot.over.addEventListener("mousedown", (event) => {
    pressedAt = event.button === 0 ? xOf(event) : undefined;
  });
  plot.over.addEventListener("mouseup", (event) => {
    if (pressedAt !== undefined && Math.abs(xOf(event) - pressedAt) < CLICK)
      options.onTime(plot.posToVal(xOf(event), "x"));
    pressedAt = undefined;
  });
  return {
    setData(data) {
      plot.setData(data as uPlot.AlignedData, false);
      plot.redraw(true, true);
    },
    setMarks(next) {
      marks = next;
      place();
    },
    setSpan(min, max) {
      plot.setScale("x", { min, max });
      queueMicrotask(place);
    },
    setSize(width, height) {
      if (width > 0 && (width !== plot.width || height !== plot.height)) plot.setSize({ width, height });
    },
    dispose: () => plot.destroy(),
  };
}

/** What uPlot is told of a chart. @param moved hears of another span or size */
function chartOptions(host: HTMLElement, options: LineChartOptions, moved: () => void): uPlot.Options {
  const style = getComputedStyle(host);
  const ink = style.color;
  const paper = style.getPropertyValue("--paper").trim();
  const { scale } = options;
  const font = `${12 * scale}px system-ui, sans-serif`;
  const axis = { stroke: ink, font, grid: { stroke: faded(ink, 0.15) }, ticks: { stroke: faded(ink, 0.3) } };
  return {
    width: Math.max(200, host.clientWidth),
    height: options.height,
    legend: { show: false },
    // Half a number sticks out at the top, and half a time at the right.
    padding: [6 * scale, 14 * scale, 0, 0],
    cursor: {
      // The span of all charts is set by whoever holds them, not by one of them.
      drag: { x: true, y: false, dist: CLICK, setScale: false },
      points: { size: 6 },
      bind: {
        dblclick: () => () => {
          options.onZoom(undefined);
          return null;
        },
      },
    },
    scales: { x: { time: false }, y: { range: (_u, low, high) => yRange(low, high, options.limits) } },
    axes: [
      {
        ...axis,
        space: 60 * scale,
        size: options.showsTimes ? TIMES_HEIGHT * scale + 4 : 4,
        values: (_u, ticks) => ticks.map((t) => (options.showsTimes ? `${Number(t.toFixed(3))} s` : "")),
      },
      {
        ...axis,
        size: options.axisWidth * scale,
        space: 18 * scale,
        ...(options.words === undefined ? {} : wordAxis(options.words)),
        label: options.unit,
        labelSize: 16 * scale,
        labelFont: font,
        labelGap: 0,
      },
    ],
    series: [
      {},
      ...options.lines.map((line) => ({
        label: line.label,
        stroke: line.color,
        width: 1.5 * scale,
        dash: line.dash.length === 0 ? undefined : line.dash.map((length) => length * scale),
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      draw: [(u) => drawLimits(u, options.limits, { ink, paper }, scale * devicePixelRatio)],
      setScale: [moved],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < CLICK) return;
          options.onZoom([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setSize: [moved],
    },
  };
}

/** An axis with a word at every whole number. */
function wordAxis(words: readonly string[]): Partial<uPlot.Axis> {
  return { splits: () => words.map((_, i) => i), values: () => words.slice() };
}

/** The data's range with some air, and the limits that are near it. */
function yRange(low: number | null, high: number | null, limits: readonly Limit[]): [number, number] {
  let [min, max] = low === null || high === null ? [0, 1] : [low, high];
  const span = Math.max(max - min, 1e-9);
  for (const { value } of limits) {
    if (value > max && value < max + 3 * span) max = value;
    if (value < min && value > min - 3 * span) min = value;
  }
  if (max - min < 1e-9) return [min - 0.5, max + 0.5];
  const air = 0.06 * (max - min);
  return [min - air, max + air];
}

/** @param unit a pixel of a usual screen [pixels of the picture] */
function drawLimits(
  u: uPlot,
  limits: readonly Limit[],
  { ink, paper }: { readonly ink: string; readonly paper: string },
  unit: number,
): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = ink;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.setLineDash([8 * unit, 5 * unit]);
  ctx.lineWidth = unit;
  ctx.font = `${12 * unit}px system-ui, sans-serif`;
  let last = Number.NaN;
  for (const { value, text } of [...limits].sort((one, other) => other.value - one.value)) {
    const y = Math.round(u.valToPos(value, "y", true));
    ctx.globalAlpha = 0.65;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const below = y < bbox.top + 16 * unit;
    const middle = y + (below ? 8 : -8) * unit;
    // In a low chart one text would lie on the other: the highest limit is named, a line is enough for the rest.
    if (Math.abs(middle - last) < 16 * unit) continue;
    last = middle;
    ctx.fillStyle = paper;
    const { width } = ctx.measureText(text);
    ctx.fillRect(bbox.left + 4 * unit, middle - 7 * unit, width + 4 * unit, 14 * unit);
    ctx.globalAlpha = 0.8;
    ctx.fillStyle = ink;
    ctx.fillText(text, bbox.left + 6 * unit, middle);
  }
  ctx.restore();
}

/** A CSS colour made transparent, for a canvas. */
function faded(color: string, alpha: number): string {
  const parts = /^rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)/.exec(color);
  return parts === null ? color : `rgba(${parts[1]}, ${parts[2]}, ${parts[3]}, ${alpha})`;
}
