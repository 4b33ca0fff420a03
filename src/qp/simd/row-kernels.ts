import {
  type Address,
  after,
  type Code,
  type FunctionParts,
  f64x2,
  get,
  i32,
  sequence,
  set,
  v128,
  whileDo,
} from "../../wasm/index.ts";
import { addProduct, type Emitter, each, emitFunction, range, walk, ZERO } from "./emitter.ts";
import { part, type SimdLayout } from "./layout.ts";

/** Addresses of one stage, and a loop over its pairs of rows. */
type Stage = {
  readonly at: Address;
  /** Vector c of a hard array, of the lower bounds or of the upper ones. */
  readonly hard: (name: keyof SimdLayout["hard"], upper: boolean, c: number) => Address;
  /** Vector b of a soft array's box sides. */
  readonly box: (name: keyof SimdLayout["soft"], upper: boolean, b: number) => Address;
  readonly eachPair: (body: (row: RowPair) => Code) => Code;
};

/** Two rows: where a soft array has them, and their coefficients of the a-th row column. */
type RowPair = { readonly of: (name: keyof SimdLayout["soft"]) => Address; readonly G: (a: number) => Code };

/** Runs a body for every stage in order. */
function eachStage(layout: SimdLayout, emitter: Emitter, body: (stage: Stage) => Code): Code {
  const { N, Lu, Lb, stages, stride, rowVector, pairStart, rowColumns, table } = layout;
  const [hardAt, boxAt, rowAt, coefficients, ends] = range(5).map(() => emitter.locals.add("i32"));
  const step = (local: number, bytes: number): Code => set(local, i32.add(get(local), i32.constant(bytes)));
  const rows: RowPair = {
    of: (name) => ({ local: rowAt, offset: layout.soft[name] }),
    G: (a) => v128.load({ local: coefficients, offset: layout.G + 16 * a }),
  };
  const stage = (at: Address): Stage => ({
    at,
    hard: (name, upper, c) => ({
      local: hardAt,
      offset: layout.hard[name] + 16 * (c + (upper ? (N + 1) * Lu : 0)),
    }),
    box: (name, upper, b) => ({
      local: boxAt,
      offset: layout.soft[name] + 16 * (b + (upper ? (N + 1) * Lb : 0)),
    }),
    eachPair: (write) =>
      whileDo(
        i32.less(get(rowAt), i32.load({ local: ends, offset: table })),
        sequence(write(rows), step(rowAt, 16), step(coefficients, 16 * rowColumns.length)),
      ),
  });
  return sequence(
    set(hardAt, i32.constant(0)),
    set(boxAt, i32.constant(0)),
    set(rowAt, i32.constant(16 * rowVector)),
    set(coefficients, i32.constant(0)),
    set(ends, i32.constant(0)),
    walk(emitter, i32.constant(stages), i32.constant(stages + (N + 1) * stride), stride, (at) =>
      sequence(
        body(stage(at)),
        step(hardAt, 16 * Lu),
        Lb > 0 ? step(boxAt, 16 * Lb) : [],
        pairStart[N + 1] > 0 ? step(ends, 4) : [],
      ),
    ),
  );
}

/** Lane `from` of a vector in lane `to`, zero in the other. */
const inLane = (value: Code, from: number, to: number): Code =>
  f64x2.shuffle(value, ZERO, to === 0 ? [from, 2] : [2, from]);

/** The sums of the lanes of two vectors. */
const sumsOf = (first: number, second: number): Code =>
  f64x2.add(f64x2.shuffle(get(first), get(second), [0, 2]), f64x2.shuffle(get(first), get(second), [1, 3]));

/** Columns of both lanes of vector c that rows have coefficients of, as indices into rowColumns, -1 for none. */
const rowLanes = ({ rowColumns }: SimdLayout, c: number): readonly [number, number] => [
  rowColumns.indexOf(2 * c),
  rowColumns.indexOf(2 * c + 1),
];

/** `W = H + base + weights of the hard pairs and of the box + sum_rows weight G G'`, of each row from its diagonal on. */
export function assembleKernel(layout: SimdLayout): FunctionParts {
  const { nu, L, Lu, Lb, columns, rowColumns, boxIndex, pairStart, N } = layout;
  const n = rowColumns.length;
  const hasRows = pairStart[N + 1] > 0;
  return emitFunction([], undefined, (emitter) => {
    const { vectors } = emitter;
    const sums = range(hasRows ? n : 0).map((a) => [...range(a).map(() => -1), ...vectors(n - a)]);
    const sum = (a: number, b: number): number => sums[Math.min(a, b)][Math.max(a, b)];
    const [weighted, w] = vectors(2);
    const onControls = vectors(Lu);
    const onBox = vectors(Lb);
    const zero = vectors(1)[0];
    return eachStage(layout, emitter, ({ at, hard, box, eachPair }) =>
      sequence(
        each(hasRows ? n : 0, (a) => each(range(n).slice(a), (b) => set(sum(a, b), ZERO))),
        hasRows
          ? eachPair(({ of, G }) =>
              each(n, (a) =>
                sequence(
                  set(weighted, f64x2.mul(v128.load(of("weight")), G(a))),
                  each(range(n).slice(a), (b) => addProduct(sum(a, b), get(weighted), G(b))),
                ),
              ),
            )
          : [],
        each(Lu, (c) =>
          set(
            onControls[c],
            f64x2.add(
              v128.load(part(layout, at, "base", c)),
              f64x2.add(v128.load(hard("w", false, c)), v128.load(hard("w", true, c))),
            ),
          ),
        ),
        each(Lb, (b) =>
          set(onBox[b], f64x2.add(v128.load(box("weight", false, b)), v128.load(box("weight", true, b)))),
        ),
        each(columns.length, (i) => {
          const a = rowColumns.indexOf(columns[i]);
          const diagonal = Math.floor(columns[i] / 2);
          const side = Array.from(boxIndex).indexOf(i - nu);
          return each(range(L).slice(diagonal), (c) => {
            const [first, second] = rowLanes(layout, c);
            const lane = (b: number): number => (b < 0 ? zero : sum(a, b));
            return sequence(
              set(w, v128.load(part(layout, at, "H", i * L + c))),
              hasRows && a >= 0 && (first >= 0 || second >= 0)
                ? set(w, f64x2.add(get(w), sumsOf(lane(first), lane(second))))
                : [],
              c === diagonal && i < nu
                ? set(w, f64x2.add(get(w), inLane(get(onControls[c]), i % 2, i % 2)))
                : [],
              c === diagonal && i >= nu && side >= 0
                ? set(
                    w,
                    f64x2.add(get(w), inLane(get(onBox[Math.floor(side / 2)]), side % 2, columns[i] % 2)),
                  )
                : [],
              v128.store(part(layout, at, "W", i * L + c), get(w)),
            );
          });
        }),
      ),
    );
  });
}

