import { axisNumber, padRange, rangeOf, roundNumbers } from "../../../src/plot/index.ts";
import type { SeriesPair } from "../derived/find-series.ts";
import { element } from "./element.ts";

/** One line of a plot over something else than time. */
export type PairLine = { readonly pair: SeriesPair; readonly color: string };

/** A plot of one series over another, with a dot where the cursor is. */
export type XyChart = {
  readonly root: HTMLElement;
  setLines(lines: readonly PairLine[]): void;
  setMarks(marks: { readonly time: number }): void;
  /** Shows only what lies in this span of time, as the other plots do. [s] */
  setSpan(low: number, high: number): void;
  setSize(width: number, height: number): void;
};

/** Around the plot: numbers and names of the axes. [px of a usual screen] */
const MARGINS = { left: 52, right: 10, top: 8, bottom: 34 } as const;

/** Creates the plot. Axes of the same unit have the same scale. @param scale see `textScale` */
export function createXyChart(title: string, scale: number): XyChart {
  const canvas = element("canvas", { className: "xy-canvas" });
  canvas.setAttribute("role", "img");
  canvas.ariaLabel = title;
  const root = element("figure", { className: "xy-chart" }, canvas);
  let lines: readonly PairLine[] = [];
  let time = 0;
  let span: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let size = { width: 200, height: 200 };
  let asked = 0;
  const ask = (): void => {
    if (asked !== 0) return;
    asked = requestAnimationFrame(() => {
      asked = 0;
      drawPairs(canvas, lines, { time, span, ...size, scale });
    });
  };
  return {
    root,
    setLines(next) {
      lines = next;
      ask();
    },
    setMarks(next) {
      time = next.time;
      ask();
    },
    setSpan(low, high) {
      span = [low, high];
      ask();
    },
    setSize(width, height) {
      if (width === size.width && height === size.height) return;
      size = { width, height };
      ask();
    },
  };
}

type Look = {
  readonly time: number;
  readonly span: readonly [number, number];
  readonly width: number;
  readonly height: number;
  readonly scale: number;
};

type Axes = { xOf(value: number): number; yOf(value: number): number };

function drawPairs(canvas: HTMLCanvasElement, lines: readonly PairLine[], look: Look): void {
  const { width, height, scale } = look;
  const density = devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const g = canvas.getContext("2d");
  if (g === null || lines.length === 0) return;
  g.scale(density, density);
  g.font = `${12 * scale}px system-ui, sans-serif`;
  const ink = getComputedStyle(canvas).color;
  const box = {
    left: MARGINS.left * scale,
    top: MARGINS.top * scale,
    width: Math.max(1, width - (MARGINS.left + MARGINS.right) * scale),
    height: Math.max(1, height - (MARGINS.top + MARGINS.bottom) * scale),
  };
  const axes = drawAxes(g, lines, look, box, ink);
  g.save();
  g.beginPath();
  g.rect(box.left, box.top, box.width, box.height);
  g.clip();
  for (const line of lines) drawPair(g, line, look, axes, ink);
  g.restore();
}

/** The line of a pair, and a dot where it is at the cursor. */
function drawPair(
  g: CanvasRenderingContext2D,
  { pair: { x, y }, color }: PairLine,
  { time, span: [low, high], scale }: Look,
  { xOf, yOf }: Axes,
  ink: string,
): void {
  const { times = new Float64Array(0) } = y;
  g.strokeStyle = color;
  g.lineWidth = 1.5 * scale;
  g.lineJoin = "round";
  g.beginPath();
  let pen = false;
  let at = -1;
  for (let i = 0; i < times.length; i++) {
    if (times[i] <= time + 1e-9) at = i;
    const [px, py] = [xOf(x.values[i]), yOf(y.values[i])];
    const shown = times[i] >= low && times[i] <= high && Number.isFinite(px) && Number.isFinite(py);
    if (shown) pen ? g.lineTo(px, py) : g.moveTo(px, py);
    pen = shown;
  }
  g.stroke();
  const [px, py] = [xOf(x.values[at]), yOf(y.values[at])];
  if (!(Number.isFinite(px) && Number.isFinite(py))) return;
  g.beginPath();
  g.arc(px, py, 4.5 * scale, 0, 2 * Math.PI);
  g.fillStyle = color;
  g.fill();
  g.strokeStyle = ink;
  g.stroke();
}

type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

function drawAxes(
  g: CanvasRenderingContext2D,
  lines: readonly PairLine[],
  { scale }: Look,
  box: Box,
  ink: string,
): Axes {
  const [{ pair }] = lines;
  const ranges = (["x", "y"] as const).map((axis) => {
    const values: number[] = [];
    for (const line of lines)
      for (const value of line.pair[axis].values) if (Number.isFinite(value)) values.push(value);
    return padRange(rangeOf(values));
  });
  const sameUnit = pair.x.unit === pair.y.unit && pair.x.unit !== "";
  let perPixel = ranges.map(([low, high], i) => (high - low) / (i === 0 ? box.width : box.height));
  if (sameUnit) perPixel = perPixel.map(() => Math.max(...perPixel));
  const [cx, cy] = ranges.map(([low, high]) => (low + high) / 2);
  const xOf = (value: number): number => box.left + box.width / 2 + (value - cx) / perPixel[0];
  const yOf = (value: number): number => box.top + box.height / 2 - (value - cy) / perPixel[1];
  const half = [(box.width / 2) * perPixel[0], (box.height / 2) * perPixel[1]];
  g.strokeStyle = g.fillStyle = ink;
  g.lineWidth = 1;
  g.textBaseline = "top";
  g.textAlign = "center";
  for (const value of roundNumbers(cx - half[0], cx + half[0], Math.max(2, box.width / (70 * scale)))) {
    stroke(g, xOf(value), box.top, xOf(value), box.top + box.height);
    g.fillText(axisNumber(value), xOf(value), box.top + box.height + 3 * scale);
  }
  g.textBaseline = "middle";
  g.textAlign = "right";
  for (const value of roundNumbers(cy - half[1], cy + half[1], Math.max(2, box.height / (36 * scale)))) {
    stroke(g, box.left, yOf(value), box.left + box.width, yOf(value));
    g.fillText(axisNumber(value), box.left - 4 * scale, yOf(value));
  }
  const nameOf = (axis: "x" | "y"): string =>
    pair[axis].unit === "" ? pair[axis].name : `${pair[axis].name} [${pair[axis].unit}]`;
  g.textAlign = "center";
  g.textBaseline = "bottom";
  g.fillText(nameOf("x"), box.left + box.width / 2, box.top + box.height + 32 * scale, box.width);
  g.save();
  g.translate(2 * scale, box.top + box.height / 2);
  g.rotate(-Math.PI / 2);
  g.textBaseline = "top";
  g.fillText(nameOf("y"), 0, 0, box.height);
  g.restore();
  return { xOf, yOf };
}

/** A thin line of the grid. */
function stroke(g: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  g.globalAlpha = 0.15;
  g.beginPath();
  g.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  g.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
  g.stroke();
  g.globalAlpha = 1;
}
