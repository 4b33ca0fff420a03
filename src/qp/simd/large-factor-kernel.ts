import {
  type Address,
  after,
  type Code,
  doWhile,
  type FunctionParts,
  f64x2,
  get,
  i32,
  sequence,
  set,
  v128,
  whileDo,
} from "../../wasm/index.ts";
import { type Emitter, each, emitFunction, range, splatLane, walkBack, ZERO } from "./emitter.ts";
import { factorControls } from "./factor-kernel.ts";
import { part, type SimdLayout, stageAt, TILE } from "./layout.ts";

const VECTOR = 16;

/**
 * The recursion of the factor kernel for sizes whose code would be too long if it were written out: `E = P'F`, `S = W + F'E` and
 * `P <- S - Y'Y` are loops over tiles of two rows and {@link TILE} vectors, and P, E and S lie in memory. Of what is known of F
 * nothing is used.
 */
export function largeFactorKernel(
  layout: SimdLayout,
  large: NonNullable<SimdLayout["large"]>,
): FunctionParts {
  const { nx, nu, N, Lu, Lx, L, stages, stride, record } = layout;
  const { P, E, S, width, widthP } = large;
  return emitFunction([], "i32", (emitter) => {
    const W = range(nu).map(() => emitter.vectors(L));
    const last = stageAt(layout, N);
    const at = (local: number | undefined, name: "F" | "W" | "Y"): Address => ({
      local,
      offset: record[name],
    });
    const product = (parts: Product): Code => addProducts(emitter, parts);
    return sequence(
      each(nx, (i) =>
        each(range(Lx).slice(Math.floor(i / 2)), (c) =>
          v128.store(
            { offset: P + VECTOR * (i * widthP + c) },
            v128.load(part(layout, last, "W", (nu + i) * L + Lu + c)),
          ),
        ),
      ),
      mirror(layout, large, emitter),
      walkBack(emitter, stages + N * stride, stages, stride, ({ local }) =>
        sequence(
          product({
            pairs: Lx,
            tiles: Math.ceil(L / TILE),
            terms: nx,
            A: { from: { offset: P }, stride: widthP },
            B: { from: at(local, "F"), stride: L },
            out: { from: { offset: E }, stride: width },
          }),
          // Rows of W are those of u, then those of x: where nu is odd, these do not begin a pair.
          ...[
            { pairs: Lu, first: 0, row: 0, columns: L },
            { pairs: Lx, first: Lu, row: nu, columns: Lx },
          ].map(({ pairs, first, row, columns }) =>
            product({
              pairs,
              tiles: Math.ceil(columns / TILE),
              terms: nx,
              upper: true,
              A: { from: after(at(local, "F"), VECTOR * first), stride: L },
              B: { from: { offset: E + VECTOR * first }, stride: width },
              start: { from: after(at(local, "W"), VECTOR * (row * L + first)), stride: L },
              out: { from: { offset: S + VECTOR * (2 * first * width + first) }, stride: width },
            }),
          ),
          each(nu, (i) =>
            each(range(L).slice(Math.floor(i / 2)), (c) =>
              set(W[i][c], v128.load({ offset: S + VECTOR * (i * width + c) })),
            ),
          ),
          factorControls(layout, emitter, { local, offset: 0 }, W),
          product({
            pairs: Lx,
            tiles: widthP / TILE,
            terms: nu,
            upper: true,
            less: true,
            A: { from: after(at(local, "Y"), VECTOR * Lu), stride: L },
            B: { from: after(at(local, "Y"), VECTOR * Lu), stride: L },
            start: { from: { offset: S + VECTOR * (2 * Lu * width + Lu) }, stride: width },
            out: { from: { offset: P }, stride: widthP },
          }),
          mirror(layout, large, emitter),
        ),
      ),
      i32.constant(1),
    );
  });
}

/** Rows of vectors: where the first begins, and how many vectors further on the next. */
type Rows = { readonly from: Address; readonly stride: number };

/** `out = start + A'B`, or `start - A'B`: a pair of columns of A for two rows of out, tile by tile. */
type Product = {
  readonly pairs: number;
  /** Of a row of out; `upper` leaves out those before the diagonal. */
  readonly tiles: number;
  readonly upper?: boolean;
  /** Rows of A and B. */
  readonly terms: number;
  readonly less?: boolean;
  readonly A: Rows;
  readonly B: Rows;
  /** Zero where missing. */
  readonly start?: Rows;
  readonly out: Rows;
};

