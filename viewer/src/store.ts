import type { AppState, Store } from "./contracts.ts";
import { FIRST_SERIES } from "./run/series.ts";

/** What is shown before anything was chosen. */
export const FIRST_STATE: AppState = {
  runs: [],
  time: 0,
  playing: false,
  speed: 1,
  follow: false,
  layers: {},
  camera: "orbit",
  chosenSeries: [...FIRST_SERIES],
  theme: "auto",
  lastPlans: 5,
  sizes: {},
};

/** Creates the store of the application. */
export function createStore(first: Partial<AppState> = {}): Store {
  const state: AppState = { ...FIRST_STATE, ...first };
  const subscriptions = new Set<{ keys: ReadonlySet<keyof AppState>; listener: () => void }>();
  return {
    state,
    set(patch) {
      const changed = new Set<keyof AppState>();
      for (const key of Object.keys(patch) as (keyof AppState)[]) {
        if (!Object.is(state[key], patch[key])) changed.add(key);
      }
      if (changed.size === 0) return;
      Object.assign(state, patch);
      for (const { keys, listener } of [...subscriptions]) {
        for (const key of keys) {
          if (!changed.has(key)) continue;
          listener();
          break;
        }
      }
    },
    subscribe(keys, listener) {
      const subscription = { keys: new Set(keys), listener };
      subscriptions.add(subscription);
      return () => subscriptions.delete(subscription);
    },
  };
}
