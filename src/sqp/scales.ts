import { largestMagnitude } from "../linalg/index.ts";
import { violationOf } from "../ocp/index.ts";
import { constraintChange } from "./constraints.ts";
import { closingStep } from "./defects.ts";
import type { SqpWorkspace } from "./workspace.ts";

type ScaleGroups = Pick<
  SqpWorkspace,
  "shape" | "current" | "defects" | "qp" | "regulator" | "scales" | "adjoint" | "duals" | "penalties"
>;

/** Constraints that ask for so many times more than the cost does say how far a control or a state will go. */
const FAR = 1e3;
/** What has less than this share of meeting the constraints has none. */
const ROUNDING = 1e-14;
/** The least size of a constraint that is violated by rounding, as a share of the terms that it is the sum of: far from a map's origin these are large. */
const OF_POSITION = 1e-8;
/** What is left of a sum whose terms are so many times larger is rounding, of finite differences too. */
const CANCELLED = 1e-9;

/**
 * Natural sizes of a problem at an iterate, which every tolerance is a share of, so that units decide nothing:
 *
 *     u_j  how large control j is over the horizon, or the regulator would make it
 *     x_i  how far state i moves from x_0, or the regulator would move it; without the bounds of controls where unstable dynamics run
 *          away from bounded ones
 *     c_i  what constraint i changes by then, sum_j |C_ij| x_j + |D_ij| u_j; its violation where by nothing, and where it is met,
 *          by what it would if every state and control moved as far as the farthest
 *
 * Closing the gaps of an iterate is part of the regulator's step. Where meeting the hard constraints takes far more than
 * that, u and x are what it takes ({@link stepToMeet}).
 *
 * @param w linearized, with the regulator of its cost; the gradient of its adjoint and `duals.dY` are overwritten
 */
export function naturalSizes(w: ScaleGroups): void {
  const { shape, current, defects, qp, regulator, scales } = w;
  const { N, nx, nu } = shape;
  const { u, x, dx, next, free, freeNext } = scales;
  const { A, B } = qp;
  u.fill(0);
  x.fill(0);
  dx.fill(0);
  free.fill(0);
  for (let k = 0; k < N; k++) {
    next.fill(0);
    freeNext.fill(0);
    for (let j = 0; j < nu; j++) {
      const at = k * nu + j;
      let du = regulator.feed[at];
      let unbounded = du;
      for (let i = 0; i < nx; i++) {
        du += regulator.K[at * nx + i] * dx[i];
        unbounded += regulator.K[at * nx + i] * free[i];
      }
      du = Math.min(Math.max(du, qp.uLower[at]), qp.uUpper[at]);
      u[j] = Math.max(u[j], Math.abs(current.U[at]), Math.abs(du));
      for (let i = 0; i < nx; i++) {
        next[i] += B[(k * nx + i) * nu + j] * du;
        freeNext[i] += B[(k * nx + i) * nu + j] * unbounded;
      }
    }
    for (let i = 0; i < nx; i++) {
      const gap = defects.open ? defects.E[k * nx + i] : 0;
      next[i] -= gap;
      freeNext[i] -= gap;
      for (let l = 0; l < nx; l++) {
        next[i] += A[(k * nx + i) * nx + l] * dx[l];
        freeNext[i] += A[(k * nx + i) * nx + l] * free[l];
      }
      const moved = Math.abs(current.x[k + 1][i] - current.x[0][i]);
      const bounded = Math.abs(next[i]);
      const unbounded = Math.abs(freeNext[i]);
      x[i] = Math.max(x[i], moved, bounded > FAR * unbounded ? unbounded : bounded);
    }
    dx.set(next);
    free.set(freeNext);
  }
  if (defects.open) closingStep(w);
  if (stepToMeet(w)) includeStep(w);
  sizeByCost(w);
  constraintSizes(w);
}

/**
 * The step towards the hard constraints, `-t H^{-1} g` with g the gradient of V = sum 1/2 (c / size)^2 in U, each violated
 * one (where there are gaps: that closing these would violate) a size of its own, H the curvature that controls see, and
 * t the length with which the linearized V is least: into `adjoint.gradient`. Where constraints contradict each other, and g next to vanishes, so does the step.
 *
 * @returns whether there is one
 */
