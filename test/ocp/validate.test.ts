import { describe, expect, it } from "vitest";
import { ConfigError, ShapeError } from "../../src/base/index.ts";
import { type Ocp, rowGroups, rowList, type StateRows, validateOcp } from "../../src/ocp/index.ts";
import { handWritten } from "./fixtures.ts";

const good = handWritten();
const vec = (...v: number[]): Float64Array => Float64Array.from(v);
const state = rowList(good.rows)[0] as StateRows;
/** The same, read as rows of state and control. */
const control = { ...rowGroups(good)[0], controls: true } as const;
const box = { index: [0, 1], lower: vec(-1, -1), upper: vec(1, 1) };
const { nan, inf } = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY };

describe("validateOcp", () => {
  it("passes a good problem, with infinite and equal bounds, an empty box and no rows", () => {
    expect(() => validateOcp(good)).not.toThrow();
    expect(() => validateOcp({ ...good, stateBox: box, angles: [1] })).not.toThrow();
    expect(() => validateOcp({ ...good, rows: [state, { ...control, stages: "initial" }] })).not.toThrow();
    const [lower, upper] = [-1, 1].map((bound) => new Float64Array(7 * 2).fill(bound));
    expect(() => validateOcp({ ...good, stateBox: { ...box, lower, upper } })).not.toThrow();
    expect(() => validateOcp({ ...good, uLower: vec(1, -inf), uUpper: vec(1, inf) })).not.toThrow();
    expect(() => validateOcp({ ...good, rows: [{ ...state, count: 0 }] })).not.toThrow();
    expect(() => validateOcp({ ...good, stateBox: { index: [], lower: vec(), upper: vec() } })).not.toThrow();
  });

  it.each<[string, Partial<Ocp>, string]>([
    ["horizon", { N: 0 }, "N is 0, expected a positive integer"],
    ["fractional horizon", { N: 2.5 }, "N is 2.5, expected a positive integer"],
    ["nx", { dynamics: { ...good.dynamics, nx: 0 } }, "dynamics.nx is 0, expected a positive integer"],
    ["nu", { dynamics: { ...good.dynamics, nu: nan } }, "dynamics.nu is NaN, expected a positive integer"],
    [
      "sparsity",
      { dynamics: { ...good.dynamics, sparsity: { A: ["1*", "02"], B: ["**", "**"] } } },
      'sparsity.A[1] is "02", expected 2 of the characters 0, 1, *',
    ],
    [
      "sparsity's row",
      { dynamics: { ...good.dynamics, sparsity: { A: ["1*", "0*"], B: ["**", "*"] } } },
      'sparsity.B[1] is "*", expected 2 of the characters 0, 1, *',
    ],
    [
      "crossed control bounds",
      { uLower: vec(0, 3) },
      "u bounds 1 are [3, 2], expected lower <= upper and no NaN",
    ],
    ["NaN bound", { uUpper: vec(nan, 2) }, "u bounds 0 are [-1, NaN], expected lower <= upper and no NaN"],
    [
      "bound at the wrong infinity",
      { uLower: vec(inf, 0), uUpper: vec(inf, 0) },
      "u bounds 0 are [Infinity, Infinity], expected a finite number between them",
    ],
    [
      "crossed box",
      { stateBox: { ...box, upper: vec(1, -2) } },
      "stateBox bounds 1 are [-1, -2], expected lower <= upper and no NaN",
    ],
    [
      "box index",
      { stateBox: { ...box, index: [0, 2] } },
      "stateBox.index holds 2, expected a state index in 0..1",
    ],
    ["angle index", { angles: [-1] }, "angles holds -1, expected a state index in 0..1"],
    ["row count", { rows: { ...state, count: -1 } }, "rows.count is -1, expected an integer >= 0"],
    [
      "row kind",
      { rows: { ...state, kind: "equal" as "equality" } },
      'rows.kind is "equal", expected "inequality" or "equality"',
    ],
    [
      "field of rows that nobody reads",
      { rows: [state, { ...state, equality: true } as StateRows] },
      'rows[1] has "equality", expected fields among count, kind, stages, soft, controls, value, jacobian, hessian; an equality is kind: "equality"',
    ],
    [
      "stage of rows of the given state",
      { rows: [state, { ...state, stages: [0, 1] }] },
      "rows[1].stages holds 0, expected stages in 1..6: x_0 is given",
    ],
    [
      "stage of rows that read the control",
      { rows: [{ ...control, stages: "terminal" }] },
      "rows.stages holds 6, expected stages in 0..5: x_N has no control",
    ],
    [
      "order of stages",
      { rows: { ...state, stages: [3, 2] } },
      "rows.stages holds 3 before 2, expected ascending stages",
    ],
    [
      "row penalty",
      { rows: { ...state, soft: [undefined, { linear: 0, quadratic: 1 }] } },
      "rows.soft[1] is {linear: 0, quadratic: 1}, expected linear > 0 and quadratic >= 0, both finite",
    ],
    [
      "box penalty",
      { stateBox: { ...box, soft: { linear: 1, quadratic: inf } } },
      "stateBox.soft is {linear: 1, quadratic: Infinity}, expected linear > 0 and quadratic >= 0, both finite",
    ],
  ])("refuses a bad %s", (_name, change, message) => {
    const bounded = { ...good, uLower: vec(-1, -2), uUpper: vec(2, 2) };
    expect(() => validateOcp({ ...bounded, ...change })).toThrow(new ConfigError(message));
  });

  it.each<[Partial<Ocp>, string]>([
    [{ uLower: vec(1) }, "uLower has length 1, expected nu = 2 or N*nu = 12"],
    [{ uUpper: vec(1, 2, 3) }, "uUpper has length 3, expected nu = 2 or N*nu = 12"],
    [{ uUpper: new Float64Array(12) }, "uUpper has length 12, expected the length of uLower = 2"],
    [{ rows: { ...state, soft: [undefined] } }, "rows.soft has length 1, expected one for each = 2"],
    [
      { stateBox: { ...box, lower: vec(0) } },
      "stateBox.lower has length 1, expected stateBox.index.length = 2 or (N+1)*nb = 14",
    ],
    [
      { stateBox: { ...box, upper: vec(0) } },
      "stateBox.upper has length 1, expected stateBox.index.length = 2 or (N+1)*nb = 14",
    ],
    [
      { dynamics: { ...good.dynamics, sparsity: { A: ["**", "**"], B: ["**"] } } },
      "sparsity.B has 1 rows, expected nx = 2",
    ],
  ])("refuses parts of the wrong length", (change, message) => {
    expect(() => validateOcp({ ...good, ...change })).toThrow(new ShapeError(message));
  });
});
