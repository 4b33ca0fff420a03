import { describe, expect, it } from "vitest";
import { type OcpScale, scaleOcp } from "../../src/bench/ocp/scale-ocp.ts";
import { qpUnits } from "../../src/sqp/qp-units.ts";
import { solveSqp } from "../../src/sqp/solve-sqp.ts";
import { ZOO, type ZooName } from "../../src/zoo/index.ts";

/** What a solve comes to, in the problem's own units. */
function outcome(name: ZooName, scale: OcpScale) {
  const { ocp, x0, guess } = ZOO[name]();
  const { state = 1, control = 1 } = scale;
  const { status, iterations, U } = solveSqp(
    scaleOcp(ocp, scale),
    x0.map((x) => x * state),
    guess.map((u) => u * control),
  );
  return { status, iterations, U: Array.from(U, (u) => (u / control).toFixed(8)) };
}

describe("problems of the zoo in other units", () => {
  it.each([
    // At rest and straight ahead, the sideways row is zero and no control changes it.
    ["constrained-car", { row: 2 ** 20 }],
    // Yaw has a size by its cost alone at first; declared sparsity is lost with the unit.
    ["turn90", { state: 2 ** -20 }],
    ["race-car", { control: 2 ** 20 }],
  ] as const)("%s takes the same steps with %j", (name, scale) => {
    const own = outcome(name, {});
    expect(own.status).toBe("converged");
    expect(outcome(name, scale)).toEqual(own);
  });
});

describe("units of a QP", () => {
  const sized = (x: number[], u: number[], A: string[], B: string[], coupling = 0) => {
    const scales = { x: Float64Array.from(x), u: Float64Array.from(u), cost: 8 };
    const Q = new Float64Array(2 * x.length ** 2).fill(2);
    const [outX, outU] = [new Float64Array(x.length), new Float64Array(u.length)];
    const shape = { N: 1, nx: x.length, nu: u.length, sparsity: { A, B } };
    // Each state moves the one before it, the control the last one.
    const entries = (n: number, at: (i: number, j: number) => boolean): Float64Array =>
      Float64Array.from({ length: x.length * n }, (_, e) => (at(Math.floor(e / n), e % n) ? coupling : 0));
    const qp = {
      ...{ shape, A: entries(x.length, (i, j) => j === i + 1) },
      B: entries(u.length, (i) => i === x.length - 1),
    };
    qpUnits(
      { shape, qp, scales, costHessian: { Q } } as unknown as Parameters<typeof qpUnits>[0],
      outX,
      outU,
    );
    return { x: [...outX], u: [...outU] };
  };

  it("are powers of two next to the sizes; of a state that nothing moves, that of its cost", () => {
    expect(sized([3, 0.4, 0], [1000], ["1**", "*1*", "**1"], ["*", "*", "0"])).toEqual({
      x: [4, 0.5, 2],
      u: [1024],
    });
  });

  it("are those of what controls do to a state that only rounding moves, by way of others too", () => {
    expect(sized([1e-17, 3e-18, 5], [64], ["***", "***", "***"], ["*", "*", "*"], 0.125)).toEqual({
      x: [0.0625, 0.5, 4],
      u: [64],
    });
  });

  it("are the same of variables that an entry of one joins", () => {
    expect(sized([8, 2, 1], [64], ["110", "01*", "001"], ["0", "0", "1"])).toEqual({
      x: [8, 8, 64],
      u: [64],
    });
  });
});
