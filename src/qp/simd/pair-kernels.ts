import {
  type Address,
  type Code,
  type FunctionParts,
  f64,
  f64x2,
  get,
  i32,
  ifElse,
  sequence,
  set,
  v128,
} from "../../wasm/index.ts";
import { type Emitter, each, emitFunction, range, splatLane, walk, ZERO } from "./emitter.ts";
import type { SimdLayout } from "./layout.ts";

/** Numbers that functions leave, by their order. */
export const RESULTS = {
  ...{ alpha: 0, cross: 1, sum: 2, worst: 3, largest: 4, slope: 5 },
  ...{ stationarity: 6, complementarity: 7, feasibility: 8, size: 9, check: 10 },
  ...{ linear: 11, quadratic: 12, changed: 13 },
} as const;

const { add, sub, mul, div, neg, abs, pmin, pmax, less } = f64x2;
const ONE = v128.constant(1, 1);

/** The vectors of one turn in a bank of pairs: expressions that load, and statements that store. */
type Bank<Name extends string> = {
  readonly load: (name: Name) => Code;
  readonly store: (name: Name, value: Code) => Code;
};
type Hard = Bank<keyof SimdLayout["hard"]>;
type Soft = Bank<keyof SimdLayout["soft"]>;

/** Runs one body over the hard pairs, another over the soft rows, two at a time. */
export function eachBank(
  layout: SimdLayout,
  emitter: Emitter,
  hard: (bank: Hard) => Code,
  soft: (bank: Soft) => Code,
): Code {
  const over = <Name extends string>(
    places: Readonly<Record<Name, number>>,
    vectors: number,
    body: (bank: Bank<Name>) => Code,
  ): Code =>
    vectors === 0
      ? []
      : walk(emitter, i32.constant(0), i32.constant(16 * vectors), 16, ({ local }) => {
          const at = (name: Name): Address => ({ local, offset: places[name] });
          return body({
            load: (name) => v128.load(at(name)),
            store: (name, value) => v128.store(at(name), value),
          });
        });
  return sequence(over(layout.hard, layout.hardVectors, hard), over(layout.soft, layout.softVectors, soft));
}

/**
 * Weights, and the forces of a predictor that aims at zero. With `w1 = l/t`, `w2 = n/s`, `D = 1 / (Z + w1 + w2)` a soft
 * row has the weight `w1 (Z + w2) D` and the force `phi = l + D ((Z + w2) e1 - w1 e2)`.
 */
export function weighKernel(layout: SimdLayout): FunctionParts {
  return emitFunction([], undefined, (emitter) => {
    const [a, b, q, D, x] = emitter.vectors(5);
    return eachBank(
      layout,
      emitter,
      ({ load, store }) =>
        sequence(
          set(x, div(ONE, load("t"))),
          store("inverse", get(x)),
          store("w", mul(load("l"), get(x))),
          store("phi", ZERO),
        ),
      ({ load, store }) =>
        sequence(
          set(x, div(ONE, load("t"))),
          store("tInverse", get(x)),
          set(a, mul(load("l"), get(x))),
          set(x, div(ONE, load("s"))),
          store("sInverse", get(x)),
          set(b, mul(load("n"), get(x))),
          set(q, add(load("quadratic"), get(b))),
          set(D, div(ONE, add(get(q), get(a)))),
          store("w1", get(a)),
          store("w2", get(b)),
          store("D", get(D)),
          store("weight", mul(mul(get(a), get(q)), get(D))),
          storeForces({ load, store }, [a, q, D], neg(load("l")), neg(load("n"))),
        ),
    );
  });
}

/** Stores e1 (less what e asks for), e2 and phi. @param locals of w1, Z + w2 and D */
function storeForces({ load, store }: Soft, [a, q, D]: readonly number[], first: Code, second: Code): Code {
  return sequence(
    store("e1", sub(first, mul(get(a), load("e")))),
    store("e2", second),
    store("phi", add(load("l"), mul(get(D), sub(mul(get(q), load("e1")), mul(get(a), load("e2")))))),
  );
}

/** (target, share): forces of a corrector that aims at the target, with a share of the second-order term. */
export function correctKernel(layout: SimdLayout): FunctionParts {
  return emitFunction(["f64", "f64"], undefined, (emitter) => {
    const [target, share, a, q, D] = emitter.vectors(5);
    const aimed = (live: Code, first: Code, second: Code): Code =>
      sub(mul(get(target), live), mul(get(share), mul(first, second)));
    return sequence(
      set(target, f64x2.splat(get(0))),
      set(share, f64x2.splat(get(1))),
      eachBank(
        layout,
        emitter,
        ({ load, store }) =>
          store("phi", mul(aimed(abs(load("sign")), load("dt"), load("dl")), load("inverse"))),
        ({ load, store }) =>
          sequence(
            set(a, load("w1")),
            set(q, add(load("quadratic"), load("w2"))),
            set(D, load("D")),
            storeForces(
              { load, store },
              [a, q, D],
              sub(mul(aimed(abs(load("sign")), load("dt"), load("dl")), load("tInverse")), load("l")),
              sub(mul(aimed(load("tied"), load("ds"), load("dn")), load("sInverse")), load("n")),
            ),
          ),
      ),
    );
  });
}

