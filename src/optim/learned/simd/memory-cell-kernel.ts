import type { CausalStreams } from "../../../cam/index.ts";
import {
  type Address,
  addTimesZero,
  after,
  type Code,
  dense,
  denseFloats,
  type Emitter,
  exp,
  f32x4,
  get,
  maxLanes,
  repeat,
  sequence,
  set,
  sumLanes,
  v128,
} from "../../../wasm/index.ts";
import type { CellWeights } from "../cell.ts";
import { type ProductRows, productRows } from "./product-rows.ts";

/** What a cell works on: x is read and then written, the state of one coordinate is changed in place. */
export type CellPlaces = {
  readonly x: Address;
  readonly state: readonly Address[];
  /** A vector local that becomes NaN where the state does not stay finite. */
  readonly zero: number;
};

/** What writing a pattern leaves for the rows of N, one number per feature. */
type FeaturePlaces = {
  /** N and Psi are multiplied by it. */
  readonly shrinks: Address;
  /** What the pattern is written with. */
  readonly gains: Address;
  /** phi of the query, times the scale of the feature: first its logarithm. */
  readonly phis: Address;
};

/** Lower than any logarithm of a feature. */
const LOWEST = -3e38;

/**
 * One step of the causal memory of one coordinate, with its projections: `bindCausal` for one slice.
 *
 * @param streams of one slice, with values as wide as x, a multiple of 4
 */
export function memoryCell(
  emitter: Emitter,
  streams: CausalStreams,
  weights: CellWeights,
  { x, state: [N, Psi, logScale], zero }: CellPlaces,
): Code {
  const { locals, memory } = emitter;
  const { features } = streams.map;
  const rows = productRows(streams, weights);
  const products = memory.reserve(denseFloats(rows.layer.outputs));
  const keyLogs = memory.reserve(features);
  const places = {
    shrinks: memory.reserve(features),
    gains: memory.reserve(features),
    phis: memory.reserve(features),
  };
  const total = locals.add("v128");
  const largest = locals.add("v128");
  return sequence(
    dense(emitter, rows.layer, x, products),
    spreadSigns(emitter, streams, after(products, rows.keyDots), keyLogs),
    spreadSigns(emitter, streams, after(products, rows.queryDots), places.phis),
    writeFeatures(emitter, streams, rows, products, keyLogs, places, [Psi, logScale], largest),
    readFeatures(emitter, features, places.phis, [Psi, logScale], largest, total, zero),
    writeRows(emitter, streams, N, after(products, rows.value), places, x, total, zero),
  );
}

/** The dots of all features from those of the projections: themselves and, for hyperbolic maps, their negatives. */
function spreadSigns({ locals }: Emitter, { map }: CausalStreams, dots: Address, all: Address): Code {
  const { projections, features } = map;
  const copy = (to: Address, value: (at: Address) => Code): Code =>
    repeat(
      locals,
      Math.ceil(projections / 4),
      [
        { from: dots, stride: 16 },
        { from: to, stride: 16 },
      ],
      ([from, at]) => v128.store(at, value(from)),
    );
  return sequence(
    copy(all, v128.load),
    features === projections ? [] : copy(after(all, 4 * projections), (at) => f32x4.neg(v128.load(at))),
  );
}

/** Psi and log-scale after the pattern, and the logarithms of phi of the query; `largest` is set. */
function writeFeatures(
  emitter: Emitter,
  streams: CausalStreams,
  rows: ProductRows,
  products: Address,
  keyLogs: Address,
  { shrinks, gains, phis }: FeaturePlaces,
  [Psi, logScale]: readonly Address[],
  largest: number,
): Code {
  const { locals, memory } = emitter;
  const c = memory.constant;
  const vector = (): number => locals.add("v128");
  const [half, kept, written, isLarger, e, scale, log, psi] = Array.from({ length: 8 }, vector);
  const norms = rows.norms === undefined ? undefined : memory.data(rows.norms);
  return sequence(
    set(half, c(0)),
    repeat(locals, streams.map.dim / 4, [{ from: after(products, rows.key), stride: 16 }], ([key]) =>
      set(half, f32x4.add(get(half), f32x4.mul(v128.load(key), v128.load(key)))),
    ),
    set(half, sumLanes(emitter, get(half))),
    set(largest, c(LOWEST)),
    overFeatures(
      emitter,
      streams.map.features,
      [keyLogs, phis, norms ?? phis, shrinks, gains, Psi, logScale],
      ([keyLog, phi, norm, shrink, gain, psiAt, scaleAt], keep) => {
        const withNorm = (x: Code): Code => (norms === undefined ? x : f32x4.add(v128.load(norm), x));
        return sequence(
          set(written, f32x4.sub(withNorm(v128.load(keyLog)), get(half))),
          set(kept, f32x4.sub(v128.load(scaleAt), c(streams.tau))),
          set(isLarger, f32x4.greater(get(written), get(kept))),
          set(scale, v128.select(get(written), get(kept), get(isLarger))),
          set(e, exp(emitter, f32x4.neg(f32x4.abs(f32x4.sub(get(written), get(kept)))))),
          set(kept, v128.select(get(e), c(1), get(isLarger))),
          set(written, v128.select(c(1), get(e), get(isLarger))),
          v128.store(shrink, get(kept)),
          v128.store(gain, get(written)),
          set(psi, v128.load(psiAt)),
          v128.store(psiAt, keep(f32x4.add(f32x4.mul(get(psi), get(kept)), get(written)), get(psi))),
          v128.store(scaleAt, keep(get(scale), v128.load(scaleAt))),
          set(log, keep(f32x4.add(withNorm(v128.load(phi)), get(scale)), c(LOWEST))),
          v128.store(phi, get(log)),
          set(largest, f32x4.pmax(get(largest), get(log))),
        );
      },
    ),
  );
}

