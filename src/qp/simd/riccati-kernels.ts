import {
  type Address,
  after,
  type Code,
  type FunctionParts,
  f64,
  f64x2,
  get,
  i32,
  sequence,
  set,
  v128,
} from "../../wasm/index.ts";
import {
  addProduct,
  type Emitter,
  each,
  emitFunction,
  range,
  splatLane,
  walk,
  walkBack,
  ZERO,
} from "./emitter.ts";
import { entryOf, part, type SimdLayout, stageAt } from "./layout.ts";

/** `out += sum_l v_l F_l` for the vectors of a row from `first` to `last`. */
function addRowProducts(
  layout: SimdLayout,
  { vectors }: Emitter,
  at: Address,
  v: readonly number[],
  out: readonly number[],
): Code {
  const { nx, L, columns } = layout;
  const [f] = vectors(1);
  return each(nx, (l) => {
    const used = range(out.length).filter((c) =>
      [2 * c, 2 * c + 1].some((column) => {
        const i = columns.indexOf(column);
        return i >= 0 && entryOf(layout, l, i) !== "0";
      }),
    );
    if (used.length === 0) return [];
    return sequence(
      set(f, splatLane(get(v[Math.floor(l / 2)]), l % 2)),
      each(used, (c) => addProduct(out[c], get(f), v128.load(part(layout, at, "F", l * L + c)))),
    );
  });
}

/** The next state in `next`: x (with a known unit diagonal of A) plus the columns of F times the stage's [u | x]. */
export function addColumnProducts(
  layout: SimdLayout,
  { vectors }: Emitter,
  at: Address,
  w: readonly number[],
  next: readonly number[],
): Code {
  const { nx, nu, Lu, Lx, unit, columns } = layout;
  const [f] = vectors(1);
  return sequence(
    each(Lx, (c) => set(next[c], unit ? get(w[Lu + c]) : ZERO)),
    // Controls last: they are known last.
    each([...range(nx).map((i) => nu + i), ...range(nu)], (j) => {
      const used = range(Lx).filter((c) =>
        [2 * c, 2 * c + 1].some((l) => l < nx && entryOf(layout, l, j) !== "0"),
      );
      if (used.length === 0) return [];
      return sequence(
        set(f, splatLane(get(w[Math.floor(columns[j] / 2)]), columns[j] % 2)),
        each(used, (c) => addProduct(next[c], get(f), v128.load(part(layout, at, "Ft", j * Lx + c)))),
      );
    }),
  );
}

/** Solves for dw with the factors and the gradient in rhs; z is left half-solved. */
export function solveKernel(layout: SimdLayout): FunctionParts {
  const { nu, N, Lu, Lx, L, stages, stride } = layout;
  return emitFunction([], undefined, (emitter) => {
    const { vectors } = emitter;
    const v = vectors(Lx);
    const r = vectors(L);
    const [z] = vectors(1);
    const last = stageAt(layout, N);
    return sequence(
      each(Lx, (c) => set(v[c], v128.load(part(layout, last, "rhs", Lu + c)))),
      walkBack(emitter, stages + N * stride, stages, stride, (at) =>
        sequence(
          startRow(layout, at, v, r),
          addRowProducts(layout, emitter, at, v, r),
          each(nu, (i) =>
            sequence(
              set(
                z,
                f64x2.mul(
                  splatLane(get(r[Math.floor(i / 2)]), i % 2),
                  f64x2.loadSplat(after(part(layout, at, "inverse"), 8 * i)),
                ),
              ),
              f64.store(after(part(layout, at, "z"), 8 * i), f64x2.lane(get(z), 0)),
              each(range(L).slice(Math.floor((i + 1) / 2)), (c) =>
                set(
                  r[c],
                  f64x2.sub(get(r[c]), f64x2.mul(get(z), v128.load(part(layout, at, "Y", i * L + c)))),
                ),
              ),
            ),
          ),
          each(Lx, (c) => set(v[c], get(r[Lu + c]))),
        ),
      ),
      rollForward(layout, emitter, "dw", (at, w) => feedback(layout, emitter, at, w)),
    );
  });
}

