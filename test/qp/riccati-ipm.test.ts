import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { closedLoopRobotQps, coldRobotQps } from "../../src/bench/qp-problems.ts";
import { createQp, createQpShape, type Qp } from "../../src/qp/qp.ts";
import { qpKktResidual, qpRelativeResidual } from "../../src/qp/qp-residual.ts";
import { createRiccatiIpm } from "../../src/qp/riccati-ipm.ts";
import { qpObjective, solveWithHighs, solveWithQuadprog, valueOfRow } from "./oracles.ts";
import { type RandomQpOptions, randomQp } from "./random-qp.ts";

const largest = (a: ArrayLike<number>): number => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const difference = (a: Float64Array, b: Float64Array): number => largest(a.map((v, i) => v - b[i]));

const families: [string, RandomQpOptions][] = [
  ["rows and boxes, some violated", {}],
  ["costs of 1e4", { cost: 1e4 }],
  ["costs of 1e-3", { cost: 1e-3 }],
  ["linear penalty 1e6 times the cost", { penalty: 1e6 }],
  ["linear penalty below the gradients", { penalty: 0.1, quadratic: 0.01 }],
  ["quadratic penalty only", { penalty: 0, quadratic: 100 }],
  ["quadratic penalty 1e5 times the cost", { penalty: 1, quadratic: 1e5 }],
  ["quadratic penalty only, 1e5 times the cost", { penalty: 0, quadratic: 1e5 }],
  ["Hessians of rank one", { rank: 1 }],
  ["no control bounds", { width: Infinity }],
  ["control bounds 1e-6 apart", { width: 1e-6 }],
  ["a third of the controls pinned", { pinned: 0.3 }],
  ["no rows, no boxes", { nc: 0, nb: 0 }],
  ["no rows, no boxes, no control bounds", { nc: 0, nb: 0, width: Infinity }],
  ["one stage, one state, one control", { N: 1, nx: 1, nu: 1, nc: 1, nb: 1 }],
  ["more controls than states", { nx: 2, nu: 5 }],
  ["a quadrotor's sizes", { N: 5, nx: 12, nu: 4 }],
  ["rows with controls, a stage without others", { nc: 0, control: 2 }],
  ["soft equalities, some in their slack", { terminal: 3, control: 1, equal: 0.5, penalty: 1 }],
  ["soft equalities at a price that is exact", { terminal: 3, penalty: 1e3, width: 2 }],
  [
    "equalities with a quadratic penalty only",
    { terminal: 3, control: 1, equal: 0.5, penalty: 0, quadratic: 100 },
  ],
];

describe("the interior point against oracles", () => {
  for (const [name, options] of families) {
    it(`equals quadprog: ${name}`, () => {
      const rng = createRng(7);
      for (let trial = 0; trial < 5; trial++) {
        const qp = randomQp(rng, options);
        const ipm = createRiccatiIpm(qp.shape, { tol: 1e-10 }).solve(qp);
        const oracle = solveWithQuadprog(qp);
        expect(ipm.status).toBe("solved");
        // The Hessian's smallest eigenvalue is 0.1 times the cost; multipliers of 1e6 times the cost count
        // for 1e4 in the dual scale, so that a residual of 1e-10 of it can move dU by 1e-5.
        const tolerance = (options.penalty ?? 0) > 1e3 ? 1e-5 : 1e-6;
        expect(difference(ipm.dU, oracle.dU)).toBeLessThan(tolerance * Math.max(1, largest(oracle.dU)));
        expect(difference(ipm.dX, oracle.dX)).toBeLessThan(10 * tolerance * Math.max(1, largest(oracle.dX)));
      }
    });
  }

  it("equals HiGHS, which gets dX, dU and slacks with nothing eliminated", async () => {
    const rng = createRng(11);
    for (const options of [
      {},
      { penalty: 0.5 },
      { rank: 1, width: 2 },
      { terminal: 2, control: 1, quadratic: 0 },
    ]) {
      const qp = randomQp(rng, { N: 5, ...options });
      const ipm = createRiccatiIpm(qp.shape).solve(qp);
      const oracle = await solveWithHighs(qp);
      // HiGHS works to 1e-7; the value is flat at the optimum.
      expect(qpObjective(qp, ipm.dU).value).toBeCloseTo(oracle.value, 6);
      expect(difference(ipm.dU, oracle.dU)).toBeLessThan(1e-4);
    }
  });

  it("finds the oracle's multipliers: at a row's kink, in its slack, and away from it", () => {
    const seen = { kink: 0, slack: 0, away: 0 };
    const rng = createRng(5);
    for (let trial = 0; trial < 6; trial++) {
      const qp = randomQp(rng, { penalty: 3 });
      const ipm = createRiccatiIpm(qp.shape, { tol: 1e-10 }).solve(qp);
      const oracle = solveWithQuadprog(qp);
      for (let row = 0; row < ipm.multipliers.rows.length; row++) {
        expect(ipm.multipliers.rows[row]).toBeCloseTo(oracle.rows![row], 4);
        const g = valueOfRow(qp, 1 + Math.floor(row / 2), row, ipm.dX, ipm.dU);
        if (g > 1e-4) seen.away++;
        else if (g < -1e-4) seen.slack++;
        else seen.kink++;
      }
    }
    expect(Math.min(seen.kink, seen.slack, seen.away)).toBeGreaterThan(2);
  });
});

