import { Group } from "three";
import type { Layer, LayerId } from "./layer.ts";

type Late = typeof import("./late/late.ts");

/** Loads what is not needed for a first picture. */
export const loadLate = (): Promise<Late> => import("./late/late.ts");

/** A layer that is loaded when it is first shown. @param changed is called when it is there */
export function createLateLayer(id: LayerId, make: (late: Late) => Layer, changed: () => void): Layer {
  const object = new Group();
  let layer: Layer | undefined;
  let asked = false;
  return {
    id,
    object,
    update(view) {
      if (layer !== undefined) return layer.update(view);
      if (!asked)
        void loadLate().then((late) => {
          layer = make(late);
          object.add(layer.object);
          changed();
        });
      asked = true;
      return undefined;
    },
  };
}
