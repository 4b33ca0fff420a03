import type { TickRecord } from "../../../src/record/index.ts";
import type { Run, Store } from "../contracts.ts";
import { latestAt } from "../run/latest-at.ts";
import { oncePerFrame, watchRuns } from "./element.ts";

/** The tick at the cursor of one run; no record while it is being read. */
export type CurrentTick = { readonly run: Run; readonly i: number; readonly record?: TickRecord };

/**
 * Calls `show` with the current tick of the primary run whenever it changes, at most once per frame.
 *
 * @returns a function that ends it
 */
function watchTick(store: Store, show: (tick: CurrentTick | undefined) => void): () => void {
  let last: CurrentTick | undefined;
  let first = true;
  const look = (): void => {
    const run = store.state.runs[0];
    const i = run === undefined ? -1 : latestAt(run.index.times, store.state.time, (t) => t, 1e-9);
    const next = run === undefined || i < 0 ? undefined : { run, i, record: run.tickNow(i) };
    const same = next?.run === last?.run && next?.i === last?.i && next?.record === last?.record;
    if (same && !first) return;
    first = false;
    last = next;
    show(next);
  };
  const ask = oncePerFrame(look);
  const stops = [watchRuns(store, ask), store.subscribe(["time"], ask)];
  look();
  return () => {
    for (const stop of stops) stop();
    ask.cancel();
  };
}

/** As {@link watchTick}, but nothing is done for a host that cannot be seen: a tab that is not in front. */
export function watchVisibleTick(
  host: HTMLElement,
  store: Store,
  show: (tick: CurrentTick | undefined) => void,
): () => void {
  let visible = false;
  let waiting: { readonly tick: CurrentTick | undefined } | undefined;
  const stop = watchTick(store, (tick) => {
    if (visible) show(tick);
    else waiting = { tick };
  });
  // What is not displayed has no size. Asking the host itself would make the browser lay out the page every tick.
  const observer = new ResizeObserver(([{ contentRect }]) => {
    visible = contentRect.width > 0;
    if (!visible || waiting === undefined) return;
    const { tick } = waiting;
    waiting = undefined;
    show(tick);
  });
  observer.observe(host);
  return () => {
    stop();
    observer.disconnect();
  };
}
