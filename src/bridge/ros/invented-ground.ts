import { cellIndexAt, createGrid, type OccupancyGrid, UNKNOWN } from "../../sim/index.ts";

/** A point of the map's frame. [m] */
export type Place = { readonly x: number; readonly y: number };

/** Where nobody has a map, unknown ground reaches so far beyond robot and goal. [m] */
const UNKNOWN_REACH = 15;
const UNKNOWN_CELL = 0.1;
/**
 * The ground that a robot drives on: the last map that somebody gave or, while nobody has, unknown cells.
 *
 * @param use is given every map, and whether it says what stands where
 */
export function createGround(use: (map: OccupancyGrid, isKnown: boolean) => void) {
  let isKnown = false;
  let invented: OccupancyGrid | undefined;
  return {
    know(map: OccupancyGrid): void {
      isKnown = true;
      use(map, true);
    },
    /** Without a map, sees to it that the ground holds a robot and the places that it is to drive to. */
    cover(robot: Place, places: readonly Place[]): void {
      if (isKnown) return;
      const holds = ({ x, y }: Place): boolean => invented !== undefined && cellIndexAt(invented, x, y) >= 0;
      if (invented !== undefined && places.every(holds)) return;
      invented = unknownGround([robot, ...places]);
      use(invented, false);
    },
  };
}

/** Unknown ground that holds some places, cells on round coordinates. */
function unknownGround(places: readonly Place[]): OccupancyGrid {
  const span = (axis: "x" | "y"): { from: number; cells: number } => {
    const values = places.map((place) => place[axis]);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return {
      from: UNKNOWN_CELL * Math.floor((least - UNKNOWN_REACH) / UNKNOWN_CELL),
      cells: Math.ceil((most - least + 2 * UNKNOWN_REACH) / UNKNOWN_CELL) + 1,
    };
  };
  const [x, y] = [span("x"), span("y")];
  return createGrid(x.cells, y.cells, UNKNOWN_CELL, { x: x.from, y: y.from, yaw: 0 }, UNKNOWN);
}
