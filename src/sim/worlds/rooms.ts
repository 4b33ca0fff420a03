import type { Rng } from "../../base/index.ts";
import { createGrid, type OccupancyGrid } from "../grid.ts";
import { drawFurniture } from "./furniture.ts";
import { between, type DrawOptions, type Point, snap, WORLD_RESOLUTION, type WorldLayout } from "./layout.ts";
import { FREE, paintBorder, paintRect, WALL } from "./paint.ts";
import { paintSolids } from "./solid.ts";

/** A room between the centre lines of its walls. [m] */
export type Room = { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };

/** A doorway: the middle of it, and the wall it stands in. */
type Door = Point & { readonly a: number; readonly b: number; readonly along: "x" | "y" };

/** A room is not cut below this. [m] */
const MIN_SIDE = 2.6;
/** A door keeps this far from the corners. [m] */
const JAMB = 0.25;

/**
 * A floor of 10 to 16 m by 8 to 11 m cut into rooms; doors of 0.9 m and more join them all, with some
 * doors more than needed; tables, chairs, shelves and columns stand in the rooms and clear of the doors.
 */
export function drawRooms(rng: Rng, options: DrawOptions): WorldLayout {
  const lengthX = snap(between(rng, 10, 16));
  const lengthY = snap(between(rng, 8, 11));
  const half = WORLD_RESOLUTION * (1 + rng.int(2));
  const grid = createGrid(
    Math.round(lengthX / WORLD_RESOLUTION),
    Math.round(lengthY / WORLD_RESOLUTION),
    WORLD_RESOLUTION,
  );
  const rooms: Room[] = [];
  cut(rng, { x0: half, y0: half, x1: lengthX - half, y1: lengthY - half }, rooms);
  for (const r of rooms) paintWalls(grid, r, half);
  paintBorder(grid, 2 * half);

  const doorWidth = Math.max(0.9, 2 * options.clearance + 0.15);
  const doors = joinRooms(rng, rooms, doorWidth + 2 * (JAMB + half), between(rng, 0.15, 0.6));
  for (const door of doors) {
    const w = snap(doorWidth + between(rng, 0, 0.3)) / 2;
    const [dx, dy] = door.along === "x" ? [w, half] : [half, w];
    paintRect(grid, door.x - dx, door.y - dy, door.x + dx, door.y + dy, FREE);
  }
  const spots: Point[] = [];
  for (const room of rooms) {
    paintSolids(grid, drawFurniture(rng, room, half, doors, options));
    for (let n = 0; n < 3; n++) {
      const x = between(rng, room.x0 + 0.7, room.x1 - 0.7);
      spots.push({ x, y: between(rng, room.y0 + 0.7, room.y1 - 0.7) });
    }
  }
  return { grid, starts: spots, goals: spots };
}

/** Cuts a room in two across its longer side, and each part again, until the parts are small enough. */
function cut(rng: Rng, room: Room, rooms: Room[]): void {
  const { x0, y0, x1, y1 } = room;
  const acrossX = x1 - x0 > y1 - y0;
  const side = Math.max(x1 - x0, y1 - y0);
  const area = (x1 - x0) * (y1 - y0);
  if (side < 2 * MIN_SIDE || area < between(rng, 10, 32)) {
    rooms.push(room);
    return;
  }
  const at = snap(between(rng, MIN_SIDE, side - MIN_SIDE));
  cut(rng, acrossX ? { x0, y0, x1: x0 + at, y1 } : { x0, y0, x1, y1: y0 + at }, rooms);
  cut(rng, acrossX ? { x0: x0 + at, y0, x1, y1 } : { x0, y0: y0 + at, x1, y1 }, rooms);
}

function paintWalls(grid: OccupancyGrid, r: Room, half: number): void {
  paintRect(grid, r.x0 - half, r.y0 - half, r.x1 + half, r.y0 + half, WALL);
  paintRect(grid, r.x0 - half, r.y1 - half, r.x1 + half, r.y1 + half, WALL);
  paintRect(grid, r.x0 - half, r.y0 - half, r.x0 + half, r.y1 + half, WALL);
  paintRect(grid, r.x1 - half, r.y0 - half, r.x1 + half, r.y1 + half, WALL);
}

/** Doors that join all rooms into one floor, and a share of the others that are possible. */
function joinRooms(rng: Rng, rooms: readonly Room[], span: number, extra: number): Door[] {
  const possible: Door[] = [];
  for (let a = 0; a < rooms.length; a++) {
    for (let b = a + 1; b < rooms.length; b++) {
      const door = drawDoor(rng, rooms, a, b, span);
      if (door !== undefined) possible.push(door);
    }
  }
  for (let n = possible.length - 1; n > 0; n--) {
    const m = rng.int(n + 1);
    [possible[n], possible[m]] = [possible[m], possible[n]];
  }
  // Kruskal's algorithm on the shuffled doors: those that join two parts of the floor are needed.
  const part = rooms.map((_, n) => n);
  return possible.filter((door) => {
    const [a, b] = [part[door.a], part[door.b]];
    if (a === b) return rng.uniform() < extra;
    for (let n = 0; n < part.length; n++) if (part[n] === b) part[n] = a;
    return true;
  });
}

/** A door somewhere in the wall two rooms share, if it is long enough. */
function drawDoor(rng: Rng, rooms: readonly Room[], a: number, b: number, span: number): Door | undefined {
  const [p, q] = [rooms[a], rooms[b]];
  const x0 = Math.max(p.x0, q.x0);
  const x1 = Math.min(p.x1, q.x1);
  const y0 = Math.max(p.y0, q.y0);
  const y1 = Math.min(p.y1, q.y1);
  if (Math.abs(x1 - x0) < 1e-6 && y1 - y0 >= span) {
    return { x: x0, y: snap(between(rng, y0 + span / 2, y1 - span / 2)), a, b, along: "y" };
  }
  if (Math.abs(y1 - y0) < 1e-6 && x1 - x0 >= span) {
    return { x: snap(between(rng, x0 + span / 2, x1 - span / 2)), y: y0, a, b, along: "x" };
  }
  return undefined;
}
