import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import {
  type Dynamics,
  hasRounding,
  type Ocp,
  type Vec,
  withFiniteDifferences,
  withoutRounding,
} from "../../src/ocp/index.ts";
import { solve, solveSqp } from "../../src/sqp/index.ts";

type Model = Pick<Dynamics, "nx" | "nu" | "step">;
const DT = 0.2;
const N = 14;

/** x = (px, py, yaw), u = (speed, turning). */
const unicycle: Model = {
  ...{ nx: 3, nu: 2 },
  step: ([p, q, yaw], [v, w], _k, out) =>
    void out.set([p + DT * v * Math.cos(yaw), q + DT * v * Math.sin(yaw), yaw + DT * w]),
};
/** x = (px, py, yaw, vx, vy, turning): a double integrator whose thrust turns with it; u = (thrust, torque). */
const thruster: Model = {
  ...{ nx: 6, nu: 2 },
  step: ([p, q, yaw, vp, vq, w], [f, m], _k, out) =>
    void out.set([
      ...[p + DT * vp, q + DT * vq, yaw + DT * w],
      ...[vp + DT * f * Math.cos(yaw), vq + DT * f * Math.sin(yaw), w + DT * m],
    ]),
};

type Form = "equalities" | "inequality" | "cost";

/** From rest at yaw to a point 1 m to its left, all turned by yaw, with the least effort. */
function toTheLeft(model: Model, form: Form, yaw: number, weight = 1): { ocp: Ocp; x0: Float64Array } {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const x0 = new Float64Array(model.nx);
  x0[2] = yaw;
  const ahead = (x: ArrayLike<number>): number => c * x[0] + s * x[1];
  const left = (x: ArrayLike<number>): number => c * x[1] - s * x[0] - 1;
  return {
    x0,
    ocp: withFiniteDifferences({
      ...{ N, dynamics: model },
      stageCost: (_x, u) => 0.1 * weight * (u[0] ** 2 + u[1] ** 2),
      terminalCost: (x) => (form === "cost" ? 20 * weight * (ahead(x) ** 2 + left(x) ** 2) : 0),
      rows:
        form === "cost"
          ? undefined
          : {
              count: form === "equalities" ? 2 : 1,
              kind: form === "equalities" ? "equality" : "inequality",
              stages: "terminal",
              value: (x: Vec, _k: number, out: Vec): void =>
                out.set(form === "equalities" ? [x[0] + s, x[1] - c] : [left(x)]),
            },
    }),
  };
}

const SOLVERS = [solveSqp, solveAlIlqr, solve] as const;
const YAWS = [0, Math.PI / 2, Math.PI, -Math.PI / 2, 100 * Math.PI, 0.7];

describe("a start from which the goal lies right to the side, where only sin(pi) = 1e-16 leads", () => {
  it.each([
    ["unicycle", "equalities", 0.93741],
    ["unicycle", "inequality", 0.68954],
    ["unicycle", "cost", 0.92421],
    ["thruster", "equalities", 1.2288],
    ["thruster", "inequality", 1.0606],
  ] as const)("costs the same whichever way it is turned: %s, %s", (name, form, optimum) => {
    const model = name === "unicycle" ? unicycle : thruster;
    for (const yaw of model === unicycle ? [0, Math.PI, 0.7] : [Math.PI]) {
      const { ocp, x0 } = toTheLeft(model, form, yaw);
      for (const run of model === unicycle ? SOLVERS : [solve]) {
        const { status, cost, violation } = run(ocp, x0);
        expect(status, `${run.name} ${yaw}`).toBe("converged");
        expect(violation).toBeLessThan(1e-6);
        expect(cost / optimum).toBeCloseTo(1, 3);
      }
    }
  });

  it("is met by AL-iLQR and solve, at the same cost, turned by any angle and in any unit of cost", () => {
    const exponent = fc.integer({ min: -8, max: 8 });
    const quarter = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(quarter, exponent, fc.constantFrom(solveAlIlqr, solve), (quarters, e, run) => {
        const { ocp, x0 } = toTheLeft(unicycle, "inequality", (quarters * Math.PI) / 4, 10 ** e);
        const { status, cost, violation } = run(ocp, x0);
        expect([status, violation < 1e-6]).toEqual(["converged", true]);
        expect(cost / 10 ** e).toBeCloseTo(0.68954, 3);
      }),
      { numRuns: 12, seed: 11 },
    );
  });
});

describe("derivatives without rounding", () => {
  it("lack what last digits of the arguments decide, and nothing else", () => {
    for (const yaw of YAWS) {
      const { ocp, x0 } = toTheLeft(unicycle, "equalities", yaw);
      const u = Float64Array.of(0.3, 0);
      const [own, clean] = [ocp, withoutRounding(ocp)].map(({ dynamics }) => {
        const [A, B] = [new Float64Array(9), new Float64Array(6)];
        dynamics.jacobian(x0, u, 0, A, B);
        return [...A, ...B];
      });
      const exact = [Math.cos(yaw), Math.sin(yaw)].map((v) => (Math.abs(v) < 1e-12 ? 0 : v));
      clean.forEach((entry, i) => {
        expect(entry === own[i] || (entry === 0 && Math.abs(own[i]) < 1e-9)).toBe(true);
      });
      expect([clean[9], clean[11]].map((v) => v === 0)).toEqual(exact.map((v) => v === 0));
    }
  });

  it("are those of the problem itself where nothing is rounding", () => {
    const { ocp, x0 } = toTheLeft(unicycle, "equalities", 0.7);
    const u = [Float64Array.of(0.3, 0.1)];
    expect(hasRounding({ ...ocp, N: 1 }, { x: [x0, x0], u })).toBe(false);
    const turned = toTheLeft(unicycle, "equalities", Math.PI);
    expect(hasRounding({ ...turned.ocp, N: 1 }, { x: [turned.x0, turned.x0], u })).toBe(true);
  });
});
