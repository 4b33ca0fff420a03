import type { Scene } from "three";
import type { AppState, Run } from "../contracts.ts";
import type { Labels } from "./labels.ts";
import { LAYER_IDS, type ShownRun } from "./layer.ts";
import { createRunLayers, type RunLayers } from "./run-layers.ts";
import { createViewer, type SceneLook, type Viewer } from "./run-views.ts";
import { differ } from "./scene-bounds.ts";
import type { SceneState } from "./scene-state.ts";

type Slot = { run: Run; viewer: Viewer; layers: RunLayers; stop: () => void };

/** The primary run of a scene and the one laid over it, with their layers. */
export type SceneSlots = {
  readonly primary: Run | undefined;
  /** Whether a tick that is to be shown is still being read. */ readonly waiting: boolean;
  set(runs: readonly Run[]): void;
  /** Brings the layers up to date, and notes what each has to say. */
  update(state: AppState, look: SceneLook, statuses: SceneState["statuses"]): ShownRun[];
  stop(): void;
};

/** Creates empty slots. @param changed hears of changes within the runs */
export function createSceneSlots(scene: Scene, labels: Labels, changed: () => void): SceneSlots {
  const slots: (Slot | undefined)[] = [undefined, undefined];
  const cache: (RunLayers | undefined)[] = [undefined, undefined];
  return {
    get primary() {
      return slots[0]?.run;
    },
    get waiting() {
      return slots.some((slot) => slot?.viewer.waiting === true);
    },
    set(runs) {
      for (const slot of [0, 1] as const) {
        const run = runs[slot];
        if (slots[slot]?.run === run) continue;
        slots[slot]?.stop();
        cache[slot] ??= createRunLayers(scene, slot, changed);
        const layers = cache[slot];
        slots[slot] = run && {
          run,
          viewer: createViewer(run, slot, changed),
          layers,
          stop: run.onChange(changed),
        };
        if (run === undefined) {
          layers.setVisible(false);
          for (const id of LAYER_IDS) labels.clear(`${id}${slot}`);
        }
      }
    },
    update(state, look, statuses) {
      statuses.clear();
      const views: ShownRun[] = [];
      for (const slot of slots) {
        if (slot === undefined) continue;
        const view = slot.viewer.view(state, look);
        for (const [id, status] of slot.layers.update(view, state)) {
          const list = statuses.get(id) ?? [];
          list[view.slot] = status;
          statuses.set(id, list);
        }
        views.push(view);
      }
      const [first, second] = views;
      if (second?.map !== undefined && first.map !== undefined && differ(first.map.grid, second.map.grid))
        statuses.set("map", [
          undefined,
          { level: "info", text: `${second.run.index.name} drove on another map` },
        ]);
      return views;
    },
    stop() {
      for (const slot of slots) slot?.stop();
    },
  };
}
