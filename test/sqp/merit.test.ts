import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import { constraintPenalties, type Ocp, rowList } from "../../src/ocp/index.ts";
import { createRiccatiIpm } from "../../src/qp/index.ts";
import { adjoint } from "../../src/sqp/adjoint.ts";
import { closedLoopRollout } from "../../src/sqp/closed-loop-rollout.ts";
import { evaluateConstraints, multiplierStep } from "../../src/sqp/constraints.ts";
import { setWeights } from "../../src/sqp/elastic-qp.ts";
import { computeGains } from "../../src/sqp/gains.ts";
import { enterGuess } from "../../src/sqp/guess.ts";
import { createSqpWorkspace } from "../../src/sqp/index.ts";
import { kktResiduals } from "../../src/sqp/kkt.ts";
import { linearize } from "../../src/sqp/linearize.ts";
import { merit, meritSlope, resetSlacks, weighConstraints } from "../../src/sqp/merit.ts";
import { quadratizeCost } from "../../src/sqp/quadratize.ts";
import { naturalSizes } from "../../src/sqp/scales.ts";
import { carProblem } from "./car.ts";
import { cartPole } from "./problems.ts";
import { randomOcp } from "./random-ocp.ts";

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
  const { Y } = w.duals;
  for (let i = 0; i < Y.length; i++) Y[i] = multipliers * (w.shape.equal[i] ? rng.gauss() : rng.uniform());
  w.merit.rho.fill(3);
  linearize(ocp, w.shape, w.current, w.qp);
  quadratizeCost(ocp, w, 1e-3);
  const { penalties } = w;
  constraintPenalties(ocp, w.shape, penalties);
  w.elastic.linear.set(penalties.linear.map((z) => Math.min(z, 1e3)));
  w.elastic.quadratic.set(penalties.quadratic.map((Z, i) => (penalties.linear[i] < Infinity ? Z : 1e3)));
  setWeights(w.shape, w.qp, w.elastic);
  const solution = createRiccatiIpm(w.shape).solve(w.qp);
  multiplierStep(w.shape, solution.multipliers, w.duals);
  adjoint(w.shape, w.qp, Y, w.adjoint);
  naturalSizes(w);
  kktResiduals(w);
  weighConstraints(w, penalties);
  w.merit.rho.fill(3);
  resetSlacks(w, w.current);
  const slope = meritSlope(w, solution, penalties);
  computeGains("stable", w);
  const phi = (alpha: number): number => {
    closedLoopRollout(ocp, w, alpha, solution, true);
    evaluateConstraints(ocp, w.shape, w.candidate);
    return merit(ocp, w, w.candidate, alpha, penalties);
  };
  const h = 1e-5;
  // second-order one-sided difference: controls are clipped on the other side
  const difference = (-3 * phi(0) + 4 * phi(h) - phi(2 * h)) / (2 * h);
  return { slope, difference, curvature: Math.abs(phi(h) - 2 * phi(0) + phi(-h)) / (h * h) };
}

const soften = (ocp: Ocp, soft: { linear: number; quadratic: number }): Ocp => ({
  ...ocp,
  ...(ocp.rows === undefined ? {} : { rows: rowList(ocp.rows).map((rows) => ({ ...rows, soft })) }),
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

  it("equals it for hard equalities, of states and of controls", () => {
    const rng = createRng(24);
    for (let trial = 0; trial < 10; trial++) {
      const ocp = randomOcp(rng, {
        N: 6,
        nx: 3,
        nu: 2,
        rows: 0,
        box: 0,
        controlRows: 1,
        equal: 1,
        terminal: 2,
      });
      const { slope, difference } = slopes(ocp, Float64Array.of(0.3, -0.2, 0.1), rng, 5);
      expect(Math.abs(slope - difference)).toBeLessThan(1e-4 * (1 + Math.abs(slope)));
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
