import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";
import { doubled } from "./growing-arrays.ts";

/** Poses that a search has reached, one per cell of a lattice of (x, y, yaw), numbered in the order of discovery. */
export type DriveNodes = {
  /** Side of a cell. [m] */ readonly cell: number;
  /** Middle of cell (0, 0). [m] */ readonly origin: { readonly x: number; readonly y: number };
  /** Number of the node in a cell, by the cell's key. */ readonly numbers: Map<number, number>;
  count: number;
  /** (count, 3) */ pose: Float64Array;
  /** Cost of the way there. [m] */ g: Float64Array;
  /** Estimate of the cost from there. [m] */ h: Float64Array;
  /** Node that the way comes from, -1 at the start. */ parent: Int32Array;
  /** Step that led there, -1 at the start. */ step: Int8Array;
  /** {@link ROUGH}, {@link REFINED} or {@link CLOSED}. */ state: Int8Array;
};

/** A node whose estimate is rough, one whose is refined, and one that has been expanded. */
export const ROUGH = 0;
export const REFINED = 1;
export const CLOSED = 2;

/** Headings of the lattice. */
const HEADINGS = 64;
const HALF_SPAN = 1 << 16;
const CAPACITY = 1024;

export function createDriveNodes(cell: number, origin: DriveNodes["origin"]): DriveNodes {
  return {
    cell,
    origin,
    numbers: new Map(),
    count: 0,
    pose: new Float64Array(3 * CAPACITY),
    g: new Float64Array(CAPACITY),
    h: new Float64Array(CAPACITY),
    parent: new Int32Array(CAPACITY),
    step: new Int8Array(CAPACITY),
    state: new Int8Array(CAPACITY),
  };
}

/**
 * Number of the node in the cell of a pose, -1 where there is none.
 *
 * @param create gives the cell one, which is then the last
 */
export function nodeAt(nodes: DriveNodes, pose: Vec, create: boolean): number {
  const { cell, origin, numbers } = nodes;
  const i = Math.round((pose[0] - origin.x) / cell) + HALF_SPAN;
  const j = Math.round((pose[1] - origin.y) / cell) + HALF_SPAN;
  const heading = Math.round(((wrapAngle(pose[2]) + Math.PI) * HEADINGS) / (2 * Math.PI)) % HEADINGS;
  const key = (i * 2 * HALF_SPAN + j) * HEADINGS + heading;
  const known = numbers.get(key);
  if (known !== undefined) return known;
  if (!create) return -1;
  if (nodes.count === nodes.g.length) {
    nodes.pose = doubled(nodes.pose);
    nodes.g = doubled(nodes.g);
    nodes.h = doubled(nodes.h);
    nodes.parent = doubled(nodes.parent);
    nodes.step = doubled(nodes.step);
    nodes.state = doubled(nodes.state);
  }
  numbers.set(key, nodes.count);
  return nodes.count++;
}
