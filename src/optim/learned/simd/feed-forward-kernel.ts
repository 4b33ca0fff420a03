import {
  type Address,
  type Code,
  dense,
  denseFloats,
  type Emitter,
  f32x4,
  repeat,
  sequence,
  v128,
} from "../../../wasm/index.ts";
import type { CellWeights } from "../cell.ts";

/** `x <- x + down relu(up x)` in place, both layers with a bias. @param width of x, a multiple of 4 */
export function feedForwardLayer(
  emitter: Emitter,
  weights: CellWeights,
  width: number,
  hidden: number,
  x: Address,
): Code {
  const { locals, memory } = emitter;
  const units = memory.reserve(denseFloats(hidden));
  const change = memory.reserve(denseFloats(width));
  const up = { inputs: width, outputs: hidden, W: weights.up, bias: weights.upBias };
  const down = { inputs: hidden, outputs: width, W: weights.down, bias: weights.downBias };
  return sequence(
    dense(emitter, up, x, units),
    repeat(locals, Math.ceil(hidden / 4), [{ from: units, stride: 16 }], ([at]) =>
      v128.store(at, f32x4.pmax(v128.load(at), memory.constant(0))),
    ),
    dense(emitter, down, units, change),
    repeat(
      locals,
      width / 4,
      [
        { from: x, stride: 16 },
        { from: change, stride: 16 },
      ],
      ([at, by]) => v128.store(at, f32x4.add(v128.load(at), v128.load(by))),
    ),
  );
}
