import type { Emitter } from "./vector-math.ts";
import { type Address, after, type Code, f32x4, get, repeat, sequence, set, v128 } from "./wasm-code.ts";

/** A dense layer as graphs store it. */
export type DenseLayer = {
  readonly inputs: number;
  readonly outputs: number;
  /** (inputs, outputs) */
  readonly W: ArrayLike<number>;
  /** (outputs); none: zeros. */
  readonly bias?: ArrayLike<number>;
};

/** Vectors of a product that are summed side by side: with factors they fill the 16 registers of x64. */
const TILE = 12;

/** Floats that so many outputs take: whole tiles. */
export function denseFloats(outputs: number): number {
  const { tiles, vectors } = tilesOf(outputs);
  return 4 * tiles * vectors;
}

/**
 * `out = W'x + b`.
 *
 * @param x address of (inputs)
 * @param out address of ({@link denseFloats}), apart from x; zeros are written past the outputs
 */
export function dense({ locals, memory }: Emitter, layer: DenseLayer, x: Address, out: Address): Code {
  const { inputs, bias } = layer;
  const { tiles, vectors } = tilesOf(layer.outputs);
  const tileBytes = 16 * vectors;
  const weights = memory.data(packWeights(layer));
  const biases = bias === undefined ? out : memory.data(paddedTo(4 * tiles * vectors, bias));
  const sums = Array.from({ length: vectors }, () => locals.add("v128"));
  const factor = locals.add("v128");
  return repeat(
    locals,
    tiles,
    [
      { from: weights, stride: inputs * tileBytes },
      { from: biases, stride: tileBytes },
      { from: out, stride: tileBytes },
    ],
    ([tile, biasTile, outTile]) =>
      sequence(
        ...sums.map((sum, t) =>
          set(sum, bias === undefined ? memory.constant(0) : v128.load(after(biasTile, 16 * t))),
        ),
        repeat(
          locals,
          inputs,
          [
            { from: x, stride: 4 },
            { from: tile, stride: tileBytes },
          ],
          ([number, column]) =>
            sequence(
              set(factor, v128.loadSplat(number)),
              ...sums.map((sum, t) =>
                set(sum, f32x4.add(get(sum), f32x4.mul(get(factor), v128.load(after(column, 16 * t))))),
              ),
            ),
        ),
        ...sums.map((sum, t) => v128.store(after(outTile, 16 * t), get(sum))),
      ),
  );
}

/** As few tiles as can be, of equal size. */
function tilesOf(outputs: number): { tiles: number; vectors: number } {
  const all = Math.ceil(outputs / 4);
  const tiles = Math.ceil(all / TILE);
  return { tiles, vectors: Math.ceil(all / tiles) };
}

/** (tiles, inputs, 4 vectors), zeros past the outputs. */
function packWeights({ inputs, outputs, W }: DenseLayer): Float32Array {
  const { tiles, vectors } = tilesOf(outputs);
  const perTile = 4 * vectors;
  const packed = new Float32Array(tiles * inputs * perTile);
  for (let i = 0; i < inputs; i++)
    for (let o = 0; o < outputs; o++)
      packed[(Math.floor(o / perTile) * inputs + i) * perTile + (o % perTile)] = W[i * outputs + o];
  return packed;
}

function paddedTo(length: number, values: ArrayLike<number>): Float32Array {
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}
