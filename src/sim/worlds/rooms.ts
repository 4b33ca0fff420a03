import type { Rng } from "../../base/index.ts";
import { createGrid, type OccupancyGrid } from "../grid.ts";
import { between, type DrawOptions, type Point, snap, WORLD_RESOLUTION, type WorldLayout } from "./layout.ts";
import {
  distanceToSolids,
  FREE,
  paintBorder,
  paintRect,
  paintSolids,
  type SolidObstacle,
  WALL,
} from "./paint.ts";

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

/** The floor of a room, between the centre lines of its walls. [m] */
type Floor = { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };

/** Square metres per attempt to place something. */
const AREA_PER_PIECE = 3;

/**
 * Furniture of one room: shelves and cupboards along the walls, tables with chairs, boxes and columns.
 * Nothing stands so near to a door that it would close it.
 *
 * @param wall half the thickness of the walls [m]
 * @param doors middles of all doors of the floor [m]
 */
export function drawFurniture(
  rng: Rng,
  room: Floor,
  wall: number,
  doors: readonly Point[],
  options: DrawOptions,
): SolidObstacle[] {
  const inside = { x0: room.x0 + wall, y0: room.y0 + wall, x1: room.x1 - wall, y1: room.y1 - wall };
  const area = (inside.x1 - inside.x0) * (inside.y1 - inside.y0);
  const attempts = Math.round((between(rng, 0.3, 1.2) * (1 - options.ease) * area) / AREA_PER_PIECE);
  const placed: SolidObstacle[] = [];
  for (let n = 0; n < attempts; n++) {
    const piece = drawPiece(rng, inside);
    const blocks = doors.some((door) => distanceToSolids(piece, door) < 2 * options.clearance + 0.2);
    if (!blocks) placed.push(...piece);
  }
  return placed;
}

function drawPiece(rng: Rng, room: Floor): SolidObstacle[] {
  const kind = rng.uniform();
  const x = between(rng, room.x0, room.x1);
  const y = between(rng, room.y0, room.y1);
  if (kind < 0.4) return [drawShelf(rng, room)];
  if (kind < 0.65) return drawTable(rng, x, y);
  if (kind < 0.8) return [{ shape: "disc", x, y, radius: between(rng, 0.08, 0.25) }];
  const yaw = between(rng, -Math.PI, Math.PI);
  return [{ shape: "box", x, y, halfX: between(rng, 0.12, 0.35), halfY: between(rng, 0.12, 0.3), yaw }];
}

/** A shelf, a cupboard or a bench with its back to a wall. */
function drawShelf(rng: Rng, room: Floor): SolidObstacle {
  const half = between(rng, 0.3, 0.9);
  const depth = between(rng, 0.12, 0.3);
  const side = rng.int(4);
  const alongX = side < 2;
  const [lo, hi] = alongX ? [room.x0, room.x1] : [room.y0, room.y1];
  const at = between(rng, lo + half, Math.max(lo + half, hi - half));
  if (alongX) {
    const y = side === 0 ? room.y0 + depth : room.y1 - depth;
    return { shape: "box", x: at, y, halfX: half, halfY: depth, yaw: 0 };
  }
  const x = side === 2 ? room.x0 + depth : room.x1 - depth;
  return { shape: "box", x, y: at, halfX: depth, halfY: half, yaw: 0 };
}

/** A table, seen by a low sensor as its four legs or as a block, with up to three chairs. */
function drawTable(rng: Rng, x: number, y: number): SolidObstacle[] {
  const yaw = rng.uniform() < 0.7 ? (rng.int(2) * Math.PI) / 2 : between(rng, -Math.PI, Math.PI);
  const halfX = between(rng, 0.4, 0.9);
  const halfY = between(rng, 0.3, 0.5);
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  const at = (u: number, v: number): Point => ({ x: x + c * u - s * v, y: y + s * u + c * v });
  const solids: SolidObstacle[] = [];
  if (rng.uniform() < 0.4) {
    for (const [u, v] of [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ] as const) {
      solids.push({ shape: "disc", ...at(u * halfX, v * halfY), radius: 0.03 });
    }
  } else {
    solids.push({ shape: "box", x, y, halfX, halfY, yaw });
  }
  for (let n = rng.int(4); n > 0; n--) {
    const u = between(rng, -halfX, halfX);
    const v = (rng.uniform() < 0.5 ? 1 : -1) * (halfY + between(rng, 0.15, 0.45));
    const turn = yaw + between(rng, -0.4, 0.4);
    solids.push({ shape: "box", ...at(u, v), halfX: 0.2, halfY: 0.2, yaw: turn });
  }
  return solids;
}
