import { createGrid } from "../grid.ts";
import type { Point, WorldLayout } from "./layout.ts";

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
  return { grid: turned, starts: layout.starts.map(move), goals: layout.goals.map(move) };
}
