import { describe, expect, test } from "vitest";
import { differenceParameters, type Ocp, rowGroups, rowsOfGroup } from "../../src/ocp/index.ts";
import { add, mul, sin, square, sub, symbolicOcp } from "../../src/symbolic/index.ts";

/** A problem in expressions, and the same reading its parameters from an array. */
function twice(): { ocp: ReturnType<typeof exact>; plain: Ocp; values: Float64Array } {
  const ocp = exact();
  const values = Float64Array.of(1.3, 0.4, 2000);
  const reading = <A extends unknown[], R>(f: (...args: A) => R) => {
    return (...args: A): R => {
      ocp.set({ mass: values[0], goal: values[1], wall: values[2] });
      return f(...args);
    };
  };
  const { dynamics } = ocp;
  const plain: Ocp = {
    ...ocp,
    dynamics: { ...dynamics, step: reading(dynamics.step), jacobian: reading(dynamics.jacobian) },
    stageGradient: reading(ocp.stageGradient),
    terminalGradient: reading(ocp.terminalGradient),
    rows: rowGroups(ocp).map((rows) =>
      rowsOfGroup({ ...rows, value: reading(rows.value), jacobian: reading(rows.jacobian) }),
    ),
  };
  return { ocp, plain, values };
}

const exact = () =>
  symbolicOcp({
    N: 3,
    states: ["a", "b"],
    controls: ["c"],
    parameters: { mass: 1.3, goal: 0.4, wall: 2000 },
    dynamics: ({ x, u, p }) => [sin(mul(x.b, p.mass)), add(u.c, mul(p.mass, x.a))],
    stageCost: ({ x, u, p }) => add(mul(p.mass, square(u.c), x.a), square(sub(x.a, p.goal))),
    terminalCost: ({ x, p }) => mul(p.mass, square(sub(x.a, p.goal))),
    rows: [
      { values: ({ x, u, p }) => [mul(p.mass, x.a, u.c)] },
      { values: ({ x, p }) => [sub(p.wall, mul(1000, square(x.b))), mul(p.wall, x.a)] },
    ],
  });

describe("differenced derivatives with respect to parameters", () => {
  test("equal the exact ones, of parameters large and small, and leave the values as they were", () => {
    const { ocp, plain, values } = twice();
    const [x, u, lambda] = [Float64Array.of(0.3, 0.8), Float64Array.of(-0.6), Float64Array.of(0.7, -1.1)];
    const d = differenceParameters(plain, values);
    const all = (p: typeof d): number[] => {
      const [F, G, last] = [new Float64Array(6), new Float64Array(9), new Float64Array(6)];
      p.stage(x, u, 1, lambda, F, G);
      p.terminal(x, last);
      const ofRows = p.rows!.flatMap((rows, g) => {
        const [E, Gc] = [new Float64Array(g === 0 ? 3 : 6), new Float64Array(g === 0 ? 9 : 6)];
        rows(x, u, 1, Float64Array.of(2, 0.5).subarray(g === 0 ? 1 : 0), E, Gc);
        return [...E, ...Gc];
      });
      return [...F, ...G, ...last, ...ofRows];
    };
    const got = all(d);
    // Central differences: 1e-10 relative to functions of size 2000 over a parameter of 0.4.
    all(ocp.parameterDerivatives).forEach((value, i) => void expect(got[i]).toBeCloseTo(value, 5));
    expect([...values]).toEqual([1.3, 0.4, 2000]);
  });

  test("need to know how large a parameter is that is 0", () => {
    const { plain, values } = twice();
    values[1] = 0;
    expect(() => differenceParameters(plain, values)).toThrow(
      "parameter 1 has size 0, expected a number that is not 0",
    );
    expect(differenceParameters(plain, values, Float64Array.of(1, 1, 1)).count).toBe(3);
    expect(() => differenceParameters(plain, values, Float64Array.of(1))).toThrow(
      "sizes has length 1, expected np = 3",
    );
  });
});
