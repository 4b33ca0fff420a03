import type { Rng } from "../../base/index.ts";
import { createGrid, type OccupancyGrid } from "../grid.ts";

/** A point of the plane. [m] */
export type Point = { readonly x: number; readonly y: number };

/**
 * One draw of a family, not yet known to be solvable: the grid (origin 0, yaw 0) and the places where
 * a robot may start and where its goal may lie.
 */
export type WorldLayout = {
  readonly grid: OccupancyGrid;
  readonly starts: readonly Point[];
  readonly goals: readonly Point[];
  /** Who walks here where. */ readonly flows?: readonly Flow[];
};

/** People with ways in common: each goes to a place of the next group in turn, and again. */
export type Flow = {
  /** At least one group of at least one place. [m] */ readonly groups: readonly (readonly Point[])[];
  /** Where between a place of the first group (0) and one of the next (1) they begin, from and to. */
  readonly from?: readonly [number, number];
  /** They slide along the places of the first group and nothing stops them. */ readonly rail?: true;
};

/** What a family is asked for. */
export type DrawOptions = {
  /** Radius of the disc that must get through. [m] */
  readonly clearance: number;
  /** 0: as dense as the family is meant to be; 1: no obstacles beyond its walls. */
  readonly ease: number;
};

/** Draws one layout; the same stream gives the same layout. */
export type DrawLayout = (rng: Rng, options: DrawOptions) => WorldLayout;

/** Side of a cell of every generated world. [m] */
export const WORLD_RESOLUTION = 0.05;

/** Uniform in [lo, hi). */
export function between(rng: Rng, lo: number, hi: number): number {
  return lo + (hi - lo) * rng.uniform();
}

/** The multiple of the cell side nearest to a length, so that edges fall on edges of cells. [m] */
export function snap(length: number): number {
  return Math.round(length / WORLD_RESOLUTION) * WORLD_RESOLUTION;
}

/** A member of a non-empty list, each with the same chance. */
export function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[rng.int(list.length)];
}

/**
 * Turns and mirrors a layout into one of its eight orientations: bit 0 mirrors x, bit 1 mirrors y,
 * bit 2 swaps the axes afterwards.
 */
export function reorient(layout: WorldLayout, orientation: number): WorldLayout {
  const { grid } = layout;
  const { width, height, resolution } = grid;
  const mirrorX = (orientation & 1) !== 0;
  const mirrorY = (orientation & 2) !== 0;
  const swap = (orientation & 4) !== 0;
  const turned = createGrid(swap ? height : width, swap ? width : height, resolution);
  for (let j = 0; j < height; j++) {
    const b = mirrorY ? height - 1 - j : j;
    for (let i = 0; i < width; i++) {
      const a = mirrorX ? width - 1 - i : i;
      turned.cells[swap ? a * height + b : b * width + a] = grid.cells[j * width + i];
    }
  }
  const move = (p: Point): Point => {
    const x = mirrorX ? width * resolution - p.x : p.x;
    const y = mirrorY ? height * resolution - p.y : p.y;
    return swap ? { x: y, y: x } : { x, y };
  };
  const { starts, goals, flows } = layout;
  return {
    grid: turned,
    starts: starts.map(move),
    goals: goals.map(move),
    flows: flows?.map((flow) => ({ ...flow, groups: flow.groups.map((group) => group.map(move)) })),
  };
}