/** `rhs = gradient - sum phi G` over hard pairs, box sides and rows. */
export function forcesKernel(layout: SimdLayout): FunctionParts {
  const { nu, L, Lu, Lb, columns, rowColumns, boxIndex, pairStart, N } = layout;
  const hasRows = pairStart[N + 1] > 0;
  return emitFunction([], undefined, (emitter) => {
    const { vectors } = emitter;
    const sums = vectors(hasRows ? rowColumns.length : 0);
    const rhs = vectors(L);
    const [phi, zero, d] = vectors(3);
    return eachStage(layout, emitter, ({ at, hard, box, eachPair }) =>
      sequence(
        each(L, (c) => set(rhs[c], v128.load(part(layout, at, "gradient", c)))),
        each(Lu, (c) =>
          each([0, 1], (upper) =>
            set(
              rhs[c],
              f64x2.sub(
                get(rhs[c]),
                f64x2.mul(v128.load(hard("sign", upper === 1, c)), v128.load(hard("phi", upper === 1, c))),
              ),
            ),
          ),
        ),
        each(Lb, (b) =>
          sequence(
            set(
              d,
              f64x2.add(
                f64x2.mul(v128.load(box("sign", false, b)), v128.load(box("phi", false, b))),
                f64x2.mul(v128.load(box("sign", true, b)), v128.load(box("phi", true, b))),
              ),
            ),
            each(
              [2 * b, 2 * b + 1].filter((side) => side < boxIndex.length),
              (side) => {
                const column = columns[nu + boxIndex[side]];
                const c = Math.floor(column / 2);
                return set(rhs[c], f64x2.sub(get(rhs[c]), inLane(get(d), side % 2, column % 2)));
              },
            ),
          ),
        ),
        hasRows
          ? sequence(
              each(sums.length, (a) => set(sums[a], ZERO)),
              eachPair(({ of, G }) =>
                sequence(
                  set(phi, v128.load(of("phi"))),
                  each(sums.length, (a) => addProduct(sums[a], get(phi), G(a))),
                ),
              ),
              each(L, (c) => {
                const [first, second] = rowLanes(layout, c);
                if (first < 0 && second < 0) return [];
                const lane = (a: number): number => (a < 0 ? zero : sums[a]);
                return set(rhs[c], f64x2.sub(get(rhs[c]), sumsOf(lane(first), lane(second))));
              }),
            )
          : [],
        each(L, (c) => v128.store(part(layout, at, "rhs", c), get(rhs[c]))),
      ),
    );
  });
}

/** Products G w or G dw of hard pairs, box sides and rows, into their g. */
export function productsKernel(layout: SimdLayout, from: "w" | "dw"): FunctionParts {
  const { nu, Lu, Lb, columns, rowColumns, boxIndex, pairStart, N } = layout;
  const hasRows = pairStart[N + 1] > 0;
  return emitFunction([], undefined, (emitter) => {
    const { vectors } = emitter;
    const splats = vectors(hasRows ? rowColumns.length : 0);
    const [sum, d] = vectors(2);
    const place = (at: Address, column: number): Address => after(part(layout, at, from), 8 * column);
    return eachStage(layout, emitter, ({ at, hard, box, eachPair }) =>
      sequence(
        each(Lu, (c) =>
          each([0, 1], (upper) =>
            v128.store(
              hard("g", upper === 1, c),
              f64x2.mul(v128.load(hard("sign", upper === 1, c)), v128.load(part(layout, at, from, c))),
            ),
          ),
        ),
        each(Lb, (b) => {
          const [first, second] = [2 * b, Math.min(2 * b + 1, boxIndex.length - 1)].map(
            (side) => columns[nu + boxIndex[side]],
          );
          return sequence(
            set(
              d,
              f64x2.shuffle(f64x2.loadSplat(place(at, first)), f64x2.loadSplat(place(at, second)), [0, 2]),
            ),
            each([0, 1], (upper) =>
              v128.store(box("g", upper === 1, b), f64x2.mul(v128.load(box("sign", upper === 1, b)), get(d))),
            ),
          );
        }),
        each(splats.length, (a) => set(splats[a], f64x2.loadSplat(place(at, rowColumns[a])))),
        hasRows
          ? eachPair(({ of, G }) =>
              sequence(
                set(sum, f64x2.mul(get(splats[0]), G(0))),
                each(range(splats.length).slice(1), (a) => addProduct(sum, get(splats[a]), G(a))),
                v128.store(of("g"), get(sum)),
              ),
            )
          : [],
      ),
    );
  });
}
