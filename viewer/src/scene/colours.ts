/** Okabe-Ito: told apart by everybody. Source: Okabe, Ito, "Color Universal Design", 2008. */
export const OKABE_ITO = {
  orange: 0xe69f00,
  sky: 0x56b4e9,
  green: 0x009e73,
  yellow: 0xf0e442,
  blue: 0x0072b2,
  vermillion: 0xd55e00,
  purple: 0xcc79a7,
} as const;

/** Colours of everything in the scene on a light or a dark ground, as 0xrrggbb. */
export type SceneColours = {
  readonly dark: boolean;
  /** Behind the map. */ readonly ground: number;
  readonly grid: number;
  readonly ink: number;
  readonly path: number;
  readonly goal: number;
  readonly hit: number;
  readonly collision: number;
  readonly mover: number;
  /** By run: of its robot and its plan. */ readonly run: readonly number[];
  /** By run: of iterates, first to last, the last but one next to the plan's colour. */
  readonly early: readonly number[];
  /** Of starts, by their place in the list. */ readonly starts: readonly number[];
};

const LIGHT: SceneColours = {
  dark: false,
  ground: 0xeceff1,
  grid: 0xc3cacf,
  ink: 0x1b2126,
  path: 0x5d6870,
  goal: 0x00815e,
  hit: 0xd55e00,
  collision: 0xd3121b,
  mover: 0x9b5a7d,
  run: [0x0072b2, 0xb87a00, 0x00815e, 0xc04a00, 0x6a51a3, 0x5a656e],
  early: [0x8fc6e8, 0xe8cf94, 0x8fd0bc, 0xf0b795, 0xc9bfe3, 0xb9c1c7],
  starts: [0x7a8288, 0xe69f00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xd55e00, 0xa89b00],
};

const DARK: SceneColours = {
  dark: true,
  ground: 0x101316,
  grid: 0x2c343a,
  ink: 0xf2f5f7,
  path: 0x9ba8b1,
  goal: 0x2fd3a0,
  hit: 0xff8a3c,
  collision: 0xff4a50,
  mover: 0xdd94bd,
  run: [0x5cbcf2, 0xf2b02e, 0x35c79b, 0xf07f36, 0xb6a6f0, 0xb4c0c8],
  early: [0x3b6680, 0x7a6330, 0x2b6a56, 0x7a4a2a, 0x5a5078, 0x5a646b],
  starts: [0x9aa3aa, 0xe69f00, 0x35c79b, 0xdd94bd, 0x8accf2, 0xf07f36, 0xf0e442],
};

/** The colours of the scene on dark or light ground. */
export function sceneColours(dark: boolean): SceneColours {
  return dark ? DARK : LIGHT;
}

/** `#rrggbb`. */
export function cssColour(colour: number): string {
  return `#${colour.toString(16).padStart(6, "0")}`;
}

/** Between two colours, channel by channel. */
export function mixColours(a: number, b: number, share: number): number {
  let out = 0;
  for (const shift of [16, 8, 0]) {
    const low = (a >> shift) & 255;
    out |= Math.round(low + share * (((b >> shift) & 255) - low)) << shift;
  }
  return out;
}

/**
 * Colour of a start by its name, the same in every tick; what is not known gets one by its letters.
 *
 * @param name "shift", "path", "net", "net-2", ...
 */
export function startColour(name: string, colours: SceneColours): number {
  const known = START_ORDER.indexOf(name);
  if (known >= 0) return colours.starts[known % colours.starts.length];
  let sum = 0;
  for (let i = 0; i < name.length; i++) sum = (31 * sum + name.charCodeAt(i)) >>> 0;
  return colours.starts[sum % colours.starts.length];
}
const START_ORDER = ["zero", "shift", "net", "path", "net-2", "net-3", "net-4", "straight"];
