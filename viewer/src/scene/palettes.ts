/** How the cells of a map are coloured: as RViz does, or light on dark for a dark theme. */
export const MAP_PALETTES = ["auto", "map", "costmap", "raw", "night"] as const;
/** Name of a palette. */
export type MapPalette = (typeof MAP_PALETTES)[number];

type Rgba = readonly [number, number, number, number];

const UNKNOWN_GREY: Rgba = [0x70, 0x89, 0x86, 255];

/**
 * (256, 4) bytes: the colour of a cell by its value's byte (255 is -1, unknown).
 *
 * Source: rviz_default_plugins, map/palette_builder.cpp (map, costmap, raw); night is ours.
 */
export function mapPalette(kind: Exclude<MapPalette, "auto">): Uint8Array {
  const out = new Uint8Array(256 * 4);
  for (let byte = 0; byte < 256; byte++) out.set(COLOUR_OF[kind](byte), 4 * byte);
  return out;
}

/** A palette with free space almost left out, so that what lies below shows. */
export function withThinFree(palette: Uint8Array): Uint8Array {
  const out = palette.slice();
  out[3] = 40;
  return out;
}

/** A palette with unknown space left out. */
export function withoutUnknown(palette: Uint8Array): Uint8Array {
  const out = palette.slice();
  out.fill(0, 255 * 4);
  return out;
}

const COLOUR_OF: Readonly<Record<Exclude<MapPalette, "auto">, (byte: number) => Rgba>> = {
  map(byte) {
    if (byte > 100) return illegal(byte);
    const v = 255 - Math.trunc((255 * byte) / 100);
    return [v, v, v, 255];
  },
  costmap(byte) {
    if (byte === 0) return [0, 0, 0, 0];
    if (byte === 99) return [0, 255, 255, 255];
    if (byte === 100) return [255, 0, 255, 255];
    if (byte > 100) return illegal(byte);
    const v = Math.trunc((255 * byte) / 100);
    return [v, 0, 255 - v, 255];
  },
  raw: (byte) => [byte, byte, byte, 255],
  night(byte) {
    if (byte === 255) return [0x2b, 0x33, 0x38, 255];
    if (byte > 100) return illegal(byte);
    const share = byte / 100;
    return [mix(22, 205, share), mix(25, 211, share), mix(30, 219, share), 255];
  },
};

/** Values no grid may hold: green above 100, red to yellow below -1. */
function illegal(byte: number): Rgba {
  if (byte === 255) return UNKNOWN_GREY;
  if (byte < 128) return [0, 255, 0, 255];
  return [255, Math.trunc((255 * (byte - 128)) / (254 - 128)), 0, 255];
}

function mix(low: number, high: number, share: number): number {
  return Math.round(low + (high - low) * share);
}
