import { drawAxes } from "./svg-axes.ts";
import { CONTENT_TOP, frame, SIDE } from "./svg-frame.ts";
import { px, svgText } from "./svg-text.ts";

/** Colours by number; each has a marker of its own, so that none is told by its colour alone. */
export type Shade = 0 | 1 | 2 | 3 | 4;

/** A curve without points, points without a curve, or both. */
export type MeasuredSeries = {
  readonly name: string;
  readonly shade: Shade;
  /** Points of a line, in order of x. */
  readonly curve?: readonly (readonly [number, number])[];
  readonly dashed?: boolean;
  /** x, y, and the standard error, drawn as a bar to both sides. */
  readonly points?: readonly (readonly [number, number, number])[];
  /** Hollow, larger markers, so that others can be seen through them. */
  readonly hollow?: boolean;
};

export type MeasuredPanel = {
  readonly title: string;
  readonly xLabel: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly MeasuredSeries[];
  /** Vertical marks with a word each. */
  readonly marks?: readonly { readonly x: number; readonly name: string; readonly shade: Shade }[];
};

export type Axis = {
  readonly range: readonly [number, number];
  readonly ticks: readonly number[];
  readonly log?: boolean;
  readonly format?: (value: number) => string;
};

const STYLE = `<style>
.s0{stroke:#0072b2}.s1{stroke:#c2410c}.s2{stroke:#00795a}.s3{stroke:#a13d85}.s4{stroke:#5b6473}
.f0{fill:#0072b2}.f1{fill:#c2410c}.f2{fill:#00795a}.f3{fill:#a13d85}.f4{fill:#5b6473}
@media (prefers-color-scheme: dark){
.s0{stroke:#58b0ee}.s1{stroke:#ff9255}.s2{stroke:#2cc9a6}.s3{stroke:#e58cc9}.s4{stroke:#9aa5b4}
.f0{fill:#58b0ee}.f1{fill:#ff9255}.f2{fill:#2cc9a6}.f3{fill:#e58cc9}.f4{fill:#9aa5b4}
}</style>`;

const PLOT = { width: 400, height: 280, left: 56, top: 40 } as const;
const LINE = 20;
const KEY = 26;
/** Space for the names beside a panel. [px] */
const NAMES = 24 + KEY;
const CHARACTER = 6.9;
const SIZE = 4;

/**
 * Panels side by side of measured points on curves, with names beside each.
 *
 * @returns the text of an SVG file; the same figure gives the same text
 */
export function drawMeasured(title: string, subtitle: string, panels: readonly MeasuredPanel[]): string {
  const top = CONTENT_TOP + PLOT.top;
  const body = [STYLE];
  let left = SIDE;
  for (const [p, panel] of panels.entries()) {
    const longest = Math.max(0, ...panel.series.map(({ name }) => name.length));
    body.push(...drawPanel(panel, p, left + PLOT.left, top));
    left +=
      PLOT.left + PLOT.width + NAMES + Math.ceil(CHARACTER * longest) + (p < panels.length - 1 ? 24 : 0);
  }
  const height = top + PLOT.height + 58;
  return frame({ title, subtitle, width: left + SIDE, height }, body);
}