function stepToMeet(w: ScaleGroups): boolean {
  const { shape, current, defects, qp, regulator, adjoint: a, duals, penalties } = w;
  const { gradient } = a;
  const { dY } = duals;
  dY.fill(0);
  for (let k = 0; defects.open && k <= shape.N; k++)
    constraintChange(shape, qp, k, { dX: defects.e, dU: defects.v }, dY);
  for (let at = 0; at < dY.length; at++) {
    const c = current.con[at] + dY[at];
    dY[at] = penalties.linear[at] === Infinity && violationOf(shape, at, c) > 0 ? -1 / c : 0;
  }
  if (!dropRounding(w)) return false;
  slopeOfViolation(w);
  const { curvature } = regulator;
  let square = 0;
  for (let i = 0; i < gradient.length; i++) square += gradient[i] ** 2 / curvature[i];
  if (!(square > 0 && square < Infinity)) return false;
  for (let i = 0; i < gradient.length; i++) {
    const share = gradient[i] ** 2 / curvature[i] / square;
    gradient[i] *= share > ROUNDING ? -1 / curvature[i] : 0;
  }
  const t = square / changeAlong(w);
  if (!(t < Infinity)) return false;
  for (let i = 0; i < gradient.length; i++) gradient[i] *= t;
  return true;
}

/**
 * Takes out violations, by their negative inverses in `duals.dY`, that are rounding for their coefficients beside others: a row of a goal
 * that is met already. @returns whether any is left
 */
function dropRounding({ shape, qp, duals: { dY } }: ScaleGroups): boolean {
  const { N, nx, nu, start, rowStart, controlRow } = shape;
  let farthest = 0;
  let left = false;
  for (const least of [0, ROUNDING]) {
    for (let k = 0; k <= N; k++) {
      for (let at = start[k]; at < start[k + 1]; at++) {
        if (dY[at] === 0) continue;
        const row = rowStart[k] + at - start[k];
        let strength = row < rowStart[k + 1] ? 0 : 1;
        if (row < rowStart[k + 1]) {
          for (let i = 0; i < nx; i++) strength = Math.max(strength, Math.abs(qp.C[row * nx + i]));
          const d = controlRow[row] * nu;
          for (let j = 0; d >= 0 && j < nu; j++) strength = Math.max(strength, Math.abs(qp.D[d + j]));
        }
        const reach = strength > 0 ? 1 / Math.abs(dY[at] * strength) : 0;
        if (least === 0) farthest = Math.max(farthest, reach);
        else if (reach < least * farthest) dY[at] = 0;
        else left = true;
      }
    }
  }
  return left;
}

/**
 * The gradient of the violation into `adjoint.gradient`, by the adjoint `p_k = A'p_{k+1} - C'y`, `g_k = B'p_{k+1} - D'y` with y in `duals.dY`;
 * sums that cancel but for rounding are zero. The pull of a goal to the left of a unicycle on its speed is such a sum.
 */
function slopeOfViolation({ shape, qp, adjoint: { gradient }, duals: { dY }, scales }: ScaleGroups): void {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  const { dx: later, next: p, free: terms } = scales;
  const add = (i: number, term: number): void => {
    p[i] += term;
    terms[i] += Math.abs(term);
  };
  const settle = (i: number): number => (Math.abs(p[i]) <= CANCELLED * terms[i] ? 0 : p[i]);
  later.fill(0);
  for (let k = N; k >= 0; k--) {
    for (let j = 0; k < N && j < nu; j++) {
      p[0] = terms[0] = 0;
      for (let i = 0; i < nx; i++) add(0, qp.B[(k * nx + i) * nu + j] * later[i]);
      for (let row = rowStart[k], at = start[k]; row < rowStart[k + 1]; row++, at++)
        if (controlRow[row] >= 0) add(0, -qp.D[controlRow[row] * nu + j] * dY[at]);
      gradient[k * nu + j] = settle(0);
    }
    p.fill(0);
    terms.fill(0);
    for (let i = 0; k > 0 && i < nx; i++) {
      for (let l = 0; k < N && l < nx; l++) add(i, qp.A[(k * nx + l) * nx + i] * later[l]);
      for (let row = rowStart[k], at = start[k]; row < rowStart[k + 1]; row++, at++)
        add(i, -qp.C[row * nx + i] * dY[at]);
    }
    const box = start[k + 1] - 2 * nb;
    for (let j = 0; k > 0 && j < nb; j++) {
      add(boxIndex[j], dY[box + nb + j]);
      add(boxIndex[j], -dY[box + j]);
    }
    for (let i = 0; i < nx; i++) later[i] = settle(i);
  }
}

