import { describe, expect, it } from "vitest";
import { ConfigError, createRng, ShapeError } from "../../src/base/index.ts";
import {
  checkDerivatives,
  type Ocp,
  type RowGroup,
  rowGroups,
  rowsOfGroup,
  withFiniteDifferences,
} from "../../src/ocp/index.ts";
import { carProblem } from "../sqp/car.ts";
import { handWritten } from "./fixtures.ts";

const check = (ocp: Ocp, options = {}): ReturnType<typeof checkDerivatives> =>
  checkDerivatives(ocp, undefined, createRng(1), options);

describe("checkDerivatives", () => {
  it("finds nothing wrong with right derivatives", () => {
    expect(check(handWritten(), { samples: 50 })).toEqual({ ok: true, worst: [] });
    expect(checkDerivatives(carProblem(), Float64Array.of(1, 2, 0, 3), createRng(2)).ok).toBe(true);
    const { N, dynamics, stageCost, terminalCost } = handWritten();
    const differenced = withFiniteDifferences({ N, dynamics, stageCost, terminalCost });
    expect(check(differenced)).toEqual({ ok: true, worst: [] });
  });

  it("needs no random numbers: without them it tries the same points at every call", () => {
    expect(checkDerivatives(handWritten())).toEqual({ ok: true, worst: [] });
    const wrong = plant("stageGradient r", 0, -1);
    expect(checkDerivatives(wrong).worst).toMatchObject([{ name: "stageGradient r", index: [0] }]);
    expect(checkDerivatives(wrong)).toEqual(checkDerivatives(wrong));
  });

  /** The hand-written problem with one entry of one output multiplied by `factor`. */
  function plant(name: string, entry: number, factor: number): Ocp {
    const ocp = handWritten();
    const rows = rowGroups(ocp)[0];
    const spoil = (v: Float64Array): void => {
      v[entry] *= factor;
    };
    const on = (wanted: string, v: Float64Array): void => {
      if (name === wanted) spoil(v);
    };
    return {
      ...ocp,
      dynamics: {
        ...ocp.dynamics,
        jacobian(x, u, k, A, B) {
          ocp.dynamics.jacobian(x, u, k, A, B);
          on("dynamics.jacobian A", A);
          on("dynamics.jacobian B", B);
        },
        hessian(x, u, k, p, H) {
          const added = new Float64Array(16);
          ocp.dynamics.hessian!(x, u, k, p, added);
          on("dynamics.hessian H", added);
          for (let i = 0; i < 16; i++) H[i] += added[i];
        },
      },
      stageGradient(x, u, k, q, r) {
        ocp.stageGradient(x, u, k, q, r);
        on("stageGradient q", q);
        on("stageGradient r", r);
      },
      stageHessian(x, u, k, Q, R, M) {
        ocp.stageHessian(x, u, k, Q, R, M);
        on("stageHessian Q", Q);
        on("stageHessian R", R);
        on("stageHessian M", M);
      },
      terminalGradient(x, q) {
        ocp.terminalGradient(x, q);
        on("terminalGradient q", q);
      },
      terminalHessian(x, Q) {
        ocp.terminalHessian(x, Q);
        on("terminalHessian Q", Q);
      },
      rows: rowsOfGroup({
        ...rows,
        jacobian(x, u, k, C, D) {
          rows.jacobian(x, u, k, C, D);
          on("rows.jacobian C", C);
        },
        hessian(x, u, k, p, H) {
          const added = new Float64Array(4);
          rows.hessian!(x, u, k, p, added);
          on("rows.hessian H", added);
          for (let i = 0; i < 4; i++) H[i] += added[i];
        },
      }),
    };
  }

  it.each([
    ["dynamics.jacobian A", 2, [1, 0]],
    ["dynamics.jacobian B", 3, [1, 1]],
    ["dynamics.hessian H", 2, [0, 2]],
    ["stageGradient q", 1, [1]],
    ["stageGradient r", 0, [0]],
    ["stageHessian Q", 3, [1, 1]],
    ["stageHessian R", 0, [0, 0]],
    ["stageHessian M", 3, [1, 1]],
    ["terminalGradient q", 0, [0]],
    ["terminalHessian Q", 3, [1, 1]],
    ["rows.jacobian C", 2, [1, 0]],
    ["rows.hessian H", 0, [0, 0]],
  ])("names a wrong sign in %s, entry %i, and nothing else", (name, entry, index) => {
    const { ok, worst } = check(plant(name, entry, -1));
    expect(ok).toBe(false);
    expect(worst).toHaveLength(1);
    expect(worst[0]).toMatchObject({ name, index });
    expect(worst[0].got).toBeCloseTo(-worst[0].expected, 3);
  });

  it("names an entry whose declared sparsity is not exactly what the Jacobian holds, and nothing else", () => {
    const ocp = handWritten();
    const declared = (B: string[]): Ocp => ({
      ...ocp,
      dynamics: { ...ocp.dynamics, sparsity: { A: ["**", "**"], B } },
    });
    expect(check(declared(["*0", "**"])).ok).toBe(true);
    const { worst } = check(declared(["**", "1*"]));
    expect(worst).toMatchObject([{ name: "sparsity B", index: [1, 0], got: 1 }]);
    // Far below the tolerance, and still refused: a solver leaves the entry out.
    const jacobian: Ocp["dynamics"]["jacobian"] = (x, u, k, A, B) => {
      ocp.dynamics.jacobian(x, u, k, A, B);
      B[1] = 1e-12;
    };
    const almost = { ...ocp, dynamics: { ...declared(["*0", "**"]).dynamics, jacobian } };
    expect(check(almost).worst).toMatchObject([
      { name: "sparsity B", index: [0, 1], got: 0, expected: 1e-12 },
    ]);
  });

  it("finds an error of one percent, and lets it pass with a tolerance of ten", () => {
    const ocp = plant("terminalHessian Q", 3, 1.01);
    expect(check(ocp).worst[0].name).toBe("terminalHessian Q");
    expect(check(ocp, { tolerance: 0.1 }).ok).toBe(true);
  });

  it("finds the same in any unit of the cost: right derivatives, and an error of one percent", () => {
    for (const unit of [1e-8, 1e-4, 1, 1e4, 1e8]) {
      const priced = (ocp: Ocp): Ocp => ({
        ...ocp,
        stageCost: (x, u, k) => unit * ocp.stageCost(x, u, k),
        terminalCost: (x) => unit * ocp.terminalCost(x),
        stageGradient(x, u, k, q, r) {
          ocp.stageGradient(x, u, k, q, r);
          for (const v of [q, r]) v.set(v.map((d) => unit * d));
        },
        stageHessian(x, u, k, Q, R, M) {
          ocp.stageHessian(x, u, k, Q, R, M);
          for (const v of [Q, R, M]) v.set(v.map((d) => unit * d));
        },
        terminalGradient(x, q) {
          ocp.terminalGradient(x, q);
          q.set(q.map((d) => unit * d));
        },
        terminalHessian(x, Q) {
          ocp.terminalHessian(x, Q);
          Q.set(Q.map((d) => unit * d));
        },
      });
      expect(check(priced(handWritten()), { samples: 20 })).toEqual({ ok: true, worst: [] });
      for (const name of ["stageGradient r", "terminalHessian Q"])
        expect(check(priced(plant(name, 0, 1.01))).worst.map((w) => w.name)).toEqual([name]);
    }
  });

  it("finds an entry that is never written", () => {
    const ocp = handWritten();
    const lazy: Ocp = {
      ...ocp,
      stageGradient(x, u, k, q, r) {
        const full = [new Float64Array(2), new Float64Array(2)];
        ocp.stageGradient(x, u, k, full[0], full[1]);
        q.set(full[0]);
        r[0] = full[1][0];
      },
    };
    const { worst } = check(lazy);
    expect(worst).toMatchObject([{ name: "stageGradient r", index: [1], got: Number.NaN }]);
  });

  it("finds a Hessian that overwrites where it should add", () => {
    const ocp = handWritten();
    const given = rowGroups(ocp)[0];
    const rows = { ...given, hessian: overwriting(given.hessian!.bind(given)) };
    expect(check({ ...ocp, rows: rowsOfGroup(rows) }).worst[0].name).toBe("rows.hessian H");
  });

  it("lists the worst first", () => {
    const ocp = plant("stageGradient q", 1, 1.5);
    const terminalGradient: Ocp["terminalGradient"] = (_x, q) => void q.fill(1e6);
    const { worst } = check({ ...ocp, terminalGradient });
    expect(worst.map((w) => w.name)).toEqual(["terminalGradient q", "stageGradient q"]);
    expect(worst[0].error).toBeGreaterThan(worst[1].error);
  });

  it("refuses arguments that do not fit", () => {
    const ocp = handWritten();
    const rng = createRng(1);
    expect(() => checkDerivatives(ocp, new Float64Array(3), rng)).toThrow(
      new ShapeError("x0 has length 3, expected nx = 2"),
    );
    expect(() => check(ocp, { samples: 0 })).toThrow(
      new ConfigError("samples is 0, expected an integer >= 1"),
    );
    expect(() => check(ocp, { tolerance: 0 })).toThrow(
      new ConfigError("tolerance is 0, expected a number > 0"),
    );
    expect(() => check(ocp, { spread: Number.NaN })).toThrow(
      new ConfigError("spread is NaN, expected a number > 0"),
    );
  });
});

type RowsHessian = NonNullable<RowGroup["hessian"]>;

function overwriting(add: RowsHessian): RowsHessian {
  return (x, u, k, p, H) => {
    H.fill(0);
    add(x, u, k, p, H);
  };
}
