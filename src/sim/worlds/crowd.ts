import type { Rng } from "../../base/index.ts";
import { createGrid, type OccupancyGrid } from "../grid.ts";
import {
  between,
  type DrawOptions,
  type Flow,
  type Point,
  snap,
  WORLD_RESOLUTION,
  type WorldLayout,
} from "./layout.ts";
import {
  distanceToSolids,
  FREE,
  paintBorder,
  paintRect,
  paintSolids,
  type SolidObstacle,
  WALL,
} from "./paint.ts";

const BORDER = 0.15;
/** Room around places that people go to, and around start and goal. [m] */
const ROOM = 0.9;
/** Places of a crowd. */
const PLACES = 12;
/** Places of one group lie so far apart, as far as there is room. [m] */
const APART = 1.4;

/** An empty hall with its wall. [m] */
function drawHall(lengthX: number, lengthY: number): OccupancyGrid {
  const cells = (length: number): number => Math.round(length / WORLD_RESOLUTION);
  const grid = createGrid(cells(lengthX), cells(lengthY), WORLD_RESOLUTION);
  paintBorder(grid, BORDER);
  return grid;
}

/** A place somewhere in a rectangle, with room to its sides. */
function placeIn(rng: Rng, x0: number, y0: number, x1: number, y1: number): Point {
  return { x: between(rng, x0, x1), y: between(rng, y0, y1) };
}

/** Places in a rectangle, apart from each other where it is large enough. */
function placesIn(rng: Rng, count: number, x0: number, y0: number, x1: number, y1: number): Point[] {
  const places: Point[] = [];
  for (let draw = 0; places.length < count; draw++) {
    const place = placeIn(rng, x0, y0, x1, y1);
    const crowded = places.some((other) => Math.hypot(other.x - place.x, other.y - place.y) < APART);
    if (!crowded || draw > 20 * count) places.push(place);
  }
  return places;
}

/** Columns, boxes and tables, clear of some places. */
function furnish(rng: Rng, grid: OccupancyGrid, perSquareMetre: number, clearOf: readonly Point[]): void {
  const lengthX = grid.width * WORLD_RESOLUTION;
  const lengthY = grid.height * WORLD_RESOLUTION;
  for (let n = Math.round(perSquareMetre * lengthX * lengthY); n > 0; n--) {
    const { x, y } = placeIn(rng, BORDER, BORDER, lengthX - BORDER, lengthY - BORDER);
    const round = rng.uniform() < 0.4;
    const yaw = between(rng, -Math.PI, Math.PI);
    const solid: SolidObstacle = round
      ? { shape: "disc", x, y, radius: between(rng, 0.12, 0.3) }
      : { shape: "box", x, y, halfX: between(rng, 0.15, 0.6), halfY: between(rng, 0.15, 0.35), yaw };
    if (clearOf.every((place) => distanceToSolids([solid], place) > ROOM)) paintSolids(grid, [solid]);
  }
}

/**
 * A hall of 10 to 14 m by 7 to 10 m with some furniture in which people walk between twelve places, in all directions at once; the
 * robot crosses it lengthwise.
 */
export function drawCrowd(rng: Rng, { ease }: DrawOptions): WorldLayout {
  const [lengthX, lengthY] = [between(rng, 10, 14), between(rng, 7, 10)];
  const grid = drawHall(lengthX, lengthY);
  const [side, top] = [lengthX - ROOM, lengthY - ROOM];
  const start = placeIn(rng, ROOM, ROOM, ROOM + 0.3, top);
  const goal = placeIn(rng, side - 0.3, ROOM, side, top);
  const places = placesIn(rng, PLACES, ROOM, ROOM, side, top);
  furnish(rng, grid, between(rng, 0.04, 0.14) * (1 - ease), [start, goal, ...places]);
  return { grid, starts: [start], goals: [goal], flows: [{ groups: [places] }] };
}

/**
 * A hall of 12 to 16 m by 6 to 9 m whose length the robot drives, while two or three streams of people cross its way from
 * wall to wall, each on a strip of its own, to and fro.
 */
