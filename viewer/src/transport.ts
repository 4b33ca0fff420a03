import type { Mark, Panel, Store } from "./contracts.ts";
import { MARK_KINDS, MARK_LOOKS } from "./mark-looks.ts";
import { element, oncePerFrame, watchRuns } from "./panels/element.ts";
import { extentOf, followLive, SPEEDS, seek, stepTicks, togglePlaying } from "./playback.ts";
import { latestAt } from "./run/latest-at.ts";
import { timeText } from "./time-axis.ts";

/** The buttons of the timeline: play, steps, loop, speed, live, the time, and the marks by kind. */
export function createTransport(store: Store): Panel & { readonly root: HTMLElement } {
  const button = (text: string, title: string, run: () => void): HTMLButtonElement => {
    const made = element("button", { type: "button", textContent: text, title, ariaLabel: title });
    made.addEventListener("click", run);
    return made;
  };
  const play = button("▶", "Play (Space)", () => togglePlaying(store));
  play.classList.add("play");
  const loop = button("Loop", "Loop over everything (l); Shift and drag on the timeline for a part", () =>
    store.set({ loop: store.state.loop === undefined ? [...extentOf(store.state.runs)] : undefined }),
  );
  const live = button("● Live", "● Live: stay with the newest tick (End)", () => followLive(store));
  live.classList.add("live");
  const speed = element("select", { ariaLabel: "Speed", title: "Speed (+ and −)" });
  speed.addEventListener("change", () => store.set({ speed: Number(speed.value) }));
  const clock = element("output", { className: "clock" });
  const marks = element("div", { className: "mark-counts" });
  const root = element(
    "div",
    { className: "transport" },
    button("|◀", "To the start (Home)", () => seek(store, extentOf(store.state.runs)[0])),
    button("◁", "One tick back (Ctrl ←)", () => stepTicks(store, -1)),
    play,
    button("▷", "One tick on (Ctrl →)", () => stepTicks(store, 1)),
    button("▶|", "To the end (End)", () => seek(store, extentOf(store.state.runs)[1])),
    loop,
    element("label", {}, speed),
    live,
    clock,
    marks,
  );
  root.setAttribute("role", "toolbar");
  root.setAttribute("aria-label", "Playing");

  const showSpeed = (): void => {
    const all = [...new Set([...SPEEDS, store.state.speed])].sort((a, b) => a - b);
    if (speed.options.length !== all.length)
      speed.replaceChildren(...all.map((s) => element("option", { value: String(s) }, `${s}×`)));
    speed.value = String(store.state.speed);
  };

  let counted = "";
  const showMarks = (): void => {
    const all = store.state.runs.flatMap((run) => run.index.marks);
    const counts = MARK_KINDS.map((kind) => all.filter((mark) => mark.kind === kind).length);
    if (counts.join() === counted) return;
    counted = counts.join();
    marks.replaceChildren(
      ...MARK_KINDS.flatMap((kind, k) => {
        if (counts[k] === 0) return [];
        const look = MARK_LOOKS[kind];
        const text = `${counts[k]} ${counts[k] === 1 ? look.one : look.many}`;
        const made = button("", `${text}: go to the next one`, () => toNext(kind));
        const sign = element("span", { ariaHidden: "true" }, look.sign);
        sign.style.color = `var(${look.colour})`;
        made.append(sign, ` ${text}`);
        return [made];
      }),
    );
  };
  const toNext = (kind: Mark["kind"]): void => {
    const times = store.state.runs
      .flatMap((run) => run.index.marks)
      .filter((mark) => mark.kind === kind)
      .map((mark) => mark.time)
      .sort((a, b) => a - b);
    const next = times.find((time) => time > store.state.time + 1e-6) ?? times[0];
    if (next !== undefined) store.set({ time: next, playing: false, follow: false });
  };

  const show = oncePerFrame(() => {
    const { runs, playing, time, follow, loop: looping } = store.state;
    const none = extentOf(runs)[1] === 0 && runs.every((run) => run.index.times.length === 0);
    for (const made of root.querySelectorAll<HTMLButtonElement>(":scope > button")) made.disabled = none;
    play.textContent = playing ? "❚❚" : "▶";
    play.title = playing ? "Pause (Space)" : "Play (Space)";
    play.ariaLabel = play.title;
    loop.ariaPressed = String(looping !== undefined);
    live.hidden = !runs.some((run) => run.index.live);
    live.ariaPressed = String(follow);
    root.dataset.state = follow ? "live" : playing ? "playing" : "paused";
    const times = runs[0]?.index.times;
    const tick = times === undefined ? -1 : latestAt(times, time, (at) => at);
    const of =
      times === undefined || times.length === 0 ? "" : ` · tick ${Math.max(tick, 0) + 1} of ${times.length}`;
    clock.textContent = `${timeText(time, 2)} / ${timeText(extentOf(runs)[1], 1)} s${of}`;
    showSpeed();
    showMarks();
  });
  const stops = [
    watchRuns(store, show),
    store.subscribe(["time", "playing", "speed", "follow", "loop", "runs"], show),
  ];
  show();
  return {
    root,
    dispose() {
      show.cancel();
      for (const stop of stops) stop();
      root.remove();
    },
  };
}
