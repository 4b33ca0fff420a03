import type { TickRecord, TimedGrid } from "../../../src/record/index.ts";
import { robotSizes } from "../../../src/sim/index.ts";
import type { AppState, Run } from "../contracts.ts";
import type { SceneColours } from "./colours.ts";
import { footprintCorners } from "./footprint-sweep.ts";
import type { Labels } from "./labels.ts";
import { type LayerId, layerOn, type ShownRun } from "./layer.ts";
import type { SceneSettings } from "./scene-settings.ts";
import { tickAt } from "./tick-at.ts";

/** Makes what layers draw from a run at a time. */
export type Viewer = {
  /** Whether the tick shown is not yet that of the time asked for. */ readonly waiting: boolean;
  view(state: AppState, look: SceneLook): ShownRun;
};

/** How all runs are drawn. */
export type SceneLook = {
  readonly colours: SceneColours;
  readonly settings: SceneSettings;
  readonly origin: { readonly x: number; readonly y: number };
  readonly labels: Labels;
};

const LOCAL_GRID_LAYERS: readonly LayerId[] = ["hits", "localGrid", "distance", "collisions"];

/**
 * Creates the viewer of one run.
 *
 * @param arrived called when a local grid came that was waited for
 */
export function createViewer(run: Run, slot: number, arrived: () => void): Viewer {
  const { robot } = run.index.meta;
  const { nx } = robotSizes(robot);
  const corners = footprintCorners(robot);
  /** Shown while the one asked for is read: a plan a moment old rather than a flicker. */
  let held: TickRecord | undefined;
  let waiting = false;
  let local: TimedGrid | undefined;
  let localOf = -1;
  let reading = false;

  /** One request at a time: a fast scrub asks for the newest tick only. */
  const readLocal = (tick: number): void => {
    if (reading || tick === localOf) return;
    reading = true;
    run
      .localGrid(tick)
      .catch(() => undefined)
      .then((grid) => {
        reading = false;
        localOf = tick;
        if (grid !== local) {
          local = grid;
        }
        arrived();
      });
  };

  return {
    get waiting() {
      return waiting;
    },
    view(state, look) {
      const { times } = run.index;
      const tick = tickAt(times, state.time);
      const now = tick < 0 ? undefined : run.tickNow(tick);
      waiting = now === undefined && tick >= 0;
      if (now !== undefined) held = now;
      const trail = run.trail();
      const at = 3 * tick;
      const pose: ShownRun["pose"] =
        tick >= 0 && at + 2 < trail.length
          ? [trail[at], trail[at + 1], trail[at + 2]]
          : [Number.NaN, Number.NaN, Number.NaN];
      const recent: TickRecord[] = [];
      if (layerOn(state, "lastPlans")) {
        for (let n = 1; n <= state.lastPlans && tick - n >= 0; n++) {
          const before = run.tickNow(tick - n);
          if (before !== undefined) recent.push(before);
        }
      }
      const needsLocal = LOCAL_GRID_LAYERS.some((id) => layerOn(state, id));
      if (needsLocal && tick >= 0) readLocal(tick);
      const time = times[tick] ?? 0;
      const timely = local !== undefined && local.time <= time + 1e-6 ? local : undefined;
      return {
        slot,
        two: state.runs.length > 1,
        run,
        nx,
        corners,
        tick,
        record: now ?? held,
        pose,
        recent,
        map: run.map(time),
        local: timely,
        path: run.path(time),
        zones: run.zones(time),
        ...look,
      };
    },
  };
}
