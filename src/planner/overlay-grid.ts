import {
  cellCenter,
  cellIndexAt,
  type GridFrame,
  OCCUPIED,
  type OccupancyGrid,
  worldToCell,
} from "../sim/index.ts";

/** Columns [left, right) and rows [bottom, top) of a grid. */
export type CellBox = {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
};

/** Scratch. */
const AT = new Float64Array(2);

/** Writes the known cells of a local grid into a grid, be they finer or coarser; occupied ones win within a cell. */
export function overlayGrid(grid: OccupancyGrid, local: OccupancyGrid): void {
  if (local.resolution > 1.001 * grid.resolution) {
    overlayCoarser(grid, local);
    return;
  }
  overlayKind(grid, local, false);
  overlayKind(grid, local, true);
}

/** Cells of a grid among which are all that another one covers; they may lie outside of it. */
export function cellsAround(grid: GridFrame, other: GridFrame): CellBox {
  const side = other.resolution / grid.resolution;
  const turn = other.origin.yaw - grid.origin.yaw;
  const [c, s] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
  const across = 0.5 * side * (c * other.width + s * other.height) + 1;
  const along = 0.5 * side * (s * other.width + c * other.height) + 1;
  const middle = cellCenter(other, 0.5 * other.width - 0.5, 0.5 * other.height - 0.5);
  worldToCell(grid, middle[0], middle[1], AT);
  return {
    left: Math.floor(AT[0] - across),
    right: Math.ceil(AT[0] + across),
    bottom: Math.floor(AT[1] - along),
    top: Math.ceil(AT[1] + along),
  };
}

/** The same, but none outside of the grid. */
export function boxAround(grid: GridFrame, other: GridFrame): CellBox {
  const { left, right, bottom, top } = cellsAround(grid, other);
  return {
    left: Math.max(0, left),
    right: Math.min(grid.width, right),
    bottom: Math.max(0, bottom),
    top: Math.min(grid.height, top),
  };
}

/** Where the local cells are the coarser ones: each cell of the grid takes the value it lies in. */
function overlayCoarser(grid: OccupancyGrid, local: OccupancyGrid): void {
  const { left, right, bottom, top } = boxAround(grid, local);
  for (let j = bottom; j < top; j++) {
    for (let i = left; i < right; i++) {
      cellCenter(grid, i, j, AT);
      const from = cellIndexAt(local, AT[0], AT[1]);
      if (from >= 0 && local.cells[from] >= 0) grid.cells[j * grid.width + i] = local.cells[from];
    }
  }
}

/** Writes the local cells that are occupied, or those that are free. */
function overlayKind(grid: OccupancyGrid, local: OccupancyGrid, occupied: boolean): void {
  const { left, right, bottom, top } = boxAround(local, grid);
  const turn = local.origin.yaw - grid.origin.yaw;
  const side = local.resolution / grid.resolution;
  const [c, s] = [side * Math.cos(turn), side * Math.sin(turn)];
  cellCenter(local, left, bottom, AT);
  worldToCell(grid, AT[0], AT[1], AT);
  const [column, row] = AT;
  for (let j = bottom; j < top; j++) {
    for (let i = left; i < right; i++) {
      const value = local.cells[j * local.width + i];
      if (value < 0 || value >= OCCUPIED !== occupied) continue;
      const x = Math.floor(column + c * (i - left) - s * (j - bottom));
      const y = Math.floor(row + s * (i - left) + c * (j - bottom));
      if (x >= 0 && x < grid.width && y >= 0 && y < grid.height) grid.cells[y * grid.width + x] = value;
    }
  }
}