function drawPanel(panel: MeasuredPanel, number: number, left: number, top: number): string[] {
  const { title, xLabel, x, y, series, marks: words = [] } = panel;
  const right = left + PLOT.width;
  const bottom = top + PLOT.height;
  const toX = (value: number): number => left + PLOT.width * shareOf(x, value);
  const toY = (value: number): number => bottom - PLOT.height * shareOf(y, value);
  const parts = [svgText(left, top - 14, title, { bold: true })];
  const marks = (axis: Axis, at: (value: number) => number) =>
    axis.ticks.map((value) => ({ at: at(value), text: (axis.format ?? String)(value) }));
  parts.push(...drawAxes({ left, right, top, bottom }, marks(x, toX), marks(y, toY), xLabel));
  // Values outside of the ranges are cut off at the frame, not moved to it.
  const clip = `plot-${number}`;
  parts.push(
    `<clipPath id="${clip}"><rect x="${left - SIZE}" y="${top - SIZE}" width="${PLOT.width + 2 * SIZE}" height="${PLOT.height + 2 * SIZE}"/></clipPath>`,
  );
  parts.push(`<g clip-path="url(#${clip})">`);
  for (const { x: at, shade } of words)
    parts.push(`<path class="s${shade}" stroke-dasharray="2 4" d="M${px(toX(at))} ${top}V${bottom}"/>`);
  for (const { curve = [], shade, dashed } of series) {
    const d = curve.map(([a, b], i) => `${i === 0 ? "M" : "L"}${px(toX(a))} ${px(toY(b))}`).join("");
    if (d !== "") parts.push(`<path ${strokeOf(shade, dashed)} d="${d}"/>`);
  }
  for (const { points = [], shade, hollow } of series) {
    for (const [a, b, error] of points) {
      const [low, high] = [b - error, b + error].map((value) =>
        px(toY(y.log ? Math.max(value, y.range[0] / 10) : value)),
      );
      parts.push(`<path class="s${shade}" stroke-width="1.4" d="M${px(toX(a))} ${low}V${high}"/>`);
      parts.push(marker(shade, toX(a), toY(b), hollow));
    }
  }
  parts.push("</g>");
  for (const { x: at, name, shade } of words)
    parts.push(svgText(toX(at) + 5, bottom - 8, name, { size: 11.5, tone: `f${shade}`, halo: true }));
  for (const [i, { name, shade, curve, points, dashed, hollow }] of series.entries()) {
    const middle = top + 8 + LINE * i;
    if (curve !== undefined)
      parts.push(`<path ${strokeOf(shade, dashed)} d="M${right + 12} ${middle}h${KEY}"/>`);
    if (points !== undefined) parts.push(marker(shade, right + 12 + KEY / 2, middle, hollow));
    parts.push(svgText(right + 20 + KEY, middle + 4.5, name, { size: 12.5 }));
  }
  return parts;
}

function shareOf({ range: [low, high], log = false }: Axis, value: number): number {
  const scale = (v: number): number => (log ? Math.log(v) : v);
  return (scale(value) - scale(low)) / (scale(high) - scale(low));
}

function strokeOf(shade: Shade, dashed = false): string {
  const dash = dashed ? ' stroke-dasharray="6 4"' : "";
  return `class="s${shade}" fill="none" stroke-width="2" stroke-linejoin="round"${dash}`;
}

/** Circle, square, triangle, diamond, triangle upside down; the sizes look alike. */
function marker(shade: Shade, x: number, y: number, hollow = false): string {
  const s = hollow ? SIZE + 2 : SIZE;
  const paths = [
    `M${px(x - s)} ${px(y)}a${s} ${s} 0 1 0 ${2 * s} 0a${s} ${s} 0 1 0 ${-2 * s} 0Z`,
    `M${px(x - s * 0.9)} ${px(y - s * 0.9)}h${px(1.8 * s)}v${px(1.8 * s)}h${px(-1.8 * s)}Z`,
    `M${px(x)} ${px(y - s * 1.2)}l${px(1.15 * s)} ${2 * s}h${px(-2.3 * s)}Z`,
    `M${px(x)} ${px(y - s * 1.3)}l${px(1.3 * s)} ${px(1.3 * s)}l${px(-1.3 * s)} ${px(1.3 * s)}l${px(-1.3 * s)} ${px(-1.3 * s)}Z`,
    `M${px(x)} ${px(y + s * 1.2)}l${px(1.15 * s)} ${-2 * s}h${px(-2.3 * s)}Z`,
  ];
  const style = hollow ? `class="s${shade}" fill="none" stroke-width="1.5"` : `class="f${shade}"`;
  return `<path ${style} d="${paths[shade]}"/>`;
}