/** (limit): steps of every pair for the products g; leaves alpha, the longest length up to the limit, and cross. */
export function directKernel(layout: SimdLayout): FunctionParts {
  return emitFunction(["f64"], undefined, (emitter) => {
    const [alpha, cross, t, l, s, n, least] = emitter.vectors(7);
    const moved = (value: Code, step: number): Code => add(value, mul(get(alpha), get(step)));
    /** Shortens alpha for whatever would become negative. */
    const shorten = (values: readonly (readonly [Code, number])[]): Code =>
      sequence(
        set(
          least,
          values.map(([value, step]) => moved(value, step)).reduce((a, b) => pmin(a, b)),
        ),
        ifElse(
          v128.anyTrue(less(get(least), ZERO)),
          sequence(
            ...values.map(([value, step]) =>
              set(alpha, v128.select(neg(div(value, get(step))), get(alpha), less(moved(value, step), ZERO))),
            ),
            set(alpha, pmin(get(alpha), f64x2.shuffle(get(alpha), get(alpha), [1, 0]))),
          ),
        ),
      );
    return sequence(
      set(alpha, f64x2.splat(get(0))),
      set(cross, ZERO),
      eachBank(
        layout,
        emitter,
        ({ load, store }) =>
          sequence(
            set(t, load("g")),
            set(l, sub(sub(load("phi"), load("l")), mul(load("w"), get(t)))),
            store("dt", get(t)),
            store("dl", get(l)),
            set(cross, add(get(cross), mul(get(t), get(l)))),
            shorten([
              [load("t"), t],
              [load("l"), l],
            ]),
          ),
        ({ load, store }) =>
          sequence(
            set(s, mul(sub(add(load("e1"), load("e2")), mul(load("w1"), load("g"))), load("D"))),
            set(t, add(load("g"), get(s))),
            set(l, sub(load("e1"), mul(load("w1"), get(t)))),
            set(t, add(get(t), load("e"))),
            set(n, sub(load("e2"), mul(load("w2"), get(s)))),
            each(layout.equalities ? [t, l, s, n] : [], (step) =>
              set(step, mul(get(step), abs(load("sign")))),
            ),
            store("dt", get(t)),
            store("dl", get(l)),
            store("ds", get(s)),
            store("dn", get(n)),
            set(cross, add(get(cross), add(mul(get(t), get(l)), mul(get(s), get(n))))),
            shorten([
              [load("t"), t],
              [pairMultiplier(layout, load), l],
              [load("s"), s],
              [load("n"), n],
            ]),
          ),
      ),
      leaveResult(layout, "alpha", f64x2.lane(get(alpha), 0)),
      leaveResult(layout, "cross", f64.add(f64x2.lane(get(cross), 0), f64x2.lane(get(cross), 1))),
    );
  });
}

/** Multiplier l of a pair: zero in the place of an equality, whose multiplier belongs to no pair. */
function pairMultiplier({ equalities }: SimdLayout, load: Soft["load"]): Code {
  return equalities ? mul(load("l"), abs(load("sign"))) : load("l");
}

/** Leaves a number where JavaScript reads it. */
export function leaveResult({ results }: SimdLayout, name: keyof typeof RESULTS, value: Code): Code {
  return f64.store({ offset: results + 8 * RESULTS[name] }, value);
}

/** (alpha): takes the steps of w and of every pair; leaves sum, worst, largest and slope. */
export function updateKernel(layout: SimdLayout): FunctionParts {
  const { N, L, stages, stride, record } = layout;
  return emitFunction(["f64"], undefined, (emitter) => {
    const [alpha, sum, worst, largest, slope, t, l, s, n, rest] = emitter.vectors(10);
    const take = ({ load, store }: Soft | Hard, local: number, value: string, step: string): Code =>
      sequence(
        set(
          local,
          add((load as (n: string) => Code)(value), mul(get(alpha), (load as (n: string) => Code)(step))),
        ),
        (store as (n: string, v: Code) => Code)(value, get(local)),
      );
    const most = (local: number, value: Code): Code => set(local, pmax(value, get(local)));
    const both = (local: number, combine: (a: Code, b: Code) => Code): Code =>
      f64x2.lane(combine(get(local), splatLane(get(local), 1)), 0);
    return sequence(
      set(alpha, f64x2.splat(get(0))),
      set(rest, sub(ONE, get(alpha))),
      each([sum, worst, largest, slope], (local) => set(local, ZERO)),
      walk(emitter, i32.constant(stages), i32.constant(stages + (N + 1) * stride), stride, ({ local }) =>
        each(range(L), (c) => {
          const [w, dw] = (["w", "dw"] as const).map((name) => ({ local, offset: record[name] + 16 * c }));
          return v128.store(w, add(v128.load(w), mul(get(alpha), v128.load(dw))));
        }),
      ),
      eachBank(
        layout,
        emitter,
        (bank) =>
          sequence(
            take(bank, t, "t", "dt"),
            take(bank, l, "l", "dl"),
            set(t, mul(get(t), get(l))),
            set(sum, add(get(sum), get(t))),
            most(worst, get(t)),
          ),
        (bank) =>
          sequence(
            take(bank, t, "t", "dt"),
            take(bank, l, "l", "dl"),
            take(bank, s, "s", "ds"),
            take(bank, n, "n", "dn"),
            bank.store("e", mul(get(rest), bank.load("e"))),
            most(slope, sub(mul(bank.load("bend"), pmin(get(t), get(s))), get(n))),
            most(largest, mul(get(l), bank.load("size"))),
            set(t, mul(get(t), layout.equalities ? pairMultiplier(layout, bank.load) : get(l))),
            set(s, mul(get(s), get(n))),
            set(sum, add(get(sum), add(get(t), get(s)))),
            most(worst, pmax(get(t), get(s))),
          ),
      ),
      leaveResult(layout, "sum", both(sum, add)),
      leaveResult(layout, "worst", both(worst, pmax)),
      leaveResult(layout, "largest", both(largest, pmax)),
      leaveResult(layout, "slope", both(slope, pmax)),
    );
  });
}
