import { crc32, hashSeed } from "../base/index.ts";
import type { Plan, Scene } from "../planner/index.ts";
import { ALL_FAMILIES, OCCUPIED, UNKNOWN } from "../sim/index.ts";
import type { Optimum } from "./optimum-search.ts";
import type { SceneKind } from "./scene-kind.ts";

/** What a world's examples are for. A world is in one part for good: whatever the data set, robot or seed. */
export const SPLITS = ["train", "validation"] as const;
export type Split = (typeof SPLITS)[number];

/** Another local solution. */
export type Alternative = Pick<Optimum, "X" | "U" | "merit">;

/** One row of a data set: a scene and what the expert makes of it. Numbers are exact in float32 but where said. */
export type Example = {
  readonly kind: SceneKind;
  readonly split: Split;
  readonly world: ExampleWorld;
  /** Tick of the drive. */
  readonly tick: number;
  readonly robot: string;
  readonly scene: Scene;
  /** The last plan moved on to the scene's time; none on a first tick. */
  readonly lastPlan?: Plan;
  /** Clearance the solver was asked for; float64. [m] */
  readonly margin: number;
  /** X, U, Y rounded to float32. */
  readonly optimum: Optimum;
  /** QPs from a start to each of `QP_TOLERANCES`; undefined where it was not reached. */
  readonly qps: {
    readonly path: readonly (number | undefined)[];
    readonly shift?: readonly (number | undefined)[];
  };
  /** Least merit first. */
  readonly alternatives: readonly Alternative[];
};

/** Families of the worlds in data sets: those that are generated, and maps of somebody's own. */
export const DATA_FAMILIES = [...ALL_FAMILIES, "map"] as const;

/** Where an example was driven: a generated world or, with the family "map", a drive on a map. */
export type ExampleWorld = {
  readonly family: (typeof DATA_FAMILIES)[number];
  /** Seed of the world, or number of the drive on the map. */
  readonly seed: number;
  /** The map's name. */
  readonly map?: string;
  /** A world is so many times as large as its seed makes it, so that the robot fits; 1 where this is missing. */
  readonly scale?: number;
};

/** One world in so many is for validation. */
const VALIDATION = 20;

/** Which part of a data set a world belongs to. */
export function splitOf({ family, seed }: Pick<ExampleWorld, "family" | "seed">): Split {
  const hash = hashSeed(hashSeed(seed, DATA_FAMILIES.indexOf(family)), 0x73706c74);
  return (hash >>> 0) % VALIDATION === 0 ? "validation" : "train";
}

/** A world, or a drive on a map, as one number that seeds what is random about them. */
export function worldHash({ family, seed, map }: ExampleWorld): number {
  const hash = hashSeed(seed, DATA_FAMILIES.indexOf(family) + 0x776c);
  return map === undefined ? hash : hashSeed(hash, crc32(new TextEncoder().encode(map)));
}

/**
 * The scene and the last plan as a file keeps them: in float32, and as if the robot were where its speeds lead, so that what is
 * solved is what is read again.
 */
export function roundScene(scene: Scene): Scene {
  const { goal, unsure: _, ...kept } = scene;
  return {
    ...kept,
    x: round(scene.x),
    goal: {
      x: Math.fround(goal.x),
      y: Math.fround(goal.y),
      ...(goal.yaw === undefined ? {} : { yaw: Math.fround(goal.yaw) }),
    },
    path: round(scene.path),
    ...(scene.track && { track: { ...scene.track, headings: round(scene.track.headings) } }),
  };
}

/** The last plan as a file keeps it, see {@link roundScene}. */
export function roundPlan(plan: Plan): Plan {
  return { ...plan, X: round(plan.X), U: round(plan.U), K: round(plan.K) };
}

function round(v: Float64Array): Float64Array {
  return Float64Array.from(v, Math.fround);
}

/** The cells for which `is` holds, one bit each: cell c is bit c % 8 (1 = lowest) of byte floor(c / 8). */
export function packCells(cells: Int8Array, is: (value: number) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(cells.length / 8));
  for (let c = 0; c < cells.length; c++) if (is(cells[c])) bits[c >> 3] |= 1 << (c & 7);
  return bits;
}

export const isOccupied = (value: number): boolean => value >= OCCUPIED;
export const isUnknown = (value: number): boolean => value === UNKNOWN;

/** Cells 0, 100 and, where `unknown` is not empty, -1. */
export function unpackCells(occupied: Uint8Array, unknown: Uint8Array, count: number): Int8Array {
  const cells = new Int8Array(count);
  for (let c = 0; c < count; c++) {
    if ((occupied[c >> 3] >> (c & 7)) & 1) cells[c] = 100;
    else if (unknown.length > 0 && (unknown[c >> 3] >> (c & 7)) & 1) cells[c] = UNKNOWN;
  }
  return cells;
}
