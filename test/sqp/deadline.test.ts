import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { solveAlIlqr, solveIlqr } from "../../src/ilqr/index.ts";
import type { Ocp, Vec } from "../../src/ocp/index.ts";
import { createAdmm, createRiccatiIpm, type QpSolver } from "../../src/qp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";
import { randomQp } from "../qp/random-qp.ts";
import { carProblem } from "./car.ts";

/** The car among discs and a wall that it cannot pass, so that feasibility is restored and the solve begins anew. */
function walled(): Ocp {
  const car = carProblem();
  return {
    ...car,
    N: 10,
    stateBox: { index: [0], lower: Float64Array.of(-1), upper: Float64Array.of(1e3) },
    rows: {
      count: 1,
      kind: "equality",
      stages: "terminal",
      value: (x: Vec, _k: number, c: Vec) => c.set([x[0] - 50]),
      jacobian: (_x: Vec, _k: number, C: Vec) => C.set([1, 0, 0, 0]),
    },
  };
}

/** A clock that the problem's steps move, a millisecond each, as does every reading. */
function metered(ocp: Ocp): { readonly ocp: Ocp; readonly clock: () => number; readonly now: () => number } {
  let now = 0;
  const { dynamics } = ocp;
  const step: typeof dynamics.step = (x, u, k, out) => {
    now++;
    dynamics.step(x, u, k, out);
  };
  return { ocp: { ...ocp, dynamics: { ...dynamics, step } }, clock: () => ++now, now: () => now };
}

const x0 = Float64Array.of(0.25, 1.75, 0, 0);
const free = (): Ocp => ({ ...carProblem(), rows: undefined });

describe("a deadline", () => {
  it.each([
    ["solve", walled, solve],
    ["solveSqp", walled, solveSqp],
    ["solveAlIlqr", walled, solveAlIlqr],
    ["solveIlqr", free, solveIlqr],
  ] as const)(
    "of %s is passed by no more than a rollout and what is said of its end",
    (_name, problem, run) => {
      const whole = metered(problem());
      run(whole.ocp, x0, undefined, { clock: whole.clock });
      const total = whole.now();
      for (const share of [0.1, 0.4, 0.8]) {
        const { ocp, clock, now } = metered(problem());
        const deadline = Math.round(share * total);
        const { status } = run(ocp, x0, undefined as Vec | undefined, { clock, deadline });
        expect(status, `at ${deadline} of ${total}`).toBe("deadline");
        expect(now() - deadline, `at ${deadline} of ${total}`).toBeLessThan(6 * ocp.N);
      }
    },
  );

  it.each([
    ["the interior point", (q: ReturnType<typeof randomQp>): QpSolver => createRiccatiIpm(q.shape)],
    ["operator splitting", (q: ReturnType<typeof randomQp>): QpSolver => createAdmm(q.shape)],
  ])("ends a QP within an iteration, with a point: %s", (_name, create) => {
    const qp = randomQp(createRng(1));
    const solver = create(qp);
    const all = solver.solve(qp).iterations;
    expect(all).toBeGreaterThan(3);
    let asked = 0;
    const cut = solver.solve(qp, { late: () => ++asked > 3 });
    expect(cut.iterations).toBeLessThanOrEqual(3);
    expect(cut.status).not.toBe("nonFinite");
    expect(solver.solve(qp).status).toBe("solved");
  });
});
