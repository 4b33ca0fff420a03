import { addTransposed, largestMagnitude, negativeCurvature } from "../linalg/index.ts";
import { controlOf, type Ocp, rollout, rowGroups, totalCost, UNBOUNDED, type Vec } from "../ocp/index.ts";
import type { Augmented } from "./augmented-ocp.ts";
import { backwardPass } from "./backward-pass.ts";
import { evaluateDerivatives, makeConvex } from "./derivatives.ts";
import { NOTHING_THERE } from "./feasibility.ts";
import { type IlqrWorkspace, type Stacked, stackedDerivatives } from "./workspace.ts";

/** A promise that is a smaller share of the cost is none. */
const NOTHING = 1e-6;

/** Coefficients are looked at where values differ by so much. */
const MAYBE_NOTHING = 1e-6;

/** Sizes (m) of the constraints, and of the cost. */
export type PenaltySizes = { readonly c: Vec; readonly cost: number };

/**
 * Natural sizes at the guess: of each constraint the largest value that it, or its likes at other stages, has there;
 * of the cost what one step of its regulator promises; the cost itself at an optimum without the constraints; what
 * meeting these takes ({@link priceOfMeeting}) where there is no cost. Penalties are in units of both.
 */
export function penaltySizes(ocp: Ocp, a: Augmented, w: IlqrWorkspace, x0: Vec): PenaltySizes {
  w.own = undefined;
  w.violated = false;
  const sizes = sizesAt(ocp, a, w, x0);
  w.own = a.own;
  return sizes;
}

function sizesAt(ocp: Ocp, a: Augmented, w: IlqrWorkspace, x0: Vec): PenaltySizes {
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
    const all = Array.from({ length: start[k + 1] - start[k] }, (_, j) => start[k] + j);
    const values = all.map((i) => most.get(like(k, i)) ?? 0);
    const largest = Math.max(0, ...values);
    if (!values.some((v) => v > 0 && v < MAYBE_NOTHING * largest)) continue;
    const reach = all.map((i, j) => values[j] / (strengthOf(ocp, a, w, i, k) || Number.POSITIVE_INFINITY));
    const farthest = Math.max(...reach);
    all.forEach((i, j) => {
      if (reach[j] < NOTHING_THERE * farthest) most.set(like(k, i), 0);
    });
  }
  for (let k = 0; k <= w.N; k++) {
    for (let i = start[k]; i < start[k + 1]; i++) c[i] = most.get(like(k, i)) || 1;
  }
  const curvature = w.units.curvature.slice();
  const cost = costSize(ocp, a, w, c);
  // What is zero wherever it holds has the size that a step worth the cost changes it by.
  for (let k = w.N; k >= 0; k--) {
    for (let i = start[k]; i < start[k + 1]; i++) {
      if (most.get(like(k, i)) === 0) most.set(like(k, i), changeOf(ocp, a, w, i, k, cost, curvature));
      c[i] = most.get(like(k, i)) ?? 1;
    }
    for (let i = start[k]; i < start[k + 1]; i++) if (c[i] === 0) c[i] = likeOthers(ocp, a, w, c, i, k);
  }
  return { c, cost };
}

/** Coefficients of constraint i of stage k: p (nx) of the state, d (nu or none) of the control. */
function slopeOf(
  ocp: Ocp,
  { layout }: Augmented,
  { nx, current: { x, u } }: IlqrWorkspace,
  i: number,
  k: number,
): { readonly p: Vec; readonly d: Vec } {
  const block = layout.blocks.find(({ at, count }) => at <= i && i < at + count);
  if (block === undefined) {
    const { index } = ocp.stateBox!;
    const p = new Float64Array(nx);
    p[index[(i - layout.start[k + 1] + 2 * index.length) % index.length]] = 1;
    return { p, d: new Float64Array(0) };
  }
  const rows = rowGroups(ocp)[block.group];
  const control = controlOf(rows, u[k]);
  const n = control.length;
  const [C, D] = [new Float64Array(rows.count * nx), new Float64Array(rows.count * n)];
  rows.jacobian(x[k], control, k, C, D);
  const row = i - block.at;
  return { p: C.slice(row * nx, (row + 1) * nx), d: D.slice(row * n, (row + 1) * n) };
}

/** How far a step that is worth `cost` changes a constraint of stage k: `sqrt(2 cost sum (dc/du)^2 / H)`. */
function changeOf(
  ocp: Ocp,
  a: Augmented,
  w: IlqrWorkspace,
  i: number,
  k: number,
  cost: number,
  curvature: Vec,
): number {
  const { nx, nu, derivatives } = w;
  const { A, B } = derivatives;
  let { p, d } = slopeOf(ocp, a, w, i, k);
  let square = 0;
  for (let j = 0; j < d.length; j++) square += d[j] ** 2 / curvature[j];
  for (let l = k - 1; l >= 0; l--) {
    const [g, next] = [new Float64Array(nu), new Float64Array(nx)];
    addTransposed(B[l], 0, p, 0, nu, nx, 1, g, 0);
    addTransposed(A[l], 0, p, 0, nx, nx, 1, next, 0);
    for (let j = 0; j < nu; j++) square += g[j] ** 2 / curvature[j];
    p = next;
  }
  return Math.sqrt(2 * cost * square);
}

