import { TILE } from "./field-tiles.ts";
import { doubled } from "./growing-arrays.ts";
import { createNodeHeap, type NodeHeap } from "./node-heap.ts";

/** Nodes of a tile. */
export const TILE_NODES = TILE * TILE;

/**
 * Memory of searches over the cells of a grid: that of the tiles they have been in. A cell's node is numbered by the
 * block of its tile, in the order in which tiles are reached, and its place there.
 */
export type SearchMemory = {
  /** Number of the search at hand; a node belongs to it if its stamp says so. */
  generation: number;
  /** Tiles of a row of the grid. */
  columns: number;
  /** (tiles of the grid) number of a tile's block, -1 where the search has not been. */
  blocks: Int32Array;
  /** Tiles that the search has been in. */
  count: number;
  /** (count) tile of each block. */
  tiles: Int32Array;
  stamp: Int32Array;
  /** Lowest cost found so far from a source. [cells] */
  g: Float64Array;
  /** Cost of a metre at the node. */
  weight: Float32Array;
  /** Step that led to the node, 8 for a source. */
  step: Int8Array;
  readonly heap: NodeHeap;
};

export function createSearchMemory(): SearchMemory {
  return {
    generation: 0,
    columns: 0,
    blocks: new Int32Array(0),
    count: 0,
    tiles: new Int32Array(1),
    stamp: new Int32Array(TILE_NODES),
    g: new Float64Array(TILE_NODES),
    weight: new Float32Array(TILE_NODES),
    step: new Int8Array(TILE_NODES),
    heap: createNodeHeap(TILE_NODES),
  };
}

/** Forgets earlier searches: the next one is of a grid of this size. */
export function clearMemory(memory: SearchMemory, width: number, height: number): void {
  memory.generation++;
  memory.heap.size = 0;
  memory.columns = Math.ceil(width / TILE);
  const tiles = memory.columns * Math.ceil(height / TILE);
  if (memory.blocks.length < tiles) memory.blocks = new Int32Array(tiles);
  memory.blocks.fill(-1);
  memory.count = 0;
}

/** Node of the cell in column i and row j, which is given memory where its tile has none. */
export function nodeOfCell(memory: SearchMemory, i: number, j: number): number {
  const tile = ((j / TILE) | 0) * memory.columns + ((i / TILE) | 0);
  const block = memory.blocks[tile] >= 0 ? memory.blocks[tile] : addBlock(memory, tile);
  return block * TILE_NODES + (j % TILE) * TILE + (i % TILE);
}

/** Column of a node. */
export function columnOfNode({ tiles, columns }: SearchMemory, node: number): number {
  return (tiles[(node / TILE_NODES) | 0] % columns) * TILE + (node % TILE);
}

/** Row of a node. */
export function rowOfNode({ tiles, columns }: SearchMemory, node: number): number {
  const tile = tiles[(node / TILE_NODES) | 0];
  return ((tile / columns) | 0) * TILE + (((node % TILE_NODES) / TILE) | 0);
}

function addBlock(memory: SearchMemory, tile: number): number {
  const block = memory.count++;
  if (block === memory.tiles.length) {
    memory.tiles = doubled(memory.tiles);
    memory.stamp = doubled(memory.stamp);
    memory.g = doubled(memory.g);
    memory.weight = doubled(memory.weight);
    memory.step = doubled(memory.step);
    memory.heap.position = doubled(memory.heap.position);
  }
  memory.tiles[block] = tile;
  memory.blocks[tile] = block;
  return block;
}