/** phi of the query in place of its logarithm; `total` becomes the sum of its products with Psi. */
function readFeatures(
  emitter: Emitter,
  features: number,
  phis: Address,
  state: readonly Address[],
  largest: number,
  total: number,
  zero: number,
): Code {
  const { locals, memory } = emitter;
  const c = memory.constant;
  const [e, psi] = [locals.add("v128"), locals.add("v128")];
  return sequence(
    set(largest, maxLanes(emitter, get(largest))),
    set(total, c(0)),
    overFeatures(emitter, features, [phis, ...state], ([phi, psiAt, scaleAt], keep) =>
      sequence(
        set(e, exp(emitter, f32x4.sub(v128.load(phi), get(largest)))),
        v128.store(phi, get(e)),
        set(psi, keep(v128.load(psiAt), c(0))),
        set(total, f32x4.add(get(total), f32x4.mul(get(e), get(psi)))),
        addTimesZero(emitter, zero, f32x4.add(get(psi), keep(v128.load(scaleAt), c(0)))),
      ),
    ),
    set(total, sumLanes(emitter, get(total))),
  );
}

/** N after the pattern; what the query reads from it is added to x. */
function writeRows(
  emitter: Emitter,
  { map, valueDim }: CausalStreams,
  N: Address,
  value: Address,
  { shrinks, gains, phis }: FeaturePlaces,
  x: Address,
  total: number,
  zero: number,
): Code {
  const { locals, memory } = emitter;
  const vector = (): number => locals.add("v128");
  const [shrink, gain, phi, row] = Array.from({ length: 4 }, vector);
  const values = Array.from({ length: COLUMN_VECTORS }, vector);
  const reads = Array.from({ length: COLUMN_VECTORS }, vector);
  return sequence(
    ...columnTiles(valueDim / 4).map(({ first, count }) => {
      const tile = Array.from({ length: count }, (_, t) => t);
      const at = (start: Address, t: number): Address => after(start, 16 * (first + t));
      return sequence(
        ...tile.map((t) => set(values[t], v128.load(at(value, t)))),
        ...tile.map((t) => set(reads[t], memory.constant(0))),
        repeat(
          locals,
          map.features,
          [
            { from: shrinks, stride: 4 },
            { from: gains, stride: 4 },
            { from: phis, stride: 4 },
            { from: N, stride: 4 * valueDim },
          ],
          ([shrinkAt, gainAt, phiAt, rowAt]) =>
            sequence(
              set(shrink, v128.loadSplat(shrinkAt)),
              set(gain, v128.loadSplat(gainAt)),
              set(phi, v128.loadSplat(phiAt)),
              ...tile.map((t) =>
                sequence(
                  set(
                    row,
                    f32x4.add(
                      f32x4.mul(get(shrink), v128.load(at(rowAt, t))),
                      f32x4.mul(get(gain), get(values[t])),
                    ),
                  ),
                  v128.store(at(rowAt, t), get(row)),
                  set(reads[t], f32x4.add(get(reads[t]), f32x4.mul(get(phi), get(row)))),
                ),
              ),
            ),
        ),
        ...tile.map((t) =>
          sequence(
            v128.store(at(x, t), f32x4.add(v128.load(at(x, t)), f32x4.div(get(reads[t]), get(total)))),
            // phi >= 0: where a row is not finite, neither is what was read.
            addTimesZero(emitter, zero, get(reads[t])),
          ),
        ),
      );
    }),
  );
}

/** Vectors of a row of N that are written and read side by side. */
const COLUMN_VECTORS = 4;

/** Splits vectors into as few runs as can be, about equally long. */
function columnTiles(vectors: number): { first: number; count: number }[] {
  const tiles = Math.ceil(vectors / COLUMN_VECTORS);
  return Array.from({ length: tiles }, (_, i) => {
    const first = Math.floor((i * vectors) / tiles);
    return { first, count: Math.floor(((i + 1) * vectors) / tiles) - first };
  });
}

/**
 * Runs a body for every four features.
 *
 * @param places of arrays with a number per feature
 * @param body is given `keep(x, otherwise)`, which is x in the lanes of features and another number past them
 */
function overFeatures(
  { locals, memory }: Emitter,
  features: number,
  places: readonly Address[],
  body: (addresses: readonly Address[], keep: (x: Code, otherwise: Code) => Code) => Code,
): Code {
  const whole = Math.floor(features / 4);
  const rest = features - 4 * whole;
  const moving = places.map((from) => ({ from, stride: 16 }));
  const wholes = repeat(locals, whole, moving, (addresses) => body(addresses, (x) => x));
  if (rest === 0) return wholes;
  const lanes = memory.data([0, 1, 2, 3].map((lane) => (lane < rest ? 1 : 0)));
  const isFeature = f32x4.greater(v128.load(lanes), memory.constant(0));
  const last = places.map((from) => after(from, 16 * whole));
  return sequence(
    wholes,
    body(last, (x, otherwise) => v128.select(x, otherwise, isFeature)),
  );
}