/** Sum of `(dc / size)^2` of the violated constraints along the step in `adjoint.gradient`, by 1 / size in `duals.dY`. */
function changeAlong(w: ScaleGroups): number {
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = w.shape;
  const { C, D } = w.qp;
  const { dY } = w.duals;
  const { dx } = w.scales;
  const step = w.adjoint.gradient;
  let sum = 0;
  dx.fill(0);
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      if (dY[at] === 0) continue;
      let dc = 0;
      for (let i = 0; i < nx; i++) dc += C[row * nx + i] * dx[i];
      const d = controlRow[row] * nu;
      for (let j = 0; d >= 0 && j < nu; j++) dc += D[d + j] * step[k * nu + j];
      sum += (dc * dY[at]) ** 2;
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) sum += (dx[boxIndex[j % nb]] * dY[at]) ** 2;
    if (k < N) advance(w, k);
  }
  return sum;
}

/** `dx <- A dx + B du` of stage k, du in `adjoint.gradient`. */
function advance({ shape, qp: { A, B }, adjoint: { gradient: step }, scales }: ScaleGroups, k: number): void {
  const { nx, nu } = shape;
  const { dx, next } = scales;
  for (let i = 0; i < nx; i++) {
    next[i] = 0;
    for (let l = 0; l < nx; l++) next[i] += A[(k * nx + i) * nx + l] * dx[l];
    for (let j = 0; j < nu; j++) next[i] += B[(k * nx + i) * nu + j] * step[k * nu + j];
  }
  dx.set(next);
}

/** Gives controls of which nothing is known the size at which they cost as much as another does. */
function sizeByCost({ regulator: { curvature }, scales: { u } }: ScaleGroups): void {
  const nu = u.length;
  if (u.every((size) => size > 0)) return;
  let cost = 0;
  for (let i = 0; i < curvature.length; i++) cost = Math.max(cost, curvature[i] * u[i % nu] ** 2);
  for (let j = 0; cost > 0 && j < nu; j++) {
    let bend = 0;
    for (let i = j; i < curvature.length; i += nu) bend = Math.max(bend, curvature[i]);
    if (u[j] === 0 && bend > 0) u[j] = Math.sqrt(cost / bend);
  }
}

/** Takes the step in `adjoint.gradient` into the sizes of controls and states that it makes far larger. */
function includeStep(w: ScaleGroups): void {
  const { N, nx, nu } = w.shape;
  const { u, x, dx } = w.scales;
  const step = w.adjoint.gradient;
  dx.fill(0);
  for (let i = 0; i < step.length; i++)
    if (Math.abs(step[i]) > FAR * u[i % nu]) u[i % nu] = Math.abs(step[i]);
  for (let k = 0; k < N; k++) {
    advance(w, k);
    for (let i = 0; i < nx; i++) if (Math.abs(dx[i]) > FAR * x[i]) x[i] = Math.abs(dx[i]);
  }
}

function constraintSizes(w: ScaleGroups): void {
  const { shape, current, qp, scales } = w;
  const { N, nx, nu, nb, boxIndex, rowStart, start, controlRow } = shape;
  const { u, x, c } = scales;
  const farthest = largestMagnitude(x);
  const strongest = largestMagnitude(u);
  for (let k = 0; k <= N; k++) {
    let at = start[k];
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++, at++) {
      c[at] = 0;
      let most = 0;
      for (let j = 0; j < nx; j++) {
        const slope = Math.abs(qp.C[row * nx + j]);
        c[at] += slope * x[j];
        most += slope * farthest;
      }
      const d = controlRow[row] * nu;
      for (let j = 0; d >= 0 && j < nu; j++) {
        const slope = Math.abs(qp.D[d + j]);
        c[at] += slope * u[j];
        most += slope * strongest;
      }
      if (!(c[at] > 0)) c[at] = violationOf(shape, at, current.con[at]) || most || 1;
      const v = violationOf(shape, at, current.con[at]);
      const position = v > 0 ? positionTerms(w, k, row) : 0;
      if (v > 0 && v <= ROUNDING * position) c[at] = Math.max(c[at], OF_POSITION * position);
    }
    for (let j = 0; k > 0 && j < 2 * nb; j++, at++) {
      const i = boxIndex[j % nb];
      c[at] = x[i] || violationOf(shape, at, current.con[at]) || farthest || 1;
    }
  }
}

/** What a row is the sum of, linearized, from the origin of states and controls: what it is rounded by is a share of that. */
function positionTerms(
  { shape: { nx, nu, controlRow }, current, qp }: ScaleGroups,
  k: number,
  row: number,
): number {
  let sum = 0;
  for (let i = 0; i < nx; i++) sum += Math.abs(qp.C[row * nx + i] * current.x[k][i]);
  const d = controlRow[row] * nu;
  for (let j = 0; d >= 0 && j < nu; j++) sum += Math.abs(qp.D[d + j] * current.u[k][j]);
  return sum;
}
