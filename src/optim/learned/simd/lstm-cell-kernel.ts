import {
  type Address,
  addTimesZero,
  after,
  type Code,
  dense,
  denseFloats,
  type Emitter,
  f32x4,
  get,
  logistic,
  repeat,
  sequence,
  set,
  tanh,
  v128,
} from "../../../wasm/index.ts";
import type { CellWeights } from "../cell.ts";

/**
 * One step of an LSTM cell of one coordinate: `bindLstm`.
 *
 * @param joined address of (inputs + width), the inputs already there; h is written behind them
 * @param state addresses of h and c, changed in place
 * @param out address of (width) that receives h, too
 * @param width a multiple of 4
 * @param zero a vector local that becomes NaN where the state does not stay finite
 */
export function lstmCell(
  emitter: Emitter,
  weights: CellWeights,
  inputs: number,
  width: number,
  joined: Address,
  [h, c]: readonly Address[],
  out: Address,
  zero: number,
): Code {
  const { locals, memory } = emitter;
  const gates = memory.reserve(denseFloats(4 * width));
  const [cell, hidden] = [locals.add("v128"), locals.add("v128")];
  const behind = after(joined, 4 * inputs);
  const copy = repeat(
    locals,
    width / 4,
    [
      { from: h, stride: 16 },
      { from: behind, stride: 16 },
    ],
    ([from, to]) => v128.store(to, v128.load(from)),
  );
  const layer = { inputs: inputs + width, outputs: 4 * width, W: weights.gates, bias: weights.bias };
  const gate = (at: Address, g: number): Code => v128.load(after(at, 4 * g * width));
  return sequence(
    copy,
    dense(emitter, layer, joined, gates),
    repeat(
      locals,
      width / 4,
      [gates, h, c, out].map((from) => ({ from, stride: 16 })),
      ([z, hAt, cAt, outAt]) =>
        sequence(
          set(
            cell,
            f32x4.add(
              f32x4.mul(logistic(emitter, gate(z, 1)), v128.load(cAt)),
              f32x4.mul(logistic(emitter, gate(z, 0)), tanh(emitter, gate(z, 3))),
            ),
          ),
          set(hidden, f32x4.mul(logistic(emitter, gate(z, 2)), tanh(emitter, get(cell)))),
          v128.store(cAt, get(cell)),
          v128.store(hAt, get(hidden)),
          v128.store(outAt, get(hidden)),
          addTimesZero(emitter, zero, f32x4.add(get(cell), get(hidden))),
        ),
    ),
  );
}
