import type { AppState, Run, Store } from "./contracts.ts";
import { latestAt } from "./run/latest-at.ts";

/** Speeds to choose from, times real time. */
export const SPEEDS: readonly number[] = [0.1, 0.25, 0.5, 1, 2, 4, 8];

/** First and last moment of what is shown. [s] */
export function extentOf(runs: readonly Run[]): readonly [number, number] {
  const all = runs.flatMap(({ index: { times, span } }): (readonly [number, number])[] => {
    if (times.length > 0) return [[times[0], times[times.length - 1]]];
    return span === undefined ? [] : [span];
  });
  if (all.length === 0) return [0, 0];
  return [Math.min(...all.map(([from]) => from)), Math.max(...all.map(([, to]) => to))];
}

/** Moves the cursor; a live run is no longer followed. */
export function seek(store: Store, time: number): void {
  const [from, to] = extentOf(store.state.runs);
  store.set({ time: Math.min(Math.max(time, from), to), follow: false });
}

/** Moves the cursor by whole ticks of the primary run, and stops. */
export function stepTicks(store: Store, ticks: number): void {
  const times = store.state.runs[0]?.index.times;
  if (times === undefined || times.length === 0) return;
  const at = latestAt(times, store.state.time, (time) => time);
  const next = Math.min(Math.max(at + ticks, 0), times.length - 1);
  store.set({ time: times[next], follow: false, playing: false });
}

/** Moves the cursor to the next mark after it, or the last before it. @returns whether there was one */
export function stepMarks(store: Store, direction: 1 | -1): boolean {
  const { runs, time } = store.state;
  const times = runs.flatMap((run) => run.index.marks.map((mark) => mark.time)).sort((a, b) => a - b);
  const next =
    direction > 0 ? times.find((at) => at > time + 1e-6) : times.findLast((at) => at < time - 1e-6);
  if (next === undefined) return false;
  store.set({ time: next, follow: false, playing: false });
  return true;
}

/** Plays or pauses; from the end it starts over. */
export function togglePlaying(store: Store): void {
  const { playing, time, loop, runs } = store.state;
  if (playing) {
    store.set({ playing: false });
    return;
  }
  const [from, to] = loop ?? extentOf(runs);
  store.set({ playing: true, follow: false, time: time >= to - 1e-6 || time < from ? from : time });
}

/** Stays with the newest tick of a live run. */
export function followLive(store: Store): void {
  const [, to] = extentOf(store.state.runs);
  store.set({ follow: true, playing: false, time: to });
}

/** Where the cursor is after so many real seconds of playing, and whether it goes on. */
export function advance(
  state: Pick<AppState, "time" | "speed" | "loop">,
  seconds: number,
  [from, to]: readonly [number, number],
): { readonly time: number; readonly playing: boolean } {
  const next = state.time + seconds * state.speed;
  if (state.loop !== undefined) {
    const [a, b] = state.loop;
    if (next < b) return { time: next, playing: true };
    return { time: a + ((next - a) % Math.max(b - a, 1e-3)), playing: true };
  }
  if (next < to) return { time: Math.max(next, from), playing: true };
  return { time: to, playing: false };
}

/** Sets one end of the loop to a time; an end that would lie on the wrong side moves to the run's. */
export function setLoopEnd(store: Store, end: 0 | 1, time: number): void {
  const extent = extentOf(store.state.runs);
  const loop: [number, number] = [...(store.state.loop ?? extent)];
  loop[end] = time;
  if (loop[1] - loop[0] < 1e-3) loop[1 - end] = extent[1 - end];
  store.set({ loop: loop[1] - loop[0] < 1e-3 ? undefined : loop });
}

/** Moves the cursor while the state says so: every frame while playing, with every tick while following. */
export function createPlayback(store: Store): { dispose(): void } {
  let frame = 0;
  let last = 0;
  let stops: (() => void)[] = [];

  const turn = (now: number): void => {
    frame = 0;
    if (!store.state.playing) return;
    // A tab in the background gets no frames: it goes on where it was, it does not jump.
    const seconds = Math.min((now - last) / 1000, 0.25);
    last = now;
    store.set(advance(store.state, seconds, extentOf(store.state.runs)));
    if (store.state.playing) frame = requestAnimationFrame(turn);
  };
  const begin = (): void => {
    if (!store.state.playing || frame !== 0) return;
    last = performance.now();
    frame = requestAnimationFrame(turn);
  };
  const toEnd = (): void => {
    if (store.state.follow) store.set({ time: extentOf(store.state.runs)[1] });
  };
  const watch = (): void => {
    for (const stop of stops) stop();
    stops = store.state.runs.map((run) => run.onChange(toEnd));
    toEnd();
  };
  const ends = [store.subscribe(["playing"], begin), store.subscribe(["runs", "follow"], watch)];
  watch();
  begin();
  return {
    dispose() {
      cancelAnimationFrame(frame);
      for (const stop of [...ends, ...stops]) stop();
    },
  };
}
