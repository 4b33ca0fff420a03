import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { closedLoopRobotQps, coldRobotQps } from "../../src/bench/qp-problems.ts";
import { createNavigationProblem } from "../../src/planner/index.ts";
import { createAdmm, createRiccatiIpm, type Qp, type QpSolver } from "../../src/qp/index.ts";
import { getRobot, ROBOT_NAMES } from "../../src/sim/index.ts";
import { createSqpWorkspace, solveSqp } from "../../src/sqp/index.ts";
import { carProblem } from "../sqp/car.ts";

/** The same QP, of whose A and B nothing is known. */
const unknown = (qp: Qp): Qp => ({ ...qp, shape: { ...qp.shape, sparsity: undefined } });

describe("sparsity of the dynamics", () => {
  it("changes no bit of any solution of the robot's QPs in JavaScript, cold and warm", () => {
    const cold = coldRobotQps({ seed: 0, count: 12 });
    const [shape, dense] = [cold[0].shape, unknown(cold[0]).shape];
    const [episode] = closedLoopRobotQps({
      seed: 1,
      episodes: 1,
      steps: 30,
      solver: createRiccatiIpm(shape),
    });
    const javascript = { kernels: "javascript" } as const;
    const solvers: [QpSolver, QpSolver][] = [
      [createRiccatiIpm(shape, javascript), createRiccatiIpm(dense, javascript)],
      [createAdmm(shape), createAdmm(dense)],
    ];
    for (const [known, plain] of solvers) {
      for (const [qps, call] of [
        [cold, {}],
        [episode, { warm: true, shift: true }],
      ] as const) {
        for (const qp of qps) expect(known.solve(qp, call)).toEqual(plain.solve(unknown(qp), call));
      }
    }
  });

  it("changes sums' order in WebAssembly, and no solution beyond rounding", () => {
    const qps = coldRobotQps({ seed: 0, count: 12 });
    const [known, plain] = [createRiccatiIpm(qps[0].shape), createRiccatiIpm(unknown(qps[0]).shape)];
    for (const qp of qps) {
      const [a, b] = [known.solve(qp), plain.solve(unknown(qp))];
      expect(a.iterations).toBe(b.iterations);
      // Controls of order one; the last interior-point steps solve systems of condition 1e8.
      for (let i = 0; i < a.dU.length; i++) expect(Math.abs(a.dU[i] - b.dU[i])).toBeLessThan(1e-7);
    }
  });

  it("reaches the QP from every robot, through its navigation problem", () => {
    for (const name of ROBOT_NAMES) {
      const { ocp } = createNavigationProblem(getRobot(name));
      expect(ocp.dynamics.sparsity).toBeDefined();
      expect(createSqpWorkspace(ocp).shape.sparsity).toBe(ocp.dynamics.sparsity);
    }
  });

  it("is refused where a QP's entry is not as declared, by stage and place", () => {
    const [qp] = coldRobotQps({ seed: createRng(3).int(1000), count: 1 });
    qp.A[7 * 25 + 5] = 1e-9;
    for (const create of [createRiccatiIpm, createAdmm]) {
      expect(() => create(qp.shape).solve(qp)).toThrow(
        "qp.A (1, 0) is 1e-9 at stage 7, expected 0 as sparsity declares",
      );
      expect(create(unknown(qp).shape).solve(unknown(qp)).status).toBe("solved");
    }
    expect(() => createRiccatiIpm(unknown(qp).shape).solve(qp)).toThrow(/sparsity/);
  });

  it("declared wrongly stops a solve at its first QP; a Jacobian that is NaN stays a status", () => {
    const ocp = carProblem();
    const x0 = Float64Array.of(0.25, 1.75, 0, 0);
    const declare = (A: string[]) => ({
      ...ocp,
      dynamics: { ...ocp.dynamics, sparsity: { A, B: ["**", "**", "**", "**"] } },
    });
    const right = declare(["10**", "01**", "001*", "0001"]);
    const [known, plain] = [solveSqp(right, x0), solveSqp(ocp, x0)];
    expect(known.iterations).toBe(plain.iterations);
    expect(known.cost).toBeCloseTo(plain.cost, 9);
    const wrong = declare(["10*0", "01**", "001*", "0001"]);
    expect(() => solveSqp(wrong, x0)).toThrow(/qp\.A \(0, 3\) is .* expected 0 as sparsity declares/);
    expect(() => solveSqp(right, x0, undefined, {}, createSqpWorkspace(ocp))).toThrow(/another sparsity/);
    const jacobian = (_x: unknown, _u: unknown, _k: unknown, A: Float64Array, B: Float64Array): void => {
      A.fill(Number.NaN);
      B.fill(Number.NaN);
    };
    expect(solveSqp({ ...right, dynamics: { ...right.dynamics, jacobian } }, x0).status).toBe("nonFinite");
  });
});
