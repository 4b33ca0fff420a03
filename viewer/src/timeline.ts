import type { Mark, Panel, Store } from "./contracts.ts";
import { MARK_LOOKS } from "./mark-looks.ts";
import { element } from "./panels/element.ts";
import { seek } from "./playback.ts";
import { timeText } from "./time-axis.ts";
import { createTimelineCanvas } from "./timeline-canvas.ts";
import { createTransport } from "./transport.ts";

/** How near the mouse has to be to a mark. [px] */
const REACH = 7;

/** The timeline over the full width: buttons, and a picture to scrub and loop on. */
export function createTimeline(host: HTMLElement, store: Store): Panel {
  const tip = element("div", { className: "timeline-tip", hidden: true });
  const wrap = element("div", { className: "timeline-wrap" }, tip);
  const transport = createTransport(store);
  host.append(transport.root, wrap);
  const track = createTimelineCanvas(wrap, store);
  const { canvas, axis } = track;
  /** Where the picture begins; not asked for while it is dragged over, since that makes the browser lay out the page. [CSS px] */
  let left = 0;
  const xIn = (event: MouseEvent): number => (event.clientX - left) / track.scale;
  const find = (): void => {
    left = wrap.getBoundingClientRect().left;
  };

  /** Where a loop is being drawn from. [s] */
  let loopFrom: number | undefined;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || store.state.runs.length === 0) return;
    find();
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
    if (!canvas.hasPointerCapture(event.pointerId)) {
      find();
      showTip(xIn(event));
      return;
    }
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
    const { scale, width } = track;
    tip.style.left = `${Math.min(Math.max(x * scale, half + 4), width * scale - half - 4)}px`;
  };

  return {
    dispose() {
      track.dispose();
      transport.dispose();
      wrap.remove();
    },
  };
}
