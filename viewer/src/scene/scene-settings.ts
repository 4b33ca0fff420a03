import type { MapPalette } from "./palettes.ts";

/** What the user chose about how the scene is drawn. */
export type SceneSettings = {
  readonly palette: MapPalette;
  /** What the distance field is of: the robot's local grid, as the planner used it, or the map. */
  readonly distanceOf: "localGrid" | "map";
};