/** u = -L'^-1 (z + Y x), into the vectors of u in w. */
function feedback(layout: SimdLayout, { locals, vectors }: Emitter, at: Address, w: readonly number[]): Code {
  const { nu, Lu, Lx, L } = layout;
  const sums = vectors(2 * Lu);
  const u = range(nu).map(() => locals.add("f64"));
  const a = vectors(1)[0];
  return sequence(
    each(nu, (i) =>
      sequence(
        set(sums[i], f64x2.mul(get(w[Lu]), v128.load(part(layout, at, "Y", i * L + Lu)))),
        each(range(Lx).slice(1), (c) =>
          addProduct(sums[i], get(w[Lu + c]), v128.load(part(layout, at, "Y", i * L + Lu + c))),
        ),
      ),
    ),
    each(range(Lu).reverse(), (c) => {
      const [first, second] = [sums[2 * c], sums[2 * c + 1]];
      const both = 2 * c + 1 < nu;
      const other = both ? get(second) : get(first);
      return sequence(
        set(
          a,
          f64x2.add(
            v128.load(part(layout, at, "z", c)),
            f64x2.add(f64x2.shuffle(get(first), other, [0, 2]), f64x2.shuffle(get(first), other, [1, 3])),
          ),
        ),
        each(both ? [2 * c + 1, 2 * c] : [2 * c], (i) =>
          sequence(
            set(u[i], f64x2.lane(get(a), i % 2)),
            each(range(nu).slice(i + 1), (j) =>
              set(
                u[i],
                f64.add(get(u[i]), f64.mul(f64.load(after(part(layout, at, "Y", i * L), 8 * j)), get(u[j]))),
              ),
            ),
            set(u[i], f64.mul(f64.neg(get(u[i])), f64.load(after(part(layout, at, "inverse"), 8 * i)))),
          ),
        ),
        set(
          w[c],
          both
            ? f64x2.shuffle(f64x2.splat(get(u[2 * c])), f64x2.splat(get(u[2 * c + 1])), [0, 2])
            : f64x2.shuffle(f64x2.splat(get(u[2 * c])), ZERO, [0, 2]),
        ),
      );
    }),
  );
}

/** States from x_0 = 0 on, into a part of the records; `control` puts the vectors of u in front of those of x. */
function rollForward(
  layout: SimdLayout,
  emitter: Emitter,
  name: "w" | "dw",
  control: (at: Address, w: readonly number[]) => Code,
): Code {
  const { N, Lu, Lx, L, stages, stride } = layout;
  const w = emitter.vectors(L);
  const next = emitter.vectors(Lx);
  return sequence(
    each(Lx, (c) => set(w[Lu + c], ZERO)),
    walk(emitter, i32.constant(stages), i32.constant(stages + N * stride), stride, (at) =>
      sequence(
        control(at, w),
        each(L, (c) => v128.store(part(layout, at, name, c), get(w[c]))),
        addColumnProducts(layout, emitter, at, w, next),
        each(Lx, (c) => set(w[Lu + c], get(next[c]))),
      ),
    ),
    each(Lx, (c) => v128.store(part(layout, stageAt(layout, N), name, Lu + c), get(w[Lu + c]))),
  );
}

/** Writes the states of w from its controls. */
export function rolloutKernel(layout: SimdLayout): FunctionParts {
  return emitFunction([], undefined, (emitter) =>
    rollForward(layout, emitter, "w", (at, w) =>
      each(layout.Lu, (c) => set(w[c], v128.load(part(layout, at, "w", c)))),
    ),
  );
}

/** Gradient `H w + h` of the cost. */
export function gradientKernel(layout: SimdLayout): FunctionParts {
  const { nu, nx, N, L, columns, stages, stride } = layout;
  return emitFunction([], undefined, (emitter) => {
    const sums = emitter.vectors(L);
    const [f] = emitter.vectors(1);
    return walk(emitter, i32.constant(stages), i32.constant(stages + (N + 1) * stride), stride, (at) =>
      sequence(
        each(L, (c) => set(sums[c], v128.load(part(layout, at, "h", c)))),
        each(nu + nx, (i) =>
          sequence(
            set(f, f64x2.loadSplat(after(part(layout, at, "w"), 8 * columns[i]))),
            each(L, (c) => addProduct(sums[c], get(f), v128.load(part(layout, at, "H", i * L + c)))),
          ),
        ),
        each(L, (c) => v128.store(part(layout, at, "gradient", c), get(sums[c]))),
      ),
    );
  });
}

/** Gradient with respect to the controls alone, the states following the dynamics, of the gradient in rhs: into z. */
export function adjointKernel(layout: SimdLayout): FunctionParts {
  const { N, Lu, Lx, L, stages, stride } = layout;
  return emitFunction([], undefined, (emitter) => {
    const v = emitter.vectors(Lx);
    const r = emitter.vectors(L);
    return sequence(
      each(Lx, (c) => set(v[c], v128.load(part(layout, stageAt(layout, N), "rhs", Lu + c)))),
      walkBack(emitter, stages + N * stride, stages, stride, (at) =>
        sequence(
          startRow(layout, at, v, r),
          addRowProducts(layout, emitter, at, v, r),
          each(Lu, (c) => v128.store(part(layout, at, "z", c), get(r[c]))),
          each(Lx, (c) => set(v[c], get(r[Lu + c]))),
        ),
      ),
    );
  });
}

/** r = rhs, plus v where A's diagonal of ones is left out of F. */
function startRow(layout: SimdLayout, at: Address, v: readonly number[], r: readonly number[]): Code {
  const { L, Lu, unit } = layout;
  return each(L, (c) => {
    const own = v128.load(part(layout, at, "rhs", c));
    return set(r[c], unit && c >= Lu ? f64x2.add(own, get(v[c - Lu])) : own);
  });
}
