import { Group, type Scene } from "three";
import { cssColour, type SceneColours } from "./colours.ts";
import { createFatDots } from "./fat-dots.ts";
import { createFatLines } from "./fat-lines.ts";
import type { Labels } from "./labels.ts";
import type { SceneState } from "./scene-state.ts";

/** What the user marked: the thing picked, the distance measured. */
export function createMarks(scene: Scene, labels: Labels) {
  const lines = createFatLines(2, 60);
  const dots = createFatDots(11, 61);
  const inner = createFatDots(7, 62);
  const object = new Group();
  object.add(lines.mesh, dots.mesh, inner.mesh);
  scene.add(object);
  return {
    update(
      { picked, measurement, tool }: SceneState,
      colours: SceneColours,
      origin: { readonly x: number; readonly y: number },
    ): void {
      lines.clear();
      dots.clear();
      inner.clear();
      labels.clear("measure");
      const mark = (x: number, y: number): void => {
        dots.dot(x - origin.x, y - origin.y, colours.dark ? 0x000000 : 0xffffff, 0.9);
        inner.dot(x - origin.x, y - origin.y, MARK, 1);
      };
      if (measurement !== undefined && tool === "measure") {
        const { a, b } = measurement;
        mark(a[0], a[1]);
        if (b !== undefined) {
          mark(b[0], b[1]);
          lines.segment(a[0] - origin.x, a[1] - origin.y, b[0] - origin.x, b[1] - origin.y, MARK, 1);
          const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
          const x = (a[0] + b[0]) / 2 - origin.x;
          const y = (a[1] + b[1]) / 2 - origin.y;
          labels.add("measure", `${length.toFixed(2)} m`, x, y, 0, cssColour(colours.ink));
        }
      }
      if (picked !== undefined) mark(picked.x, picked.y);
      for (const part of [lines, dots, inner]) part.upload();
    },
  };
}
const MARK = 0xd55e00;
