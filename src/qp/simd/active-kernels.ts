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
import { addProduct, each, emitFunction, splatLane, walk, ZERO } from "./emitter.ts";
import { part, type SimdLayout } from "./layout.ts";
import { eachBank, leaveResult } from "./pair-kernels.ts";

const { add, sub, mul, div, abs, pmax, less, differ } = f64x2;

/*
 * The active set keeps its numbers where the interior point has others: in t the value of a pair or row, in dl the
 * estimate of its multiplier, in g the value's step.
 */

/** Multiplier `way`, at least 0, as the penalty allows: into `way`. @param over local that is overwritten */
function bend(way: number, over: number, rho: number, linear: Code, curve: Code): Code {
  return sequence(
    set(over, sub(get(way), linear)),
    set(
      way,
      v128.select(
        add(linear, mul(div(curve, add(get(rho), curve)), get(over))),
        get(way),
        less(ZERO, get(over)),
      ),
    ),
  );
}

/** (rho): multipliers at the present values into l and phi, weights of the present piece; leaves worst and changed. */
export function selectKernel(layout: SimdLayout): FunctionParts {
  return emitFunction(["f64"], undefined, (emitter) => {
    const [rho, worst, changed, l, v, way, over, weight, equal] = emitter.vectors(9);
    const keep = (store: (value: Code) => Code, before: Code): Code =>
      sequence(set(changed, v128.or(get(changed), differ(get(weight), before))), store(get(weight)));
    return sequence(
      set(rho, f64x2.splat(get(0))),
      each([worst, changed], (local) => set(local, ZERO)),
      eachBank(
        layout,
        emitter,
        ({ load, store }) =>
          sequence(
            set(v, load("t")),
            set(l, pmax(ZERO, sub(load("dl"), mul(get(rho), get(v))))),
            set(weight, v128.and(get(rho), less(ZERO, get(l)))),
            set(worst, pmax(get(worst), abs(mul(get(l), get(v))))),
            store("l", get(l)),
            store("phi", get(l)),
            keep((value) => store("w", value), load("w")),
          ),
        ({ load, store }) =>
          sequence(
            set(v, load("t")),
            set(equal, less(ZERO, load("equal"))),
            set(l, sub(load("dl"), mul(get(rho), get(v)))),
            set(way, v128.select(abs(get(l)), pmax(ZERO, get(l)), get(equal))),
            set(
              weight,
              v128.and(
                v128.select(
                  div(mul(get(rho), load("curve")), add(get(rho), load("curve"))),
                  get(rho),
                  less(load("linear"), get(way)),
                ),
                less(ZERO, get(way)),
              ),
            ),
            bend(way, over, rho, load("linear"), load("curve")),
            // With l's sign.
            set(l, v128.or(get(way), v128.and(get(l), v128.constant(-0, -0)))),
            set(l, v128.select(get(l), get(way), get(equal))),
            store("l", get(l)),
            store("phi", get(l)),
            // A multiplier at its limit belongs to a row that is violated.
            set(v, mul(get(l), get(v))),
            set(
              worst,
              pmax(
                get(worst),
                v128.and(abs(get(v)), v128.or(less(get(way), load("linear")), less(ZERO, get(v)))),
              ),
            ),
            keep((value) => store("weight", value), load("weight")),
          ),
      ),
      leaveResult(layout, "worst", f64x2.lane(pmax(get(worst), splatLane(get(worst), 1)), 0)),
      leaveResult(layout, "changed", f64.fromInteger(v128.anyTrue(get(changed)))),
    );
  });
}

