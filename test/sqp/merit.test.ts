import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import type { Ocp } from "../../src/ocp/index.ts";
import { createRiccatiIpm } from "../../src/qp/index.ts";
import { linearize, quadratize, setPenalties } from "../../src/sqp/build-qp.ts";
import { closedLoopRollout } from "../../src/sqp/closed-loop-rollout.ts";
import { constraintPenalties, evaluateConstraints } from "../../src/sqp/constraints.ts";
import { computeGains } from "../../src/sqp/gains.ts";
import { enterGuess } from "../../src/sqp/guess.ts";
import { createSqpWorkspace } from "../../src/sqp/index.ts";
import { merit, meritSlope, resetSlacks } from "../../src/sqp/merit.ts";
import { carProblem } from "./car.ts";
import { cartPole } from "./problems.ts";

/** The merit's slope at 0 as the solver has it and by differences along the closed-loop rollout. */
function slopes(
  ocp: Ocp,
  x0: Float64Array,
  rng: Rng,
  multipliers: number,
): { slope: number; difference: number; curvature: number } {
  const w = createSqpWorkspace(ocp);
  const U = Float64Array.from({ length: ocp.N * ocp.dynamics.nu }, () => 0.8 * rng.gauss());
  enterGuess(ocp, w, x0, U);
  for (let i = w.m; i < w.Y.length; i++) w.Y[i] = multipliers * rng.uniform();
  w.rho.fill(3);
  linearize(ocp, w);
  quadratize(ocp, w, "gaussNewton", 1e-3);
  const terms = constraintPenalties(ocp);
  setPenalties(w, terms.rows, terms.box, 1e3);
  const solution = createRiccatiIpm(w.shape).solve(w.qp);
  const { rows, xLower, xUpper } = solution.multipliers;
  for (let k = 1; k <= w.N; k++) {
    for (let i = 0; i < w.nc; i++) w.dY[k * w.m + i] = rows[k * w.nc + i] - w.Y[k * w.m + i];
    for (let j = 0; j < w.nb; j++) {
      const at = k * w.m + w.nc + j;
      w.dY[at] = xLower[k * w.nb + j] - w.Y[at];
      w.dY[at + w.nb] = xUpper[k * w.nb + j] - w.Y[at + w.nb];
    }
  }
  resetSlacks(w);
  const slope = meritSlope(w, solution, terms);
  computeGains("stable", w);
  const phi = (alpha: number): number => {
    closedLoopRollout(ocp, w, alpha, solution.dX, solution.dU, true);
    evaluateConstraints(ocp, w.candidate, w, w.conCandidate, w.conCandidateStages);
    return merit(ocp, w, w.candidate, w.conCandidate, alpha, terms);
  };
  const h = 1e-5;
  // second-order one-sided difference: controls are clipped on the other side
  const difference = (-3 * phi(0) + 4 * phi(h) - phi(2 * h)) / (2 * h);
  return { slope, difference, curvature: Math.abs(phi(h) - 2 * phi(0) + phi(-h)) / (h * h) };
}

const soften = (ocp: Ocp, soft: { linear: number; quadratic: number }): Ocp => ({
  ...ocp,
  ...(ocp.rows === undefined ? {} : { rows: { ...ocp.rows, soft } }),
  ...(ocp.stateBox === undefined ? {} : { stateBox: { ...ocp.stateBox, soft } }),
});
const start = Float64Array.of(0.25, 1.75, 0, 0);

describe("the merit's slope", () => {
  it("equals the difference of the merit along the step for hard rows", () => {
    const rng = createRng(21);
    for (let trial = 0; trial < 10; trial++) {
      const { slope, difference } = slopes(carProblem(), start, rng, 5);
      expect(Math.abs(slope - difference)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      expect(slope).toBeLessThan(0);
    }
  });

  it("equals it for a hard state box", () => {
    const rng = createRng(22);
    const { ocp, x0 } = cartPole();
    for (let trial = 0; trial < 10; trial++) {
      const { slope, difference } = slopes(
        {
          ...ocp,
          stateBox: { ...ocp.stateBox!, lower: Float64Array.of(-0.05), upper: Float64Array.of(0.05) },
        },
        x0,
        rng,
        5,
      );
      expect(Math.abs(slope - difference)).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
      expect(slope).toBeLessThan(0);
    }
  });

  it("is never less steep than the merit where rows are soft, whatever the penalty", () => {
    const rng = createRng(23);
    for (const soft of [
      { linear: 10, quadratic: 0 },
      { linear: 500, quadratic: 50 },
    ]) {
      for (let trial = 0; trial < 10; trial++) {
        const { slope, difference } = slopes(soften(carProblem(), soft), start, rng, 0);
        expect(difference).toBeLessThan(slope + 1e-4 * (1 + Math.abs(slope)));
        expect(slope).toBeLessThan(0);
      }
    }
  });
});