describe("the interior point on robots", () => {
  it("solves 2000 random cold QPs without a failure", () => {
    const solver = createRiccatiIpm(coldRobotQps({ seed: 0, count: 1 })[0].shape);
    for (const qp of coldRobotQps({ seed: 123, count: 2000 })) {
      const solution = solver.solve(qp);
      expect(solution.status).toBe("solved");
      expect(qpRelativeResidual(qp, solution, qpKktResidual(qp, solution))).toBeLessThanOrEqual(1e-6);
      expect(solution.iterations).toBeLessThan(30);
    }
  });

  it("a warm start gives the cold solution, tick after tick", () => {
    const [episode] = closedLoopRobotQps({
      seed: 9,
      episodes: 1,
      steps: 40,
      solver: createRiccatiIpm(coldRobotQps({ seed: 0, count: 1 })[0].shape),
    });
    const cold = createRiccatiIpm(episode[0].shape, { tol: 1e-10 });
    const warm = createRiccatiIpm(episode[0].shape, { tol: 1e-10 });
    let [coldSteps, warmSteps] = [0, 0];
    episode.forEach((qp, tick) => {
      const one = cold.solve(qp);
      const other = warm.solve(qp, { warm: tick > 0, shift: true });
      expect(other.status).toBe("solved");
      expect(difference(one.dU, other.dU)).toBeLessThan(1e-5);
      coldSteps += one.iterations;
      warmSteps += other.iterations;
    });
    expect(warmSteps).toBeLessThan(coldSteps);
  });

  it("the same QP again, warm, takes a quarter of the steps", () => {
    let [before, after] = [0, 0];
    for (const qp of coldRobotQps({ seed: 77, count: 20 })) {
      const solver = createRiccatiIpm(qp.shape);
      const first = solver.solve(qp);
      const { iterations } = first;
      const value = qpObjective(qp, first.dU).value;
      const again = solver.solve(qp, { warm: true });
      expect(again.status).toBe("solved");
      before += iterations;
      after += again.iterations;
      // Values agree far better than controls, which a weakly active row leaves free to move.
      expect(Math.abs(qpObjective(qp, again.dU).value - value)).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(value)),
      );
    }
    expect(after).toBeLessThan(before / 4);
  });

  it("a warm start from an unrelated QP ends at the right solution", () => {
    const qps = coldRobotQps({ seed: 31, count: 100 });
    const warm = createRiccatiIpm(qps[0].shape, { tol: 1e-10 });
    const cold = createRiccatiIpm(qps[0].shape, { tol: 1e-10 });
    for (const qp of qps) {
      const other = warm.solve(qp, { warm: true });
      expect(other.status).toBe("solved");
      const value = qpObjective(qp, cold.solve(qp).dU).value;
      expect(Math.abs(qpObjective(qp, other.dU).value - value)).toBeLessThan(
        1e-7 * Math.max(1, Math.abs(value)),
      );
    }
  });

  it("plain loops and generated code take the same steps", () => {
    for (const qp of coldRobotQps({ seed: 2, count: 10 })) {
      const one = createRiccatiIpm(qp.shape).solve(qp);
      const other = createRiccatiIpm(qp.shape, { kernels: "loops" }).solve(qp);
      expect(other.iterations).toBe(one.iterations);
      expect(difference(one.dU, other.dU)).toBeLessThan(1e-8);
    }
  });
});

