import type { Rng } from "../../base/index.ts";
import { createGrid, type OccupancyGrid } from "../grid.ts";
import { between, type DrawOptions, type Point, snap, WORLD_RESOLUTION, type WorldLayout } from "./layout.ts";
import { FREE, paintDisc, paintRect, WALL } from "./paint.ts";

/** Steps to the four neighbours of a chamber. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * A maze of chambers on a lattice: a random spanning tree, grown from its newest chamber (long lanes)
 * or from any (short dead ends), with some further walls taken out, so that there are loops; some lanes have a post.
 */
export function drawMaze(rng: Rng, options: DrawOptions): WorldLayout {
  const thickness = snap(between(rng, 0.1, 0.2));
  const lane = snap(Math.max(between(rng, 1, 1.5), 2 * options.clearance + 0.4));
  const pitch = lane + thickness;
  const columns = Math.round(between(rng, 8, 13) / pitch);
  const rows = Math.round(between(rng, 7, 10) / pitch);
  const width = Math.round((columns * pitch + thickness) / WORLD_RESOLUTION);
  const height = Math.round((rows * pitch + thickness) / WORLD_RESOLUTION);
  const grid = createGrid(width, height, WORLD_RESOLUTION, undefined, WALL);
  const corner = (n: number): number => thickness + n * pitch;
  const centers: Point[] = [];
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      paintRect(grid, corner(i), corner(j), corner(i) + lane, corner(j) + lane, FREE);
      centers.push({ x: corner(i) + lane / 2, y: corner(j) + lane / 2 });
    }
  }
  // Opening two chambers frees the wall between them, from edge to edge of the lane.
  const open = (from: number, to: number): void => {
    const a = centers[Math.min(from, to)];
    const b = centers[Math.max(from, to)];
    paintRect(grid, a.x - lane / 2, a.y - lane / 2, b.x + lane / 2, b.y + lane / 2, FREE);
  };
  growTree(rng, columns, rows, between(rng, 0.5, 1), open);
  for (let extra = Math.round(columns * rows * between(rng, 0.03, 0.2)); extra > 0; extra--) {
    const from = rng.int(columns * rows);
    const [di, dj] = STEPS[rng.int(2)];
    if ((from % columns) + di < columns && from + dj * columns < columns * rows)
      open(from, from + di + dj * columns);
  }
  strewPosts(rng, grid, centers, lane, between(rng, 0, 0.35) * (1 - options.ease));
  return { grid, starts: centers, goals: centers };
}

/** Opens a random spanning tree of the chambers. `newest`: chance to grow on from the newest one. */
function growTree(
  rng: Rng,
  columns: number,
  rows: number,
  newest: number,
  open: (from: number, to: number) => void,
): void {
  const seen = new Uint8Array(columns * rows);
  const first = rng.int(seen.length);
  const active = [first];
  seen[first] = 1;
  while (active.length > 0) {
    const n = rng.uniform() < newest ? active.length - 1 : rng.int(active.length);
    const from = active[n];
    const ways: number[] = [];
    for (const [di, dj] of STEPS) {
      const i = (from % columns) + di;
      const j = Math.floor(from / columns) + dj;
      if (i >= 0 && i < columns && j >= 0 && j < rows && seen[j * columns + i] === 0)
        ways.push(j * columns + i);
    }
    if (ways.length === 0) {
      active.splice(n, 1);
      continue;
    }
    const to = ways[rng.int(ways.length)];
    seen[to] = 1;
    active.push(to);
    open(from, to);
  }
}

/** Puts posts at the side of some lanes. */
function strewPosts(
  rng: Rng,
  grid: OccupancyGrid,
  centers: readonly Point[],
  lane: number,
  share: number,
): void {
  for (const { x, y } of centers) {
    if (rng.uniform() >= share) continue;
    const side = between(rng, 0.3, 0.5) * lane;
    const angle = between(rng, -Math.PI, Math.PI);
    paintDisc(grid, x + side * Math.cos(angle), y + side * Math.sin(angle), between(rng, 0.03, 0.1), WALL);
  }
}
