import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/index.ts";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import { pendulum } from "../sqp/problems.ts";

describe("a guess of states", () => {
  const { ocp, x0 } = pendulum();
  const optimum = solveIlqr(ocp, x0);

  it.each([solveIlqr, solveAlIlqr])(
    "alone is tracked: those of the swing-up end upright, at less than half the cost of zero controls",
    (solve) => {
      const tracking = { state: Float64Array.of(1e4, 1e4), control: Float64Array.of(1) };
      const [fromStates, fromNothing] = [{ X: optimum.X, tracking }, undefined].map((guess) =>
        solve(ocp, x0, guess, { maxIterations: 0 }),
      );
      expect(Math.abs(fromStates.X.at(-2)! - Math.PI)).toBeLessThan(0.5);
      expect(fromStates.cost).toBeLessThan(0.5 * fromNothing.cost);
      expect(fromStates.U.every((u) => Math.abs(u) <= ocp.uUpper[0])).toBe(true);
      const result = solve(ocp, x0, { X: optimum.X, tracking });
      expect(result.status).toBe("converged");
      expect(Math.abs(result.cost - optimum.cost)).toBeLessThan(1e-6 * optimum.cost);
    },
  );

  it("with its controls is the trajectory itself: no step is taken", () => {
    const again = solveIlqr(ocp, x0, optimum);
    expect([again.status, again.iterations]).toEqual(["converged", 0]);
    expect(again.U).toEqual(optimum.U);
  });

  it("of the wrong length is refused", () => {
    expect(() => solveAlIlqr(ocp, x0, { X: new Float64Array(7) })).toThrow(
      new ShapeError("X has length 7, expected (N+1)*nx = 122"),
    );
  });
});