/** The size that constraint i of stage k has if it changes, for its coefficients, as much as the others there; 1 without others. */
function likeOthers(ocp: Ocp, a: Augmented, w: IlqrWorkspace, c: Vec, i: number, k: number): number {
  const { start } = a.layout;
  let most = 0;
  for (let at = start[k]; at < start[k + 1]; at++)
    most = Math.max(most, c[at] / strengthOf(ocp, a, w, at, k) || 0);
  return strengthOf(ocp, a, w, i, k) * most || 1;
}

/** Largest coefficient of constraint i of stage k. */
function strengthOf(ocp: Ocp, a: Augmented, w: IlqrWorkspace, i: number, k: number): number {
  const { p, d } = slopeOf(ocp, a, w, i, k);
  return largestMagnitude(p) || largestMagnitude(d);
}

/** What the cost is worth: see {@link penaltySizes}. @param c sizes of the constraints that have one, 1 of others */
function costSize(ocp: Ocp, a: Augmented, w: IlqrWorkspace, c: Vec): number {
  makeConvex(w);
  let cost = Number.NaN;
  for (let mu = 0; Number.isNaN(cost) && mu < 1e3; mu = Math.max(1e-6, 10 * mu)) {
    if (backwardPass(ocp, w, mu)) cost = -(w.expected.linear + w.expected.quadratic);
  }
  // Near an optimum without the constraints next to nothing is promised, which says nothing of what they will take.
  const worth = Math.abs(totalCost(ocp, w.current));
  if (cost > NOTHING * worth && cost < Number.POSITIVE_INFINITY) return cost;
  if (worth > 0) return worth;
  const price = priceOfMeeting(ocp, a, w, c);
  return price > 0 && price < Number.POSITIVE_INFINITY ? price : 1;
}

/**
 * What meeting the constraints takes, by their violation V = sum 1/2 (c / size)^2 and its gradient g in U: the step
 * -t H^{-1} g that takes as much off as there is, t = V / g'H^{-1}g, costs 1/2 t^2 g'H^{-1}g. H is the diagonal of
 * curvatures that controls see. A step d along which V bends down, d'V''d < 0, takes all of it at t = sqrt(2 V / |d'V''d|) and
 * costs 1/2 t^2 d'Hd, H the cost's Hessian: the least weight w with which H + w V'' bends down times V. It is
 * the cheaper one where V has next to no gradient, as at the centre of a circle.
 *
 * @param w with the units of an iterate; its derivatives are overwritten
 */
export function priceOfMeeting(ocp: Ocp, a: Augmented, w: IlqrWorkspace, c: Vec): number {
  const { nu } = w;
  const [given, full] = [a.lambda.slice(), a.full];
  const curvature = w.units.curvature.slice();
  const along = (U: Vec): number => U.reduce((sum, u, i) => sum + curvature[i % nu] * u ** 2, 0);
  evaluateDerivatives(ocp, w, "full");
  const [own, slope] = [stackedDerivatives(w), w.gradient.slice()];
  a.lambda.fill(0);
  a.full = true;
  for (let i = 0; i < c.length; i++) a.rho[i] = 1 / c[i] ** 2;
  const V = totalCost(a.ocp, w.current) - totalCost(ocp, w.current);
  evaluateDerivatives(a.ocp, w, "full");
  a.lambda.set(given);
  a.full = full;
  const square = along(w.gradient.map((g, i) => (g - slope[i]) / curvature[i % nu]));
  const all = stackedDerivatives(w);
  for (const name of ["Q", "R", "M"] as const) {
    for (let i = 0; i < all[name].length; i++) all[name][i] -= own[name][i];
  }
  return Math.min(V ** 2 / (2 * square), V * leastBendingWeight(own, all, curvature));
}

/** Exponents of ten between which a weight is looked for, and how closely. */
const WEIGHTS = { least: -100, most: 100, apart: 1e-3 };

/** The least weight of a Hessian V with which H + weight V bends down, to a share of a hundredth; Infinity where none does, or every one. */
function leastBendingWeight(H: Stacked, V: Stacked, curvature: Vec): number {
  const size = curvature.map((h) => 1 / Math.sqrt(h));
  const bends = (exponent: number): boolean => {
    const [Q, R, M] = (["Q", "R", "M"] as const).map((name) =>
      H[name].map((h, i) => h + 10 ** exponent * V[name][i]),
    );
    return negativeCurvature({ ...V, Q, R, M }, size) !== undefined;
  };
  let { least, most } = WEIGHTS;
  if (bends(least) || !bends(most)) return Number.POSITIVE_INFINITY;
  while (most - least > WEIGHTS.apart) {
    const middle = (least + most) / 2;
    if (bends(middle)) most = middle;
    else least = middle;
  }
  return 10 ** most;
}
