import { OCCUPIED, type OccupancyGrid } from "../sim/index.ts";
import { cellsInWindow, type MapBounds } from "./view-window.ts";

/** Outlines of a map's cells, in units of cells, as SVG path data. */
export type MapPaths = { readonly occupied: string; readonly unknown: string };

/** A picture shows at most so many cells along a side; more are taken together. */
const MAX_SIDE = 1000;

/**
 * The occupied and the unknown cells in a window as few rectangles: runs along a row, joined with equal
 * runs of the rows before. Cells that are taken together are occupied where one of them is.
 */
export function mapPaths(grid: OccupancyGrid, window: MapBounds): MapPaths {
  const { i0, i1, j0, j1 } = cellsInWindow(grid, window);
  const block = Math.max(1, Math.ceil(Math.max(i1 - i0, j1 - j0) / MAX_SIDE));
  const occupied = createRectangles(block, i0, j0);
  const unknown = createRectangles(block, i0, j0);
  const columns = Math.ceil((i1 - i0) / block);
  const rows = Math.ceil((j1 - j0) / block);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const kind = blockKind(grid, i0 + column * block, j0 + row * block, i1, j1, block);
      if (kind === "occupied") occupied.mark(column);
      else if (kind === "unknown") unknown.mark(column);
    }
    occupied.endRow(row);
    unknown.endRow(row);
  }
  return { occupied: occupied.finish(), unknown: unknown.finish() };
}

function blockKind(
  { cells, width }: OccupancyGrid,
  i: number,
  j: number,
  iEnd: number,
  jEnd: number,
  block: number,
): "occupied" | "unknown" | "free" {
  let unknown = false;
  for (let r = j; r < Math.min(j + block, jEnd); r++) {
    for (let c = i; c < Math.min(i + block, iEnd); c++) {
      const value = cells[r * width + c];
      if (value >= OCCUPIED) return "occupied";
      if (value < 0) unknown = true;
    }
  }
  return unknown ? "unknown" : "free";
}

/** Joins marked cells into rectangles. */
function createRectangles(block: number, i0: number, j0: number) {
  /** Rectangles that reach the last row, by `first column, columns`: their first row. */
  let open = new Map<string, { first: number; count: number; since: number }>();
  const marked: number[] = [];
  const out: string[] = [];
  const close = (r: { first: number; count: number; since: number }, row: number): void => {
    const w = r.count * block;
    out.push(`M${i0 + r.first * block} ${j0 + r.since * block}h${w}v${(row - r.since) * block}h-${w}z`);
  };
  let rows = 0;
  return {
    mark(column: number): void {
      marked.push(column);
    },
    endRow(row: number): void {
      const next: typeof open = new Map();
      for (let m = 0; m < marked.length; ) {
        const first = marked[m];
        let count = 1;
        while (marked[m + count] === first + count) count++;
        const key = `${first},${count}`;
        next.set(key, { first, count, since: open.get(key)?.since ?? row });
        open.delete(key);
        m += count;
      }
      for (const ended of open.values()) close(ended, row);
      open = next;
      marked.length = 0;
      rows = row + 1;
    },
    finish(): string {
      for (const ended of open.values()) close(ended, rows);
      return out.join("");
    },
  };
}
