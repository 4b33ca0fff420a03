import {
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
import { each, emitFunction, splatLane, walk, ZERO } from "./emitter.ts";
import { part, type SimdLayout } from "./layout.ts";
import { eachBank, leaveResult } from "./pair-kernels.ts";
import { addColumnProducts } from "./riccati-kernels.ts";

const { add, sub, mul, div, neg, abs, sqrt, pmax, less } = f64x2;

/**
 * (mu): centres the hard pairs, and the soft rows with a linear penalty, for the values g + g0: each product is mu.
 * Solves `mu / (g + s) + mu / s = linear + quadratic s`, closely enough: for a given slope it is quadratic in s.
 */
export function centreKernel(layout: SimdLayout): FunctionParts {
  return emitFunction(["f64"], undefined, (emitter) => {
    const [mu, twice, g, slope, base, s, t, live] = emitter.vectors(8);
    const below = (): Code => pmax(neg(get(g)), ZERO);
    const bent = (bend: Code): Code => mul(bend, get(s));
    return sequence(
      set(mu, f64x2.splat(get(0))),
      set(twice, add(get(mu), get(mu))),
      eachBank(
        layout,
        emitter,
        ({ load, store }) =>
          sequence(
            set(live, less(ZERO, abs(load("sign")))),
            set(t, v128.select(add(load("g"), load("g0")), load("t"), get(live))),
            store("t", get(t)),
            store("l", v128.and(div(get(mu), get(t)), get(live))),
          ),
        ({ load, store }) => {
          const keep = (name: Parameters<typeof load>[0], value: Code): Code =>
            store(name, v128.select(value, load(name), get(live)));
          const round = sequence(
            set(base, mul(get(slope), get(g))),
            set(s, sqrt(add(mul(get(base), get(base)), mul(get(twice), get(twice))))),
            set(s, div(mul(get(twice), get(mu)), add(get(s), abs(get(base))))),
            set(base, div(add(get(mu), get(s)), get(slope))),
            set(s, add(get(base), below())),
            set(slope, add(load("linear"), bent(load("curve")))),
          );
          return sequence(
            set(live, less(ZERO, load("tied"))),
            set(g, add(load("g"), load("g0"))),
            set(
              slope,
              add(add(load("linear"), mul(below(), load("curve"))), sqrt(mul(get(twice), load("curve")))),
            ),
            round,
            round,
            round,
            set(t, add(get(base), pmax(get(g), ZERO))),
            set(slope, div(get(slope), add(get(s), get(t)))),
            keep("t", get(t)),
            keep("l", mul(get(slope), get(s))),
            keep("s", get(s)),
            keep("n", mul(get(slope), get(t))),
          );
        },
      ),
    );
  });
}

/** phi <- the present multipliers. */
export function presentKernel(layout: SimdLayout): FunctionParts {
  return emitFunction([], undefined, (emitter) =>
    eachBank(
      layout,
      emitter,
      ({ load, store }) => store("phi", load("l")),
      ({ load, store }) => store("phi", load("l")),
    ),
  );
}

/**
 * Leaves the KKT residual of the point, given the values g and the reduced gradient in z: what qpKktResidual
 * measures, where no control is fixed and no row an equality; with the largest number of the point, and a
 * sum that is finite where all of it is.
 */
export function measureKernel(layout: SimdLayout): FunctionParts {
  const { N, Lu, Lx, L, stages, stride } = layout;
  return emitFunction([], undefined, (emitter) => {
    const [stationarity, complementarity, feasibility, size, check, v, l, x, soft] = emitter.vectors(9);
    const w = emitter.vectors(L);
    const next = emitter.vectors(Lx);
    const raise = (local: number, value: Code): Code => set(local, pmax(get(local), value));
    const leave = (name: Parameters<typeof leaveResult>[1], local: number): Code =>
      leaveResult(layout, name, f64x2.lane(pmax(get(local), splatLane(get(local), 1)), 0));
    return sequence(
      each([stationarity, complementarity, feasibility, size, check], (local) => set(local, ZERO)),
      eachBank(
        layout,
        emitter,
        ({ load }) =>
          sequence(
            set(v, add(load("g"), load("g0"))),
            set(l, load("l")),
            raise(feasibility, neg(get(v))),
            raise(stationarity, neg(get(l))),
            raise(complementarity, abs(mul(get(v), get(l)))),
            set(check, add(get(check), add(get(v), get(l)))),
          ),
        ({ load }) =>
          sequence(
            set(v, add(load("g"), load("g0"))),
            set(l, load("l")),
            set(x, add(load("linear"), mul(load("curve"), pmax(neg(get(v)), ZERO)))),
            raise(stationarity, pmax(neg(get(l)), sub(get(l), get(x)))),
            set(x, v128.select(get(l), sub(get(x), get(l)), less(ZERO, get(v)))),
            // A hard row that is violated, or just met, has no slack, but counts itself.
            set(soft, less(load("linear"), v128.constant(Infinity, Infinity))),
            raise(
              complementarity,
              v128.and(abs(mul(get(x), get(v))), v128.or(get(soft), less(ZERO, get(v)))),
            ),
            raise(feasibility, v128.andNot(neg(get(v)), get(soft))),
            set(check, add(get(check), add(get(v), get(l)))),
          ),
      ),
      each(Lx, (c) => set(next[c], ZERO)),
      walk(emitter, i32.constant(stages), i32.constant(stages + N * stride), stride, (at) =>
        sequence(
          each(L, (c) =>
            sequence(
              set(w[c], v128.load(part(layout, at, "w", c))),
              raise(size, abs(get(w[c]))),
              c >= Lu ? raise(feasibility, abs(sub(get(w[c]), get(next[c - Lu])))) : [],
            ),
          ),
          each(Lu, (c) =>
            sequence(
              set(x, v128.load(part(layout, at, "z", c))),
              raise(stationarity, abs(get(x))),
              set(check, add(get(check), get(x))),
            ),
          ),
          addColumnProducts(layout, emitter, at, w, next),
        ),
      ),
      each(Lx, (c) =>
        sequence(
          set(x, v128.load({ offset: stages + N * stride + layout.record.w + 16 * (Lu + c) })),
          raise(size, abs(get(x))),
          raise(feasibility, abs(sub(get(x), get(next[c])))),
          set(check, add(get(check), get(x))),
        ),
      ),
      leave("stationarity", stationarity),
      leave("complementarity", complementarity),
      leave("feasibility", feasibility),
      leave("size", size),
      leaveResult(layout, "check", f64.add(f64x2.lane(get(check), 0), f64x2.lane(get(check), 1))),
    );
  });
}
