import { type AppState, type Mark, runLetter } from "./contracts.ts";
import { drawMark, MARK_LOOKS } from "./mark-looks.ts";
import { extentOf } from "./playback.ts";
import { axisStrokes } from "./time-axis.ts";

/** Space left and right of the axis. [px] */
export const MARGIN = 14;
const AXIS_Y = 20;
const BAND = { top: 24, height: 20 } as const;

/** Where a time lies on the timeline, and back. */
type TimeScale = { xOf(time: number): number; timeOf(x: number): number };

/** Pixels of a timeline to times, and back. @param width of the timeline [px] */
export function timeScale([from, to]: readonly [number, number], width: number): TimeScale {
  const inner = Math.max(width - 2 * MARGIN, 1);
  const span = Math.max(to - from, 1e-9);
  return {
    xOf: (time) => MARGIN + ((time - from) / span) * inner,
    timeOf: (x) => Math.min(Math.max(from + ((x - MARGIN) / inner) * span, from), to),
  };
}

type Size = { readonly width: number; readonly height: number; readonly density: number };

/** Draws the timeline but for the cursor, which moves when nothing else does. @param style of the element, for its colours */
export function drawTimeline(
  g: CanvasRenderingContext2D,
  state: Readonly<AppState>,
  extent: readonly [number, number],
  { width, height, density }: Size,
  style: CSSStyleDeclaration,
): void {
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const { xOf } = timeScale(extent, width);
  g.setTransform(density, 0, 0, density, 0, 0);
  g.clearRect(0, 0, width, height);
  if (state.runs.length === 0) return;
  g.font = "12px system-ui, sans-serif";

  state.runs.forEach((run, r) => {
    const own = extentOf([run]);
    if (own[1] <= own[0] && run.index.times.length === 0) return;
    const share = BAND.height / state.runs.length;
    const [a, b] = own.map(xOf);
    g.fillStyle = colour(`--run-${runLetter(r).toLowerCase()}`);
    g.globalAlpha = 0.22;
    g.fillRect(a, BAND.top + r * share, Math.max(b - a, 2), share - (state.runs.length > 1 ? 1 : 0));
    g.globalAlpha = 1;
  });

  if (state.loop !== undefined) {
    const [a, b] = state.loop.map(xOf);
    g.fillStyle = colour("--accent");
    g.globalAlpha = 0.18;
    g.fillRect(a, 0, b - a, height);
    g.globalAlpha = 1;
    for (const x of [a, b]) g.fillRect(x - 1, 0, 2, height);
  }

  g.textBaseline = "alphabetic";
  g.textAlign = "center";
  for (const { time, label } of axisStrokes(extent[0], extent[1], width - 2 * MARGIN)) {
    const x = xOf(time);
    g.fillStyle = colour("--line");
    g.fillRect(Math.round(x), label === undefined ? AXIS_Y - 1 : AXIS_Y - 4, 1, label === undefined ? 4 : 7);
    g.fillStyle = colour("--dim");
    if (label !== undefined) g.fillText(label, Math.min(Math.max(x, 16), width - 16), AXIS_Y - 7);
  }

  state.runs.forEach((run, r) => {
    const y = BAND.top + ((r + 0.5) / state.runs.length) * BAND.height;
    drawMarks(g, run.index.marks, xOf, y, colour);
  });
  drawEnds(g, state, xOf, height, colour("--ink"));
}

/** Draws the cursor. @param x where it is, in a picture's own pixels */
export function drawCursor(
  g: CanvasRenderingContext2D,
  x: number,
  { height, density }: Pick<Size, "height" | "density">,
  colour: string,
): void {
  g.setTransform(density, 0, 0, density, 0, 0);
  g.fillStyle = colour;
  g.fillRect(x - 1, 0, 2, height);
  g.beginPath();
  g.moveTo(x - 6, 0);
  g.lineTo(x + 6, 0);
  g.lineTo(x, 8);
  g.closePath();
  g.fill();
}

/** Marks that would lie on one another are drawn once; the gravest lie on top. */
function drawMarks(
  g: CanvasRenderingContext2D,
  marks: readonly Mark[],
  xOf: (time: number) => number,
  y: number,
  colour: (name: string) => string,
): void {
  const kinds = Object.keys(MARK_LOOKS).reverse() as Mark["kind"][];
  for (const kind of kinds) {
    const look = MARK_LOOKS[kind];
    g.fillStyle = colour(look.colour);
    g.strokeStyle = g.fillStyle;
    g.lineWidth = 2;
    let last = Number.NEGATIVE_INFINITY;
    for (const mark of marks) {
      if (mark.kind !== kind) continue;
      const x = xOf(mark.time);
      if (x - last < 2) continue;
      last = x;
      drawMark(g, look, x, y);
    }
  }
}

/** Draws what is measured between. */
function drawEnds(
  g: CanvasRenderingContext2D,
  { cursorA, cursorB }: Readonly<AppState>,
  xOf: (time: number) => number,
  height: number,
  colour: string,
): void {
  for (const [name, at] of [
    ["A", cursorA],
    ["B", cursorB],
  ] as const) {
    if (at === undefined) continue;
    g.fillStyle = colour;
    g.fillRect(xOf(at) - 0.5, 0, 1, height);
    g.textAlign = "left";
    g.fillText(name, xOf(at) + 4, height - 3);
  }
}
