import type { Object3D } from "three";
import type { TickRecord, TimedGrid, TimedPath } from "../../../src/record/index.ts";
import type { AppState, Run, Zones } from "../contracts.ts";
import type { SceneColours } from "./colours.ts";
import type { Labels } from "./labels.ts";
import type { SceneSettings } from "./scene-settings.ts";

/** What a layer has to say: why it shows nothing, or something to know about what it shows. */
export type LayerStatus = { readonly level: "info" | "error"; readonly text: string };

/** One run at one tick, as layers draw it. */
export type ShownRun = {
  /** 0: the primary run, 1 and on: those laid over it. */ readonly slot: number;
  /** Whether others are laid over or under it. */ readonly two: boolean;
  readonly run: Run;
  /** Number of states of its robot. */ readonly nx: number;
  /** (n, 2) its footprint, body frame. [m] */ readonly corners: Float64Array;
  /** Index into the run's times; -1 where it has no ticks. */ readonly tick: number;
  /** None while it is read from the file. */ readonly record?: TickRecord;
  /** x, y, yaw where the robot was; not finite where nobody knows. */ readonly pose: readonly [
    number,
    number,
    number,
  ];
  /** Ticks before this one, newest first. */ readonly recent: readonly TickRecord[];
  readonly map?: TimedGrid;
  readonly local?: TimedGrid;
  readonly path?: TimedPath;
  readonly zones: Zones;
  readonly colours: SceneColours;
  readonly settings: SceneSettings;
  /** Subtracted before a place becomes float32: a map may lie far from its frame's zero. [m] */
  readonly origin: { readonly x: number; readonly y: number };
  readonly labels: Labels;
};

/** Part of the scene that can be switched off; one instance per run. */
export type Layer = {
  readonly id: LayerId;
  readonly object: Object3D;
  /** Draws a view; nothing is kept from it. Called only while the layer is on. */
  update(view: ShownRun): LayerStatus | undefined;
};

type Entry = {
  readonly label: string;
  readonly group: "World" | "Sensing" | "Robot" | "Plan";
  readonly on: boolean;
  readonly help: string;
};

/** Every layer, in the order of the tree. */
export const LAYERS = {
  map: { group: "World", label: "Map", on: true, help: "the true map of the log" },
  walls: { group: "World", label: "Walls", on: true, help: "obstacles of the map, standing up" },
  unknown: { group: "World", label: "Unknown space", on: true, help: "cells of the map nobody has seen" },
  distance: {
    group: "World",
    label: "Distances",
    on: false,
    help: "distance field: how far the nearest obstacle is",
  },
  grid: {
    group: "World",
    label: "Metre grid",
    on: true,
    help: "a line every metre (5, 10 ... far away), axes at the map frame's zero",
  },
  zones: {
    group: "World",
    label: "Zones",
    on: true,
    help: "red: where the robot may not go; amber: where it has to be slower, the stronger the slower",
  },
  path: { group: "World", label: "Global path", on: true, help: "way to the goal that the planner follows" },
  goal: {
    group: "World",
    label: "Goal",
    on: true,
    help: "where the robot is to end up, and, numbered, what it is to pass through on the way",
  },
  movers: {
    group: "World",
    label: "Movers",
    on: true,
    help: "people and robots that move, their last 3 s, and dashed where the robot takes them to be in 2 s",
  },
  localGoal: { group: "World", label: "Local goal", on: true, help: "where this tick's plan leads" },
  localGrid: { group: "Sensing", label: "Local grid", on: false, help: "what the robot knows around itself" },
  hits: {
    group: "Sensing",
    label: "Range hits",
    on: true,
    help: "what the sensor hit: edges in the local grid",
  },
  robot: { group: "Robot", label: "Robot", on: true, help: "its true footprint where it really was" },
  measured: { group: "Robot", label: "Measured pose", on: true, help: "where the robot thought it was" },
  trail: { group: "Robot", label: "Trail", on: true, help: "the way driven so far, coloured by speed" },
  trailAhead: { group: "Robot", label: "Trail to come", on: false, help: "the way driven after this tick" },
  solution: { group: "Plan", label: "Solution", on: true, help: "the trajectory that was followed" },
  horizon: { group: "Plan", label: "Plan in time", on: false, help: "the plan, higher the later" },
  swept: {
    group: "Plan",
    label: "Swept footprint",
    on: true,
    help: "ground the robot covers along the plan",
  },
  collisions: {
    group: "Plan",
    label: "Collisions",
    on: true,
    help: "parts of the plan that touch an obstacle",
  },
  start: { group: "Plan", label: "Warm start", on: true, help: "what the solver started from" },
  iterates: { group: "Plan", label: "SQP iterates", on: true, help: "what each SQP iteration made of it" },
  hypotheses: { group: "Plan", label: "Other starts", on: true, help: "starts that were tried and lost" },
  lastPlans: { group: "Plan", label: "Last plans", on: true, help: "plans of the ticks before" },
} as const satisfies Readonly<Record<string, Entry>>;

/** Name of a layer. */
export type LayerId = keyof typeof LAYERS;
/** The names of all layers, in the order of the tree. */
export const LAYER_IDS = Object.keys(LAYERS) as LayerId[];

/** Whether a layer is on: as the state says, else by default. */
export function layerOn(state: Pick<AppState, "layers">, id: LayerId): boolean {
  return state.layers[id] ?? LAYERS[id].on;
}
