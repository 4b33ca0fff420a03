import type { Scene } from "three";
import type { AppState, Run } from "../contracts.ts";
import type { Labels } from "./labels.ts";
import { LAYER_IDS, type ShownRun } from "./layer.ts";
import { createRunLayers, type RunLayers } from "./run-layers.ts";
import { createViewer, type SceneLook, type Viewer } from "./run-views.ts";
import { differ } from "./scene-bounds.ts";
import type { SceneState } from "./scene-state.ts";

type Slot = { run: Run; viewer: Viewer; layers: RunLayers; stop: () => void };

/** The primary run of a scene and those laid over it, with their layers. */
export type SceneSlots = {
  readonly primary: Run | undefined;
  /** Whether a tick that is to be shown is still being read. */ readonly waiting: boolean;
  /** @param runs undefined for one that holds nothing to draw */ set(
    runs: readonly (Run | undefined)[],
  ): void;
  /** Brings the layers up to date, and notes what each has to say. */
  update(state: AppState, look: SceneLook, statuses: SceneState["statuses"]): ShownRun[];
  stop(): void;
};

/** Creates empty slots. @param changed hears of changes within the runs */
export function createSceneSlots(scene: Scene, labels: Labels, changed: () => void): SceneSlots {
  const slots: (Slot | undefined)[] = [];
  /** Made once for each place, and used again by the next run in it. */
  const cache: RunLayers[] = [];
  return {
    get primary() {
      return slots[0]?.run;
    },
    get waiting() {
      return slots.some((slot) => slot?.viewer.waiting === true);
    },
    set(runs) {
      for (let slot = 0; slot < Math.max(runs.length, slots.length); slot++) {
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
      const [first, ...others] = views;
      const elsewhere = others.map((view) =>
        view.map !== undefined && first.map !== undefined && differ(first.map.grid, view.map.grid)
          ? ({ level: "info", text: `${view.run.index.name} drove on another map` } as const)
          : undefined,
      );
      if (elsewhere.some((status) => status !== undefined)) statuses.set("map", [undefined, ...elsewhere]);
      return views;
    },
    stop() {
      for (const slot of slots) slot?.stop();
    },
  };
}
