import type { Panel, Store } from "../contracts.ts";
import { namesNeeded } from "../derived/find-series.ts";
import { watchRuns } from "../panels/element.ts";

/** Has the topics read that the chosen series are of: a link may name series of another program's topics. */
export function createTopicLoader(store: Store): Panel {
  const load = (): void => {
    const wanted = store.state.chosenSeries.flatMap(namesNeeded).filter((name) => name.startsWith("/"));
    if (wanted.length === 0) return;
    for (const run of store.state.runs)
      for (const { name, state } of run.index.topics ?? [])
        if (state === "unread" && wanted.some((series) => isOf(series, name))) run.loadTopic?.(name);
  };
  const stops = [watchRuns(store, load), store.subscribe(["chosenSeries"], load)];
  load();
  return {
    dispose() {
      for (const stop of stops) stop();
    },
  };
}

/** Whether a series is one of a topic: `/imu.linear_acceleration.x` of `/imu`. */
function isOf(series: string, topic: string): boolean {
  return series.startsWith(topic) && /^([.[]|$)/.test(series.slice(topic.length));
}
