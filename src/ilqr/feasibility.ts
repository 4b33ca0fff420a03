import { largestMagnitude } from "../linalg/index.ts";
import { controlOf, costTerms, type Ocp, rowGroups, type Vec, violationOf } from "../ocp/index.ts";
import { type Augmented, augmentedTerm, type Term } from "./augmented-ocp.ts";
import type { IlqrWorkspace } from "./workspace.ts";

/** What the constraints say at an iterate. */
export type Feasibility = {
  /** Largest violation of a hard constraint. */
  violation: number;
  softViolation: number;
  complementarity: number;
  /** Largest violation and complementarity as shares of the constraints' sizes ({@link sizesNow}). */
  missed: number;
  share: number;
  /** What multipliers take for constraints that do not hold them, `|y c|` of an inactive one, as a share of all costs. */
  untrue: number;
  /** Sum of the soft penalties. */
  paid: number;
  /** How many times larger a violated hard constraint was at the guess. */
  shrunk: number;
};

/** Where a row is met by standing still, and things move next to nothing, sizes are this share of what they were at the guess. */
const OF_GUESS = 1e-3;
const STILL = 1e-3;
/** Value and change that are, for a row's coefficients, this share of others' of its stage are rounding. */
export const NOTHING_THERE = 1e-12;

/**
 * Moves the multipliers, lambda <- y at the iterate, and says how far it was from feasible and complementary.
 *
 * @param sizes (m) of the constraints at the guess
 */
export function updateMultipliers(
  ocp: Ocp,
  a: Augmented,
  w: IlqrWorkspace,
  sizes: Vec,
  f: Feasibility,
): void {
  const { layout, lambda, rho, linear, quadratic } = a;
  const { start, equal } = layout;
  const term: Term = { value: 0, y: 0, curvature: 0 };
  const now = sizesNow(ocp, a, w, sizes);
  let products = 0;
  Object.assign(f, {
    violation: 0,
    softViolation: 0,
    complementarity: 0,
    paid: 0,
    missed: 0,
    share: 0,
    shrunk: 0,
  });
  for (let k = 0; k <= w.N; k++) {
    const c = a.constraints(w.current.x[k], w.current.u[k], k);
    for (let i = start[k]; i < start[k + 1]; i++) {
      augmentedTerm(c[i], lambda[i], rho[i], linear[i], quadratic[i], equal[i] === 1, term);
      const change = Math.abs(term.y - lambda[i]) / rho[i];
      const size = now[i];
      f.complementarity = Math.max(f.complementarity, change);
      f.share = Math.max(f.share, change / size);
      lambda[i] = term.y;
      const v = violationOf(layout, i, c[i]);
      if (v === 0) products += Math.abs(term.y * c[i]);
      if (linear[i] === Number.POSITIVE_INFINITY) {
        f.violation = Math.max(f.violation, v);
        f.missed = Math.max(f.missed, v / size);
        if (v > 0) f.shrunk = Math.max(f.shrunk, sizes[i] / size);
      } else {
        products += Math.abs(linear[i] + quadratic[i] * v - Math.abs(term.y)) * v;
        f.softViolation = Math.max(f.softViolation, v);
        f.paid += linear[i] * v + 0.5 * quadratic[i] * v * v;
      }
    }
  }
  f.untrue = products === 0 ? 0 : products / worth(ocp, w, f.paid);
}

/** What the trajectory costs, or what its controls are worth where that is more. */
function worth(ocp: Ocp, w: IlqrWorkspace, paid: number): number {
  const { gradient, largest } = w.units;
  return gradient.reduce((most, g, j) => Math.max(most, g * largest[j]), costTerms(ocp, w.current) + paid);
}

/**
 * Sizes (m) of the constraints along the trajectory: what they change by, `sum_j |dc/dx_j| x_j + |dc/du_j| u_j` with x_j how far state j
 * moves from where it begins and u_j the largest control, or what they are, linearized, where nothing moves, if that is more.
 *
 * @param guess (m) sizes at the guess, for what stands still: what explodes there, or is met there, says little of what is asked for
 */
function sizesNow(ocp: Ocp, a: Augmented, { N, nx, nu, current, units }: IlqrWorkspace, guess: Vec): Vec {
  const { start, blocks, m } = a.layout;
  const { x, u } = current;
  const [change, still, strength] = [0, 0, 0].map(() => new Float64Array(m));
  const range = x[0].map((from, i) => largestMagnitude(Float64Array.from(x, (at) => at[i] - from)));
  const groups = rowGroups(ocp);
  const { index } = ocp.stateBox ?? { index: [] };
  for (let k = 0; k <= N; k++) {
    const c = a.constraints(x[k], u[k], k);
    for (let at = start[k]; at < start[k + 1]; at++) still[at] = c[at];
    for (let j = 0; k > 0 && j < 2 * index.length; j++) {
      const [at, i] = [start[k + 1] - 2 * index.length + j, index[j % index.length]];
      change[at] = range[i];
      strength[at] = 1;
      still[at] += (j < index.length ? -1 : 1) * (x[k][i] - x[0][i]);
    }
  }
  for (const { group, k, count, at } of blocks) {
    const control = controlOf(groups[group], u[k] ?? range.subarray(0, 0));
    const [C, D] = [new Float64Array(count * nx), new Float64Array(count * control.length)];
    groups[group].jacobian(x[k], control, k, C, D);
    const add = (row: number, slope: number, by: number, most: number): void => {
      change[row] += Math.abs(slope) * most;
      strength[row] = Math.max(strength[row], Math.abs(slope));
      still[row] -= slope * by;
    };
    for (let i = 0; i < C.length; i++)
      add(at + Math.floor(i / nx), C[i], x[k][i % nx] - x[0][i % nx], range[i % nx]);
    for (let i = 0; i < D.length; i++)
      add(at + Math.floor(i / nu), D[i], control[i % nu], units.largest[i % nu]);
  }
  const own = change.map((v, i) => Math.max(v, Math.abs(still[i])));
  const nothing = new Float64Array(m);
  for (let k = 0; k <= N; k++) {
    let farthest = 0;
    for (let i = start[k]; i < start[k + 1]; i++)
      if (strength[i] > 0) farthest = Math.max(farthest, own[i] / strength[i]);
    for (let i = start[k]; i < start[k + 1]; i++) nothing[i] = NOTHING_THERE * strength[i] * farthest;
  }
  return guess.map((size, i) => {
    const floor = Math.abs(still[i]) <= STILL * change[i] || own[i] <= nothing[i] ? OF_GUESS * size : 0;
    return Math.max(own[i], floor) || size;
  });
}
