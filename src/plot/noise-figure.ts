import { drawAxes, spreadOut } from "./svg-axes.ts";
import { CONTENT_TOP, type FigureTone, frame, SIDE } from "./svg-frame.ts";
import { px, svgText } from "./svg-text.ts";

/** The size of an error [m], and what a guess of that size gives. */
type NoisePoint = { readonly size: number; readonly qps: number; readonly good: number };

/** A curve over the size of an error, by what a guess of that size gives. */
export type NoiseCurve = {
  readonly name: string;
  readonly tone: FigureTone;
  readonly dashed: boolean;
  readonly points: readonly NoisePoint[];
};

/** A warm start: the median error of its guesses [m], and what they give. */
type NoiseMark = NoisePoint & { readonly name: string; readonly tone: FigureTone };

type NoiseFigure = {
  readonly title: string;
  readonly subtitle: string;
  readonly curves: readonly NoiseCurve[];
  readonly marks: readonly NoiseMark[];
};

type Panel = {
  readonly title: string;
  readonly pick: (point: NoisePoint) => number;
  readonly format: (value: number) => string;
  /** Value of the top line, and the number of lines above 0. */
  readonly scale: (largest: number) => { readonly highest: number; readonly lines: number };
};

const PANELS: readonly Panel[] = [
  {
    title: "good after one QP",
    pick: ({ good }) => good,
    format: (value) => `${100 * value}%`,
    scale: () => ({ highest: 1, lines: 4 }),
  },
  {
    title: "QPs to 1e-2, mean",
    pick: ({ qps }) => qps,
    format: String,
    scale: (largest) => ({
      highest: Math.max(2, Math.ceil(largest)),
      lines: Math.max(2, Math.ceil(largest)),
    }),
  },
];

const PLOT = { width: 330, height: 260, left: 48, top: 60, names: 118 } as const;
const PANEL = PLOT.left + PLOT.width + PLOT.names;
/** Sizes on the axis, and its ends. [m] */
const SIZES = [0.01, 0.03, 0.1, 0.3, 1] as const;
const RANGE = [0.006, 1.3] as const;
/** Space between the keys of two curves, and around a key. [px] */
const KEY = { line: 26, space: 30 } as const;
/** Names of marks keep this distance. [px] */
const LINE = 17;

/**
 * Curves of what the optimum with noise gives, and the warm starts at their own errors: one that lies on the
 * curve is as good as its error allows, one off it has gone for another optimum.
 *
 * @returns the text of an SVG file; the same figure gives the same text
 */
export function drawNoise({ title, subtitle, curves, marks }: NoiseFigure): string {
  const width = 2 * SIDE + PANELS.length * PANEL;
  const top = CONTENT_TOP + PLOT.top;
  const body: string[] = [];
  let x = SIDE;
  for (const { name, tone, dashed } of curves) {
    const y = CONTENT_TOP + 12;
    body.push(`<path ${strokeOf(tone, dashed)} d="M${px(x)} ${y}h${KEY.line}"/>`);
    body.push(svgText(x + KEY.line + 7, y + 4.5, name));
    x += KEY.line + 7 + 6.5 * name.length + KEY.space;
  }
  for (const [p, panel] of PANELS.entries()) {
    body.push(...drawPanel(panel, SIDE + PLOT.left + p * PANEL, top, curves, marks));
  }
  return frame({ title, subtitle, width, height: top + PLOT.height + 58 }, body);
}

function drawPanel(
  { title, pick, format, scale }: Panel,
  left: number,
  top: number,
  curves: readonly NoiseCurve[],
  marks: readonly NoiseMark[],
): string[] {
  const bottom = top + PLOT.height;
  const right = left + PLOT.width;
  const values = [...marks, ...curves.flatMap(({ points }) => points)].map(pick);
  const { highest, lines } = scale(Math.max(0, ...values));
  const toY = (value: number): number => bottom - (PLOT.height * value) / highest;
  const toX = (size: number): number => {
    const [low, high] = [Math.log(RANGE[0]), Math.log(RANGE[1])];
    const at = (Math.log(Math.max(size, RANGE[0])) - low) / (high - low);
    return left + PLOT.width * Math.min(1, at);
  };
  const parts = [svgText(left, top - 12, title, { bold: true })];
  const yMarks = Array.from({ length: lines + 1 }, (_, line) => {
    const value = (line * highest) / lines;
    return { at: toY(value), text: format(value) };
  });
  const xMarks = SIZES.map((size) => ({ at: toX(size), text: size < 1 ? `${100 * size} cm` : `${size} m` }));
  const about = "largest position error of the guess (median)";
  parts.push(...drawAxes({ left, right, top, bottom }, xMarks, yMarks, about));
  for (const { tone, dashed, points } of curves) {
    const shown = points.filter(({ size }) => size >= RANGE[0]);
    const d = shown.map((point, i) => `${i === 0 ? "M" : "L"}${px(toX(point.size))} ${px(toY(pick(point)))}`);
    parts.push(`<path ${strokeOf(tone, dashed)} d="${d.join("")}"/>`);
  }
  const spots = marks
    .map((mark) => ({ ...mark, x: toX(mark.size), y: toY(pick(mark)) }))
    .sort((a, b) => a.y - b.y || b.x - a.x);
  const heights = spreadOut(
    spots.map(({ y }) => y),
    LINE,
    [top - 10, bottom],
  );
  for (const [i, { x, y }] of spots.entries()) {
    parts.push(`<path class="axis" fill="none" d="M${px(x)} ${px(y)}L${right + 8} ${px(heights[i])}h6"/>`);
  }
  for (const [i, { name, tone, x, y }] of spots.entries()) {
    parts.push(
      `<circle class="${tone} halo" stroke-width="1.5" cx="${px(x)}" cy="${px(y)}" r="5"/>`,
      svgText(right + 19, heights[i] + 4.5, name, { bold: tone === "accent" }),
    );
  }
  return parts;
}

function strokeOf(tone: FigureTone, dashed: boolean): string {
  const dash = dashed ? ' stroke-dasharray="6 4"' : "";
  return `class="${tone}-line" fill="none" stroke-width="2" stroke-linejoin="round"${dash}`;
}
