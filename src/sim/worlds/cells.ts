import type { Rng } from "../../base/index.ts";
import { createGrid } from "../grid.ts";
import { between, type DrawOptions, WORLD_RESOLUTION, type WorldLayout } from "./layout.ts";
import { paintBorder, WALL } from "./paint.ts";

/** Side of a cell of the automaton. [m] */
const CELL = 0.15;
/** Cells of the grid per cell of the automaton. */
const SCALE = 3;
/** Free columns before and behind the field. */
const PAD = 11;
const WALL_CELLS = 3;

/**
 * A field of obstacles grown by a cellular automaton, which the robot crosses lengthwise: each cell
 * is filled with probability 0.15 to 0.30, then smoothed 2 to 4 times: filled with more than four
 * filled neighbours out of eight, emptied with fewer than two. Rows beyond the side walls count as filled.
 *
 * The fields are 1 to 2 times as long as the benchmark's 4.5 m, and 4.5 to 6 m wide.
 *
 * Source: Perille, Truong, Xiao, Stone, "Benchmarking Metric Ground Navigation", SSRR 2020, section III.
 */
export function drawCells(rng: Rng, options: DrawOptions): WorldLayout {
  const columns = 32 + rng.int(33);
  const rows = 30 + rng.int(11);
  const fill = between(rng, 0.15, 0.3) * (1 - options.ease);
  const smoothings = 2 + rng.int(3);
  let field: Uint8Array = new Uint8Array(columns * rows);
  for (let c = 0; c < field.length; c++) field[c] = rng.uniform() < fill ? 1 : 0;
  for (let n = 0; n < smoothings; n++) field = smoothed(field, columns, rows);

  const width = (columns + 2 * PAD) * SCALE + 2 * WALL_CELLS;
  const height = rows * SCALE + 2 * WALL_CELLS;
  const grid = createGrid(width, height, WORLD_RESOLUTION);
  paintBorder(grid, WALL_CELLS * WORLD_RESOLUTION);
  const left = WALL_CELLS + PAD * SCALE;
  for (let j = 0; j < rows * SCALE; j++) {
    for (let i = 0; i < columns * SCALE; i++) {
      if (field[Math.floor(j / SCALE) * columns + Math.floor(i / SCALE)] === 1) {
        grid.cells[(j + WALL_CELLS) * width + left + i] = WALL;
      }
    }
  }
  const margin = WALL_CELLS * WORLD_RESOLUTION + 0.5 * PAD * CELL;
  const y = (): number => height * WORLD_RESOLUTION * between(rng, 0.3, 0.7);
  return {
    grid,
    starts: [{ x: margin, y: y() }],
    goals: [{ x: width * WORLD_RESOLUTION - margin, y: y() }],
  };
}

function smoothed(field: Uint8Array, columns: number, rows: number): Uint8Array {
  const next = field.slice();
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      let filled = 0;
      for (let b = j - 1; b <= j + 1; b++) {
        for (let a = i - 1; a <= i + 1; a++) {
          if (a < 0 || a >= columns || (a === i && b === j)) continue;
          filled += b < 0 || b >= rows ? 1 : field[b * columns + a];
        }
      }
      if (filled > 4) next[j * columns + i] = 1;
      else if (filled < 2) next[j * columns + i] = 0;
    }
  }
  return next;
}
