import { describe, expect, it } from "vitest";
import { type Ocp, rowList, type StateRows, type Vec } from "../../src/ocp/index.ts";
import { createSqpWorkspace, evaluateGuess, type SqpGuess, solveSqp } from "../../src/sqp/index.ts";
import { carProblem } from "./car.ts";
import { cartPole, parking, pendulum } from "./problems.ts";

const start = Float64Array.of(0.25, 1.75, 0, 0);
const car = carProblem();
const carRows = rowList(car.rows)[0] as StateRows;
const softCar: Ocp = { ...car, rows: { ...carRows, soft: { linear: 10, quadratic: 5 } } };

/** Problems with hard and soft rows, a state box, angles and none of them; each with a guess of every kind. */
const cases = [
  { ocp: car, x0: start },
  { ocp: softCar, x0: start },
  cartPole(),
  parking(),
  pendulum(),
].flatMap(({ ocp, x0 }) => {
  const optimum = solveSqp(ocp, x0, undefined, { maxIterations: 1 });
  const { X, U, K, multipliers } = optimum;
  const far = X.map((v, i) => v + 0.3 * Math.sin(i));
  const guesses: (SqpGuess | Vec | undefined)[] = [
    undefined,
    U,
    { X: far },
    { X: far, U, K },
    { U, multipliers },
  ];
  return guesses.map((guess) => ({ ocp, x0, guess }));
});

describe("evaluateGuess", () => {
  it("equals a solve of no iterations to the bit, in a fresh workspace and in a used one", () => {
    for (const { ocp, x0, guess } of cases) {
      const { X, U, cost, merit, violation } = solveSqp(ocp, x0, guess, { maxIterations: 0 });
      const used = createSqpWorkspace(ocp);
      solveSqp(ocp, x0, undefined, { maxIterations: 1 }, used);
      for (const workspace of [undefined, used]) {
        expect(evaluateGuess(ocp, x0, guess, workspace)).toEqual({ X, U, cost, merit, violation });
      }
    }
  });

  it("leaves a workspace from which a solve is the same as from a fresh one", () => {
    const workspace = createSqpWorkspace(softCar);
    evaluateGuess(softCar, start, new Float64Array(80).fill(0.4), workspace);
    const { ms: _, ...fresh } = solveSqp(softCar, start);
    expect(solveSqp(softCar, start, undefined, {}, workspace)).toMatchObject(fresh);
  });

  it("answers NaN where the trajectory, the cost or a row is not finite", () => {
    const broken = (change: Partial<Ocp>): number[] => {
      const { cost, merit, violation } = evaluateGuess({ ...car, ...change }, start);
      return [cost, merit, violation];
    };
    const value = (_x: Vec, _k: number, out: Vec) => void out.fill(Number.NaN);
    const rows = { ...carRows, value };
    const dynamics = {
      ...car.dynamics,
      step: (_x: Vec, _u: Vec, _k: number, out: Vec) => void out.fill(1 / 0),
    };
    for (const change of [{ rows }, { dynamics }, { stageCost: () => Number.NaN }]) {
      expect(broken(change)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    }
  });

  it("refuses a workspace of another problem and names both", () => {
    expect(() => evaluateGuess(car, start, undefined, createSqpWorkspace(pendulum().ocp))).toThrow(
      /workspace is for N=60, nx=2.*the problem has N=40, nx=4/,
    );
  });
});
