import {
  type Address,
  after,
  type Code,
  type FunctionParts,
  f64,
  f64x2,
  get,
  i32,
  ifElse,
  leave,
  sequence,
  set,
  v128,
} from "../../wasm/index.ts";
import { addProduct, type Emitter, each, emitFunction, range, splatLane, walkBack, ZERO } from "./emitter.ts";
import { entryOf, part, type SimdLayout, stageAt } from "./layout.ts";

/**
 * Factorizes W by the Riccati recursion, backwards: with P of the stage after,
 *
 *     V = W + F'P F = [H G; G' S],  H = L L',  [L' Y] = L^-1 [H G] into Y,  1 / diag(L) into inverse,  P <- S - Y'Y
 *
 * Columns are lanes, so that each row of a matrix is a few vectors. Returns 0 where an H is not positive definite.
 */
export function factorKernel(layout: SimdLayout): FunctionParts {
  const { nx, nu, N, Lu, Lx, L, stages, stride } = layout;
  return emitFunction([], "i32", (emitter) => {
    const { vectors } = emitter;
    const P = range(nx).map(() => vectors(Lx));
    const W = range(nu + nx).map(() => vectors(L));
    const rowOf = (i: number): number => (i < nu ? i : 2 * Lu + i - nu);
    const last = stageAt(layout, N);
    return sequence(
      each(nx, (i) =>
        each(Lx, (c) => set(P[i][c], v128.load(part(layout, last, "W", (nu + i) * L + Lu + c)))),
      ),
      mirror(P, Lx, nx),
      walkBack(emitter, stages + N * stride, stages, stride, (at) =>
        sequence(
          addCongruence(layout, emitter, at, P, W),
          factorControls(layout, emitter, at, W),
          each(nx, (i) => {
            const block = Lu + Math.floor(i / 2);
            return sequence(
              each(range(Lx).slice(Math.floor(i / 2)), (c) => set(P[i][c], get(W[nu + i][Lu + c]))),
              each(nu, (j) => {
                const [y] = vectors(1);
                return sequence(
                  set(y, splatLane(get(W[j][block]), rowOf(nu + i) % 2)),
                  each(range(Lx).slice(Math.floor(i / 2)), (c) =>
                    set(P[i][c], f64x2.sub(get(P[i][c]), f64x2.mul(get(y), get(W[j][Lu + c])))),
                  ),
                );
              }),
            );
          }),
          mirror(P, Lx, nx),
        ),
      ),
      i32.constant(1),
    );
  });
}

/** Copies the upper triangle of a symmetric matrix of vectors to the lower one. */
function mirror(P: readonly (readonly number[])[], Lx: number, n: number): Code {
  return each(Lx, (r) =>
    each(range(Lx).slice(r), (c) => {
      const [top, bottom] = [P[2 * r], P[2 * r + 1]];
      const low = bottom === undefined ? ZERO : get(bottom[c]);
      if (r === c)
        return bottom === undefined ? [] : set(bottom[c], f64x2.shuffle(get(top[c]), get(bottom[c]), [1, 3]));
      return sequence(
        set(P[2 * c][r], f64x2.shuffle(get(top[c]), low, [0, 2])),
        2 * c + 1 < n ? set(P[2 * c + 1][r], f64x2.shuffle(get(top[c]), low, [1, 3])) : [],
      );
    }),
  );
}

/** W <- (the stage's W) + F'P F, of each row the vectors from the diagonal on. */
function addCongruence(
  layout: SimdLayout,
  { vectors }: Emitter,
  at: Address,
  P: readonly (readonly number[])[],
  W: readonly (readonly number[])[],
): Code {
  const { nx, nu, Lx, L, ld, unit, columns } = layout;
  const T = range(nu + nx).map(() => vectors(Lx));
  const E = range(nx).map(() => vectors(L));
  const [f] = vectors(1);
  const entry = (l: number, i: number): Address => after(part(layout, at, "F"), 8 * (l * ld + columns[i]));
  /** target += F_li source, for the vectors from `first` on. */
  const addScaledRow = (
    l: number,
    i: number,
    target: readonly number[],
    source: readonly number[],
    first: number,
  ): Code => {
    const kind = entryOf(layout, l, i);
    if (kind === "0") return [];
    const from = range(source.length).slice(first);
    if (kind === "1") return each(from, (c) => set(target[c], f64x2.add(get(target[c]), get(source[c]))));
    return sequence(
      set(f, f64x2.loadSplat(entry(l, i))),
      each(from, (c) => addProduct(target[c], get(f), get(source[c]))),
    );
  };
  /** Rows i of T that a vector of columns c has; beyond the end of u or of x there is none. */
  const rowsOf = (c: number): readonly (readonly number[] | undefined)[] =>
    [2 * c, 2 * c + 1].map((column) => {
      const i = columns.indexOf(column);
      return i < 0 ? undefined : T[i];
    });
  return sequence(
    each(nu + nx, (i) =>
      sequence(
        each(Lx, (c) => set(T[i][c], unit && i >= nu ? get(P[i - nu][c]) : ZERO)),
        each(nx, (l) => addScaledRow(l, i, T[i], P[l], 0)),
      ),
    ),
    each(nx, (l) =>
      each(L, (c) => {
        const [first, second] = rowsOf(c).map((row) =>
          row === undefined ? ZERO : get(row[Math.floor(l / 2)]),
        );
        return set(E[l][c], f64x2.shuffle(first, second, [l % 2, 2 + (l % 2)]));
      }),
    ),
    each(nu + nx, (i) => {
      const first = Math.floor(columns[i] / 2);
      return sequence(
        each(range(L).slice(first), (c) => {
          const w = v128.load(part(layout, at, "W", i * L + c));
          return set(W[i][c], unit && i >= nu ? f64x2.add(w, get(E[i - nu][c])) : w);
        }),
        each(nx, (l) => addScaledRow(l, i, W[i], E[l], first)),
      );
    }),
  );
}

/** Turns the rows of u in W into [L' Y], and stores them; leaves the function where a pivot is not positive. */
export function factorControls(
  layout: SimdLayout,
  { locals, vectors }: Emitter,
  at: Address,
  W: readonly (readonly number[])[],
): Code {
  const { nu, L } = layout;
  const pivot = locals.add("f64");
  const [scale] = vectors(1);
  return each(nu, (i) => {
    const first = Math.floor(i / 2);
    return sequence(
      set(pivot, f64x2.lane(get(W[i][first]), i % 2)),
      ifElse(
        i32.and(f64.greater(get(pivot), f64.constant(0)), f64.less(get(pivot), f64.constant(Infinity))),
        [],
        leave(i32.constant(0)),
      ),
      set(pivot, f64.div(f64.constant(1), f64.sqrt(get(pivot)))),
      f64.store(after(part(layout, at, "inverse"), 8 * i), get(pivot)),
      set(scale, f64x2.splat(get(pivot))),
      each(range(L).slice(first), (c) =>
        sequence(
          set(W[i][c], f64x2.mul(get(W[i][c]), get(scale))),
          v128.store(part(layout, at, "Y", i * L + c), get(W[i][c])),
        ),
      ),
      each(range(nu).slice(i + 1), (j) =>
        sequence(
          set(scale, splatLane(get(W[i][Math.floor(j / 2)]), j % 2)),
          each(range(L).slice(Math.floor(j / 2)), (c) =>
            set(W[j][c], f64x2.sub(get(W[j][c]), f64x2.mul(get(scale), get(W[i][c])))),
          ),
        ),
      ),
    );
  });
}
