import type { Rng } from "../../base/index.ts";
import { between, type DrawOptions, type Point } from "./layout.ts";
import { distanceToSolids, type SolidObstacle } from "./solid.ts";

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