/** (alpha, rho): what the pairs and rows add to the derivative of the augmented Lagrangian along the step. */
export function slopeKernel(layout: SimdLayout): FunctionParts {
  return emitFunction(["f64", "f64"], "f64", (emitter) => {
    const [alpha, rho, sum, l, way, over, equal] = emitter.vectors(7);
    const raw = (dl: Code, t: Code, g: Code): Code => sub(dl, mul(get(rho), add(t, mul(get(alpha), g))));
    return sequence(
      set(alpha, f64x2.splat(get(0))),
      set(rho, f64x2.splat(get(1))),
      set(sum, ZERO),
      eachBank(
        layout,
        emitter,
        ({ load }) => addProduct(sum, pmax(ZERO, raw(load("dl"), load("t"), load("g"))), load("g")),
        ({ load }) =>
          sequence(
            set(equal, less(ZERO, load("equal"))),
            set(l, raw(load("dl"), load("t"), load("g"))),
            set(way, v128.select(abs(get(l)), pmax(ZERO, get(l)), get(equal))),
            bend(way, over, rho, load("linear"), load("curve")),
            set(
              way,
              v128.select(v128.or(get(way), v128.and(get(l), v128.constant(-0, -0))), get(way), get(equal)),
            ),
            addProduct(sum, get(way), load("g")),
          ),
      ),
      f64.neg(f64.add(f64x2.lane(get(sum), 0), f64x2.lane(get(sum), 1))),
    );
  });
}

/** Change H dw of the gradient along the step into rhs; leaves the products of the step with the gradient and with it. */
export function lineKernel(layout: SimdLayout): FunctionParts {
  const { nu, nx, N, L, columns, stages, stride } = layout;
  return emitFunction([], undefined, (emitter) => {
    const sums = emitter.vectors(L);
    const dw = emitter.vectors(L);
    const [linear, quadratic] = emitter.vectors(2);
    const total = (local: number): Code => f64.add(f64x2.lane(get(local), 0), f64x2.lane(get(local), 1));
    return sequence(
      each([linear, quadratic], (local) => set(local, ZERO)),
      walk(emitter, i32.constant(stages), i32.constant(stages + (N + 1) * stride), stride, (at) =>
        sequence(
          each(L, (c) => sequence(set(sums[c], ZERO), set(dw[c], v128.load(part(layout, at, "dw", c))))),
          each(nu + nx, (i) => {
            const f = splatLane(get(dw[Math.floor(columns[i] / 2)]), columns[i] % 2);
            return each(L, (c) => addProduct(sums[c], f, v128.load(part(layout, at, "H", i * L + c))));
          }),
          each(L, (c) =>
            sequence(
              v128.store(part(layout, at, "rhs", c), get(sums[c])),
              addProduct(linear, get(dw[c]), v128.load(part(layout, at, "gradient", c))),
              addProduct(quadratic, get(dw[c]), get(sums[c])),
            ),
          ),
        ),
      ),
      leaveResult(layout, "linear", total(linear)),
      leaveResult(layout, "quadratic", total(quadratic)),
    );
  });
}

/** (alpha): takes the step of the point, of the gradient (whose change is in rhs) and of the values. */
export function moveKernel(layout: SimdLayout): FunctionParts {
  const { N, L, stages, stride } = layout;
  return emitFunction(["f64"], undefined, (emitter) => {
    const [alpha] = emitter.vectors(1);
    const moved = (value: Code, step: Code): Code => add(value, mul(get(alpha), step));
    return sequence(
      set(alpha, f64x2.splat(get(0))),
      walk(emitter, i32.constant(stages), i32.constant(stages + (N + 1) * stride), stride, (at) =>
        each(L, (c) =>
          sequence(
            ...(["w", "gradient"] as const).map((name) => {
              const step = part(layout, at, name === "w" ? "dw" : "rhs", c);
              return v128.store(
                part(layout, at, name, c),
                moved(v128.load(part(layout, at, name, c)), v128.load(step)),
              );
            }),
          ),
        ),
      ),
      eachBank(
        layout,
        emitter,
        ({ load, store }) => store("t", moved(load("t"), load("g"))),
        ({ load, store }) => store("t", moved(load("t"), load("g"))),
      ),
    );
  });
}