function addProducts({ locals, vectors }: Emitter, parts: Product): Code {
  const { pairs, tiles, upper = false, terms, less = false, A, B, start, out } = parts;
  const [column, tile, a, b, end, from, to] = range(7).map(() => locals.add("i32"));
  const sums = [vectors(TILE), vectors(TILE)];
  const [pair, value, ...factors] = vectors(4);
  const more = (local: number, bytes: number): Code => set(local, i32.add(get(local), i32.constant(bytes)));
  const at = ({ from: { local } }: Rows, moved: number): Code =>
    local === undefined ? get(moved) : i32.add(get(local), get(moved));
  const rowOf = ({ from: { offset }, stride }: Rows, local: number, row: number, c: number): Address => ({
    local,
    offset: offset + VECTOR * (row * stride + c),
  });
  const eachSum = (write: (row: number, c: number) => Code): Code =>
    each([0, 1], (row) => each(TILE, (c) => write(row, c)));
  /** From the same place in the first of two rows to the next two. */
  const nextRows = (rows: Rows, local: number): Code => more(local, VECTOR * 2 * rows.stride);
  return sequence(
    set(column, i32.constant(0)),
    start === undefined ? [] : set(from, at(start, column)),
    set(to, at(out, column)),
    doWhile(
      sequence(
        set(tile, upper ? i32.and(get(column), i32.constant(-VECTOR * TILE)) : i32.constant(0)),
        doWhile(
          sequence(
            start === undefined
              ? eachSum((row, c) => set(sums[row][c], ZERO))
              : sequence(
                  set(b, i32.add(get(from), get(tile))),
                  eachSum((row, c) => set(sums[row][c], v128.load(rowOf(start, b, row, c)))),
                ),
            set(a, at(A, column)),
            set(b, at(B, tile)),
            set(end, i32.add(get(a), i32.constant(VECTOR * A.stride * terms))),
            doWhile(
              sequence(
                set(pair, v128.load(rowOf(A, a, 0, 0))),
                each([0, 1], (row) => set(factors[row], splatLane(get(pair), row))),
                each(TILE, (c) =>
                  sequence(
                    set(value, v128.load(rowOf(B, b, 0, c))),
                    each([0, 1], (row) =>
                      set(
                        sums[row][c],
                        f64x2[less ? "sub" : "add"](
                          get(sums[row][c]),
                          f64x2.mul(get(factors[row]), get(value)),
                        ),
                      ),
                    ),
                  ),
                ),
                more(a, VECTOR * A.stride),
                more(b, VECTOR * B.stride),
              ),
              i32.less(get(a), get(end)),
            ),
            set(b, i32.add(get(to), get(tile))),
            eachSum((row, c) => v128.store(rowOf(out, b, row, c), get(sums[row][c]))),
            more(tile, VECTOR * TILE),
          ),
          i32.less(get(tile), i32.constant(VECTOR * TILE * tiles)),
        ),
        start === undefined ? [] : nextRows(start, from),
        nextRows(out, to),
        more(column, VECTOR),
      ),
      i32.less(get(column), i32.constant(VECTOR * pairs)),
    ),
  );
}

/** Copies the upper triangle of P to the lower one. */
function mirror(
  { Lx }: SimdLayout,
  { P, widthP }: NonNullable<SimdLayout["large"]>,
  { vectors, locals }: Emitter,
): Code {
  const rows = VECTOR * widthP;
  const [diagonal, right, below] = range(3).map(() => locals.add("i32"));
  const [top, low] = vectors(2);
  const more = (local: number, bytes: number): Code => set(local, i32.add(get(local), i32.constant(bytes)));
  const load = (local: number): Code =>
    sequence(set(top, v128.load({ local, offset: 0 })), set(low, v128.load({ local, offset: rows })));
  const turned = (lane: 0 | 1): Code => f64x2.shuffle(get(top), get(low), [lane, 2 + lane]);
  const end = P + 2 * Lx * rows;
  return sequence(
    set(diagonal, i32.constant(P)),
    doWhile(
      sequence(
        load(diagonal),
        v128.store({ local: diagonal, offset: rows }, turned(1)),
        set(right, i32.add(get(diagonal), i32.constant(VECTOR))),
        set(below, i32.add(get(diagonal), i32.constant(2 * rows))),
        whileDo(
          i32.less(get(below), i32.constant(end)),
          sequence(
            load(right),
            v128.store({ local: below, offset: 0 }, turned(0)),
            v128.store({ local: below, offset: rows }, turned(1)),
            more(right, VECTOR),
            more(below, 2 * rows),
          ),
        ),
        more(diagonal, 2 * rows + VECTOR),
      ),
      i32.less(get(diagonal), i32.constant(end)),
    ),
  );
}