describe("the interior point on anything", () => {
  it("solves 500 QPs of every size and scale, cold, and again warm after the data moved", () => {
    const rng = createRng(2024);
    const decades = (least: number, most: number): number => least * (most / least) ** rng.uniform();
    for (let trial = 0; trial < 500; trial++) {
      const nx = 1 + rng.int(6);
      const width = rng.uniform() < 0.2 ? Infinity : decades(1e-8, 1e3);
      const options = {
        N: 1 + rng.int(20),
        nx,
        nu: 1 + rng.int(4),
        nc: rng.int(4),
        nb: rng.int(nx + 1),
        cost: decades(1e-3, 1e4),
        penalty: rng.uniform() < 0.1 ? 0 : decades(1e-1, 1e6),
        quadratic: rng.uniform() < 0.2 ? 0 : decades(1e-2, 1e5),
        width,
        rank: 1 + rng.int(nx),
        pinned: width < Infinity && rng.uniform() < 0.2 ? 0.3 : 0,
      };
      const qp = randomQp(rng, options);
      const rows = decades(1e-1, 1e2);
      for (const part of [qp.C, qp.c]) for (let i = 0; i < part.length; i++) part[i] *= rows;
      const solver = createRiccatiIpm(qp.shape, { kernels: "loops" });
      const what = `trial ${trial} ${JSON.stringify(options)}`;
      const check = (start: string, warm: boolean): void => {
        const solution = solver.solve(qp, { warm });
        expect(solution.status, `${what} ${start}`).toBe("solved");
        const relative = qpRelativeResidual(qp, solution, qpKktResidual(qp, solution));
        expect(relative, `${what} ${start}`).toBeLessThanOrEqual(1e-6);
      };
      check("cold", false);
      for (let i = 0; i < qp.q.length; i++) qp.q[i] *= 1 + 0.1 * rng.gauss();
      check("warm, another gradient", true);
      qp.weights.rowLinear.forEach((w, i, all) => {
        all[i] = 10 * w;
      });
      check("warm, another penalty", true);
      qp.uUpper.fill(Infinity);
      check("warm, bounds gone", true);
    }
  });
});

