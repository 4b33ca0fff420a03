import { type Ocp, rollout, totalCost, UNBOUNDED, type Vec } from "../ocp/index.ts";
import type { Augmented } from "./augmented-ocp.ts";
import { backwardPass } from "./backward-pass.ts";
import { evaluateDerivatives, makeConvex } from "./derivatives.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/** A promise that is a smaller share of the cost is none. */
const NOTHING = 1e-6;

/**
 * Natural sizes at the guess: of each constraint the largest value that it, or its likes at other stages, has there;
 * of the cost what one step of its regulator promises; the cost itself at an optimum without the constraints; what
 * meeting these takes ({@link priceOfMeeting}) where there is no cost. Penalties are in units of both.
 */
export function penaltySizes(ocp: Ocp, a: Augmented, w: IlqrWorkspace, x0: Vec): { c: Vec; cost: number } {
  const { layout } = a;
  const c = new Float64Array(layout.m).fill(1);
  if (!rollout(ocp, x0, w.current) || !evaluateDerivatives(ocp, w, "gaussNewton")) return { c, cost: 1 };
  const { start } = layout;
  const most = new Map<string, number>();
  const like = (k: number, i: number): string => `${start[k + 1] - start[k]} ${i - start[k]}`;
  for (let k = 0; k <= w.N; k++) {
    const values = a.constraints(w.current.x[k], w.current.u[k], k);
    for (let i = start[k]; i < start[k + 1]; i++) {
      const size = Math.abs(values[i]);
      if (size < UNBOUNDED) most.set(like(k, i), Math.max(size, most.get(like(k, i)) ?? 0));
    }
  }
  for (let k = 0; k <= w.N; k++) {
    for (let i = start[k]; i < start[k + 1]; i++) c[i] = most.get(like(k, i)) || 1;
  }
  makeConvex(w);
  let cost = Number.NaN;
  for (let mu = 0; Number.isNaN(cost) && mu < 1e3; mu = Math.max(1e-6, 10 * mu)) {
    if (backwardPass(ocp, w, mu)) cost = -(w.expected.linear + w.expected.quadratic);
  }
  // Near an optimum without the constraints next to nothing is promised, which says nothing of what they will take.
  const worth = Math.abs(totalCost(ocp, w.current));
  if (cost > NOTHING * worth && cost < Number.POSITIVE_INFINITY) return { c, cost };
  if (worth > 0) return { c, cost: worth };
  const price = priceOfMeeting(ocp, a, w, c);
  return { c, cost: price > 0 && price < Number.POSITIVE_INFINITY ? price : 1 };
}

/**
 * What meeting the constraints takes, by their violation V = sum 1/2 (c / size)^2 and its gradient g in U: the step
 * -t H^{-1} g that takes as much off as there is, t = V / g'H^{-1}g, costs 1/2 t^2 g'H^{-1}g. H is the diagonal of
 * curvatures that controls see.
 *
 * @param w with derivatives where the cost's own gradient is zero
 */
function priceOfMeeting(ocp: Ocp, a: Augmented, w: IlqrWorkspace, size: Vec): number {
  const given = a.lambda.slice();
  const curvature = w.units.curvature.slice();
  a.lambda.fill(0);
  for (let i = 0; i < size.length; i++) a.rho[i] = 1 / size[i] ** 2;
  const V = totalCost(a.ocp, w.current) - totalCost(ocp, w.current);
  evaluateDerivatives(a.ocp, w, "gaussNewton");
  a.lambda.set(given);
  let square = 0;
  w.gradient.forEach((g, i) => {
    square += g ** 2 / curvature[i % w.nu];
  });
  return V ** 2 / (2 * square);
}
