import type { Mark, Panel, Store } from "./contracts.ts";
import { MARK_LOOKS } from "./mark-looks.ts";
import { element, oncePerFrame, watchRuns } from "./panels/element.ts";
import { extentOf, seek } from "./playback.ts";
import { textScale } from "./text-scale.ts";
import { timeText } from "./time-axis.ts";
import { drawCursor, drawTimeline, timeScale } from "./timeline-picture.ts";
import { createTransport } from "./transport.ts";

/** Height of the picture, as in style.css. [px] */
const HEIGHT = 50;
/** How near the mouse has to be to a mark. [px] */
const REACH = 7;

/** The timeline over the full width: buttons, and a picture to scrub and loop on. */
export function createTimeline(host: HTMLElement, store: Store): Panel {
  const canvas = element("canvas", { className: "timeline-track", tabIndex: 0 });
  canvas.setAttribute("role", "slider");
  canvas.setAttribute("aria-label", "Time");
  const tip = element("div", { className: "timeline-tip", hidden: true });
  const wrap = element("div", { className: "timeline-wrap" }, canvas, tip);
  const transport = createTransport(store);
  host.append(transport.root, wrap);
  const g = canvas.getContext("2d")!;
  /** The picture without its cursor: drawn where more than the time has changed. */
  const still = document.createElement("canvas");
  let cursorColour = "";
  let shown: readonly unknown[] = [];
  /** Of the picture, in its own pixels, which grow with the text. */
  let width = 0;
  let scale = 1;
  let density = 1;

  const drawStill = (extent: readonly [number, number]): void => {
    const { runs, loop, cursorA, cursorB, theme } = store.state;
    const style = getComputedStyle(canvas);
    const current = [
      loop,
      cursorA,
      cursorB,
      theme,
      style.color,
      width,
      density,
      ...runs.map((run) => run.index),
    ];
    if (current.length === shown.length && current.every((value, i) => value === shown[i])) return;
    shown = current;
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
  /** Whether more than the time may have changed: asking for sizes and colours makes the browser lay out the page. */
  let restyled = true;
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

  const axis = () => timeScale(extentOf(store.state.runs), width);
  const xIn = (event: MouseEvent): number => (event.clientX - wrap.getBoundingClientRect().left) / scale;

  /** Where a loop is being drawn from. [s] */
  let loopFrom: number | undefined;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || store.state.runs.length === 0) return;
    canvas.setPointerCapture(event.pointerId);
    const time = axis().timeOf(xIn(event));
    if (event.shiftKey) {
      loopFrom = time;
      store.set({ loop: undefined });
    } else {
      loopFrom = undefined;
      seek(store, nearMark(xIn(event))?.time ?? time);
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return showTip(xIn(event));
    const time = axis().timeOf(xIn(event));
    if (loopFrom === undefined) seek(store, time);
    else if (Math.abs(time - loopFrom) > 1e-3)
      store.set({ loop: [Math.min(loopFrom, time), Math.max(loopFrom, time)] });
    tip.hidden = true;
  });
  canvas.addEventListener("pointerleave", () => {
    tip.hidden = true;
  });

  const nearMark = (x: number): Mark | undefined => {
    const { xOf } = axis();
    const gravity = Object.keys(MARK_LOOKS);
    return store.state.runs
      .flatMap((run) => run.index.marks)
      .filter((mark) => Math.abs(xOf(mark.time) - x) <= REACH)
      .sort((a, b) => gravity.indexOf(a.kind) - gravity.indexOf(b.kind))[0];
  };
  const showTip = (x: number): void => {
    if (store.state.runs.length === 0) return;
    const mark = nearMark(x);
    const time = mark?.time ?? axis().timeOf(x);
    tip.textContent = `${timeText(time, 2)} s${mark === undefined ? "" : ` · ${mark.text}`}`;
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(x * scale, half + 4), width * scale - half - 4)}px`;
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
    dispose() {
      draw.cancel();
      resize.disconnect();
      transport.dispose();
      for (const stop of stops) stop();
      wrap.remove();
    },
  };
}