describe("the interior point in trouble", () => {
  const base = (): Qp => randomQp(createRng(3), { N: 6 });

  it("NaN or infinite data gives nonFinite and zeros, and the next QP is solved", () => {
    const solver = createRiccatiIpm(base().shape);
    for (const name of ["A", "B", "Q", "R", "M", "q", "r", "C", "c"] as const) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const qp = base();
        qp[name][qp[name].length - 1] = bad;
        const solution = solver.solve(qp, { warm: true });
        expect(solution.status).toBe("nonFinite");
        expect(solution.residual).toBe(Infinity);
        expect(largest([...solution.dX, ...solution.dU])).toBe(0);
        expect(solver.solve(base(), { warm: true }).status).toBe("solved");
      }
    }
    const bounds: [keyof Qp & ("uLower" | "uUpper" | "xLower" | "xUpper"), number][] = [
      ["uLower", Number.NaN],
      ["uUpper", Number.NaN],
      ["xLower", Number.NaN],
      ["xUpper", Number.NaN],
      ["uLower", Infinity],
      ["uUpper", -Infinity],
      ["xLower", Infinity],
      ["xUpper", -Infinity],
    ];
    for (const [name, bad] of bounds) {
      const qp = base();
      qp[name][5] = bad;
      expect(solver.solve(qp).status).toBe("nonFinite");
    }
    const qp = base();
    qp.weights.rowLinear[3] = Number.NaN;
    expect(solver.solve(qp).status).toBe("nonFinite");
  });

  it("rows that cannot be met end with slack in use", () => {
    const qp = base();
    for (let row = 0; row < qp.c.length; row++) qp.c[row] = -50;
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("solved");
    const oracle = solveWithQuadprog(qp);
    expect(difference(solution.dU, oracle.dU)).toBeLessThan(1e-5);
    expect(largest(solution.multipliers.rows)).toBeGreaterThan(qp.weights.rowLinear[0]);
  });

  it("a state box whose sides cross is a compromise, not a failure", () => {
    const qp = base();
    for (let i = 0; i < qp.xLower.length; i++) {
      qp.xLower[i] = 0.3;
      qp.xUpper[i] = -0.2;
    }
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("solved");
    expect(difference(solution.dU, solveWithQuadprog(qp).dU)).toBeLessThan(1e-5);
  });

  it("crossed control bounds end as maxIterations with the crossing as residual", () => {
    const qp = base();
    qp.uLower[4] = 1;
    qp.uUpper[4] = 0.5;
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("maxIterations");
    expect(qpKktResidual(qp, solution).feasibility).toBeCloseTo(0.25, 9);
    expect(solution.residual).toBeGreaterThanOrEqual(0.25);
    expect(solution.dU.every(Number.isFinite)).toBe(true);
  });

  it("with every control pinned, the solution is the bounds and multipliers carry the gradient", () => {
    const qp = randomQp(createRng(8), { pinned: 1 });
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("solved");
    expect(difference(solution.dU, qp.uLower)).toBeLessThan(1e-12);
    expect(qpKktResidual(qp, solution).max).toBeLessThan(1e-6);
  });

  it("too few steps end as maxIterations with finite numbers and an honest residual", () => {
    const qp = base();
    const solution = createRiccatiIpm(qp.shape, { maxIterations: 1 }).solve(qp);
    expect(solution.status).toBe("maxIterations");
    // The same sums in another order.
    expect(solution.residual / qpKktResidual(qp, solution).max).toBeCloseTo(1, 12);
    expect(solution.residual).toBeGreaterThan(1e-6);
  });

  it("an indefinite Hessian ends with finite numbers", () => {
    const qp = base();
    for (let i = 0; i < qp.R.length; i++) qp.R[i] *= -1;
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.dU.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(solution.residual)).toBe(true);
  });

  it("unstable dynamics that grow a thousandfold over the horizon are solved", () => {
    const qp = randomQp(createRng(4), { N: 30, nx: 4, nu: 2 });
    for (let k = 0; k < 30; k++) for (let i = 0; i < 4; i++) qp.A[(k * 4 + i) * 4 + i] = 1.26;
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("solved");
    expect(difference(solution.dU, solveWithQuadprog(qp).dU)).toBeLessThan(1e-5);
  });

  it("forty states are solved", () => {
    const qp = randomQp(createRng(6), { N: 10, nx: 40, nu: 6, nc: 3, nb: 5 });
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("solved");
    expect(qpRelativeResidual(qp, solution, qpKktResidual(qp, solution))).toBeLessThanOrEqual(1e-8);
  });

  it("a QP with nothing to gain has the solution zero", () => {
    const qp = createQp(createQpShape({ N: 4, nx: 3, nu: 2, nc: 1, boxIndex: [0] }));
    for (let i = 0; i < qp.R.length; i += 3) qp.R[i] = 1;
    qp.c.fill(1);
    const solution = createRiccatiIpm(qp.shape).solve(qp);
    expect(solution.status).toBe("solved");
    expect(largest(solution.dU)).toBeLessThan(1e-8);
  });

  it("misuse is refused with the name of what is wrong", () => {
    const qp = base();
    expect(() => createRiccatiIpm(qp.shape, { tol: 0 })).toThrow(/tol is 0/);
    expect(() => createRiccatiIpm(qp.shape, { maxIterations: 0.5 })).toThrow(/maxIterations is 0.5/);
    const other = createRiccatiIpm(createQpShape({ N: 6, nx: 4, nu: 3, nc: 2, boxIndex: [3, 2] }));
    expect(() => other.solve(qp)).toThrow(/qp.shape.nu is 2, expected 3/);
    expect(() => createRiccatiIpm(qp.shape).solve({ ...qp, c: new Float64Array(3) })).toThrow(
      /qp.c has length 3/,
    );
    qp.weights.rowLinear[1] = -1;
    expect(() => createRiccatiIpm(qp.shape).solve(qp)).toThrow(/weights.rowLinear\[1\] is -1/);
  });
});
