import { Group, type Scene } from "three";
import { messageOf } from "../../../src/base/index.ts";
import { type AppState, MOST_RUNS } from "../contracts.ts";
import { createGroundLayer } from "./ground-layer.ts";
import { createLateLayer } from "./late-layers.ts";
import { type Layer, type LayerId, type LayerStatus, layerOn, type ShownRun } from "./layer.ts";
import { createGoalLayer, createHitsLayer, createLocalGoalLayer, createPathLayer } from "./place-layers.ts";
import {
  createCollisionsLayer,
  createHypothesesLayer,
  createIteratesLayer,
  createLastPlansLayer,
  createSolutionLayer,
  createStartLayer,
  createSweptLayer,
} from "./plan-layers.ts";
import { createMeasuredLayer, createRobotLayer } from "./robot-layers.ts";
import { createTrailAheadLayer, createTrailLayer } from "./trail-layer.ts";
import { createLocalGridLayer, createMapLayer, createUnknownLayer } from "./world-layers.ts";

/** All layers of one run. */
export type RunLayers = {
  /** Draws a view; a layer that fails says so and the others go on. */
  update(view: ShownRun, state: AppState): Map<LayerId, LayerStatus | undefined>;
  setVisible(visible: boolean): void;
};

/** Whether a run is shown at all: `layers.run0`, `layers.run1`, .... */
export function runOn(state: Pick<AppState, "layers">, slot: number): boolean {
  return state.layers[`run${slot}`] ?? true;
}

/**
 * Creates the layers of a run, in the order they lie on each other. The map, the grid and the distance field
 * are drawn for the primary run only: those of another would hide them.
 *
 * @param changed is called when a layer that was loaded late is there
 */
export function createRunLayers(scene: Scene, slot: number, changed: () => void): RunLayers {
  let showsUnknown = true;
  const up = slot / (MOST_RUNS + 1);
  const stencil = 1 + slot;
  const world = [
    createMapLayer(0, () => showsUnknown),
    createUnknownLayer(),
    createLateLayer("distance", ({ createDistanceLayer }) => createDistanceLayer(1), changed),
    createLateLayer("zones", ({ createZones }) => createZones(1.5), changed),
    createLocalGridLayer(2),
    createGroundLayer(3),
    createLateLayer("walls", ({ createWalls }) => createWalls(5), changed),
  ];
  const layers: Layer[] = [
    ...(slot === 0 ? world : []),
    createPathLayer(10 + up),
    createTrailAheadLayer(11 + up),
    createTrailLayer(12 + up),
    createHitsLayer(14 + up),
    createCollisionsLayer(18 + up, 32 + up, stencil),
    createSweptLayer(20 + up, stencil),
    createLastPlansLayer(22 + up),
    createHypothesesLayer(24 + up),
    createStartLayer(26 + up),
    createIteratesLayer(28 + up),
    createSolutionLayer(30 + up),
    createGoalLayer(34 + up),
    createLocalGoalLayer(35 + up),
    createLateLayer("movers", ({ createMovers }) => createMovers(37 + up), changed),
    createMeasuredLayer(38 + up),
    createRobotLayer(40 + up, changed),
    createLateLayer("horizon", ({ createHorizon }) => createHorizon(42 + up), changed),
  ];
  // Each in a group of its own: the layer hides itself where it has nothing to show, the group is the switch.
  const groups = layers.map((layer) => {
    const group = new Group();
    group.add(layer.object);
    scene.add(group);
    return group;
  });
  return {
    update(view, state) {
      const statuses = new Map<LayerId, LayerStatus | undefined>();
      const shown = runOn(state, slot);
      showsUnknown = layerOn(state, "unknown");
      layers.forEach((layer, i) => {
        const on = shown && layerOn(state, layer.id);
        groups[i].visible = on;
        if (!on) {
          view.labels.clear(`${layer.id}${slot}`);
          return;
        }
        try {
          statuses.set(layer.id, layer.update(view));
        } catch (error) {
          groups[i].visible = false;
          statuses.set(layer.id, {
            level: "error",
            text: messageOf(error),
          });
        }
      });
      return statuses;
    },
    setVisible(visible) {
      for (const group of groups) group.visible &&= visible;
    },
  };
}
