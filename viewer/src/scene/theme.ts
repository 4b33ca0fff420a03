import type { AppState } from "../contracts.ts";
import type { MapPalette } from "./palettes.ts";
import { paletteOf } from "./world-layers.ts";

/** Whether the application is dark: as chosen, else as the system is. */
export function isDarkTheme(theme: AppState["theme"]): boolean {
  return theme === "auto" ? window.matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}

/** Whether things lie on dark ground: on the map's free space, where that is painted, else on the theme's. */
export function groundOf(palette: MapPalette, dark: boolean): boolean {
  const kind = paletteOf(palette, dark);
  if (kind === "costmap") return dark;
  return kind !== "map";
}