export function drawCrossing(rng: Rng, { ease }: DrawOptions): WorldLayout {
  const [lengthX, lengthY] = [between(rng, 12, 16), between(rng, 6, 9)];
  const grid = drawHall(lengthX, lengthY);
  const top = lengthY - ROOM;
  const start = placeIn(rng, ROOM, ROOM, ROOM + 0.3, top);
  const goal = placeIn(rng, lengthX - ROOM - 0.3, ROOM, lengthX - ROOM, top);
  const streams = 2 + rng.int(2);
  const free = lengthX - 2 * (ROOM + START_STRIP);
  const flows = Array.from({ length: streams }, (_, n): Flow => {
    const from = ROOM + START_STRIP + (n * free) / streams;
    const strip = (y: number): Point[] => placesIn(rng, 4, from, y, from + (0.8 * free) / streams, y);
    const [here, there] = rng.uniform() < 0.5 ? [ROOM, top] : [top, ROOM];
    return { groups: [strip(here), strip(there)] };
  });
  const places = flows.flatMap(({ groups }) => groups.flat());
  furnish(rng, grid, between(rng, 0, 0.06) * (1 - ease), [start, goal, ...places]);
  return { grid, starts: [start], goals: [goal], flows };
}
/** Strip before the first stream and behind the last. [m] */
const START_STRIP = 1.5;

/**
 * Two rooms with one door of 0.95 to 1.3 m between them, or wider for a wider robot: the robot goes from one to the other,
 * people come through the door towards it, and go back.
 */
export function drawDoorway(rng: Rng, { clearance, ease }: DrawOptions): WorldLayout {
  const [lengthX, lengthY] = [between(rng, 11, 14), between(rng, 5, 7)];
  const grid = drawHall(lengthX, lengthY);
  const wall = snap(lengthX / 2 + between(rng, -0.5, 0.5));
  const door = snap(Math.max(between(rng, 0.95, 1.3), 2 * clearance + 0.2));
  const y = snap(between(rng, 1.2, lengthY - 1.2));
  paintRect(grid, wall - 0.1, 0, wall + 0.1, lengthY, WALL);
  paintRect(grid, wall - 0.1, y - door / 2, wall + 0.1, y + door / 2, FREE);
  const top = lengthY - ROOM;
  const start = placeIn(rng, ROOM, ROOM, ROOM + 0.5, top);
  const goal = placeIn(rng, lengthX - ROOM - 0.5, ROOM, lengthX - ROOM, top);
  const room = (x0: number, x1: number): Point[] => placesIn(rng, 4, x0, ROOM, x1, top);
  const beyond = room(wall + 1.2, lengthX - ROOM);
  const before = room(ROOM, wall - 1.2);
  const clearOf = [start, goal, { x: wall, y }, { x: wall - 1, y }, { x: wall + 1, y }, ...beyond, ...before];
  furnish(rng, grid, between(rng, 0, 0.08) * (1 - ease), clearOf);
  return { grid, starts: [start], goals: [goal], flows: [{ groups: [beyond, before], from: [0, 0.4] }] };
}

/** Points of a rail. */
const RAIL_POINTS = 25;

/**
 * After DynaBARN: an empty walled square of 12 m with a narrow strip before and behind it; cylinders slide to and fro along
 * polynomials of the first to the fourth order across it and nothing stops them.
 *
 * Source: Nair, Jiang, Hou, Xu, Zhang, Xiao, "DynaBARN: Benchmarking Metric Ground Navigation in Dynamic Environments", SSRR
 * 2022; what is the same and what is not stands in docs/movers.md.
 */
export function drawDynabarn(rng: Rng): WorldLayout {
  const [side, strip] = [12, 1.5];
  const grid = drawHall(side + 2 * strip, side);
  const flows = Array.from({ length: 40 }, (): Flow => {
    const order = 1 + rng.int(4);
    const upright = rng.uniform() < 0.5;
    const [low, high] = [0.6, side - 0.6];
    const bends = Array.from({ length: order }, () => between(rng, -1, 1));
    const middle = between(rng, low, high);
    const swing = between(rng, 1, 4);
    const track = Array.from({ length: RAIL_POINTS }, (_, n): Point => {
      const s = -1 + (2 * n) / (RAIL_POINTS - 1);
      const across = middle + swing * bends.reduce((sum, bend, k) => sum + (bend * s ** (k + 1)) / order, 0);
      const [u, v] = [low + ((high - low) * (s + 1)) / 2, Math.min(high, Math.max(low, across))];
      return upright ? { x: strip + v, y: u } : { x: strip + u, y: v };
    });
    return { groups: [track], rail: true };
  });
  const y = (): number => between(rng, 0.3, 0.7) * side;
  return {
    grid,
    starts: [{ x: 0.8, y: y() }],
    goals: [{ x: side + 2 * strip - 0.8, y: y() }],
    flows,
  };
}
