import { createChanges } from "./changes.ts";
import type { Store } from "./contracts.ts";
import { element, oncePerFrame, watchRuns } from "./panels/element.ts";
import { extentOf } from "./playback.ts";
import { textScale } from "./text-scale.ts";
import { timeText } from "./time-axis.ts";
import { drawCursor, drawTimeline, timeScale } from "./timeline-picture.ts";

/** Height of the picture, as in style.css. [px] */
const HEIGHT = 50;

/** The picture of the timeline, which draws itself anew as the state changes. */
export type TimelineCanvas = {
  readonly canvas: HTMLCanvasElement;
  /** From times to places in the picture's own pixels, and back. */ axis(): ReturnType<typeof timeScale>;
  /** Of the picture, in its own pixels, which grow with the text. */ readonly width: number;
  /** CSS pixels per pixel of the picture. */ readonly scale: number;
  dispose(): void;
};

/** Creates the picture. @param wrap whose width it takes */
export function createTimelineCanvas(wrap: HTMLElement, store: Store): TimelineCanvas {
  const canvas = element("canvas", { className: "timeline-track", tabIndex: 0 });
  canvas.setAttribute("role", "slider");
  canvas.setAttribute("aria-label", "Time");
  wrap.prepend(canvas);
  const g = canvas.getContext("2d")!;
  /** The picture without its cursor: drawn where more than the time has changed. */
  const still = document.createElement("canvas");
  const changed = createChanges();
  let cursorColour = "";
  let width = 0;
  let scale = 1;
  let density = 1;
  /** Whether more than the time may have changed: asking for sizes and colours makes the browser lay out the page. */
  let restyled = true;

  const drawStill = (extent: readonly [number, number]): void => {
    const { runs, loop, cursorA, cursorB, theme } = store.state;
    const style = getComputedStyle(canvas);
    const looks = [loop, cursorA, cursorB, theme, style.color, width, density];
    if (!changed([...looks, ...runs.map((run) => run.index)])) return;
    [still.width, still.height] = [canvas.width, canvas.height];
    drawTimeline(still.getContext("2d")!, store.state, extent, { width, height: HEIGHT, density }, style);
    cursorColour = style.getPropertyValue("--cursor").trim();
  };
  const draw = oncePerFrame((): void => {
    const { runs, time } = store.state;
    const extent = extentOf(runs);
    if (restyled) drawStill(extent);
    restyled = false;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, canvas.width, canvas.height);
    g.drawImage(still, 0, 0);
    if (runs.length > 0)
      drawCursor(g, timeScale(extent, width).xOf(time), { height: HEIGHT, density }, cursorColour);
    canvas.setAttribute("aria-valuemin", extent[0].toFixed(2));
    canvas.setAttribute("aria-valuemax", extent[1].toFixed(2));
    canvas.setAttribute("aria-valuenow", time.toFixed(2));
    canvas.setAttribute("aria-valuetext", `${timeText(time, 2)} s of ${timeText(extent[1], 2)} s`);
  });
  const redraw = (): void => {
    restyled = true;
    draw();
  };
  const measure = (): void => {
    scale = textScale();
    width = wrap.clientWidth / scale;
    density = (window.devicePixelRatio || 1) * scale;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(HEIGHT * density);
    redraw();
  };

  const resize = new ResizeObserver(measure);
  resize.observe(wrap);
  const stops = [
    watchRuns(store, redraw),
    store.subscribe(["time"], draw),
    store.subscribe(["loop", "cursorA", "cursorB", "theme", "runs"], redraw),
  ];
  measure();
  return {
    canvas,
    axis: () => timeScale(extentOf(store.state.runs), width),
    get width() {
      return width;
    },
    get scale() {
      return scale;
    },
    dispose() {
      draw.cancel();
      resize.disconnect();
      for (const stop of stops) stop();
    },
  };
}
