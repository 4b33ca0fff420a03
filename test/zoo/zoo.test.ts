import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import { checkDerivatives } from "../../src/ocp/index.ts";
import { ZOO, ZOO_NAMES, type ZooName } from "../../src/zoo/index.ts";

describe.each(ZOO_NAMES)("%s", (name) => {
  const problem = ZOO[name]();
  const { ocp, x0, guess, noise, states, controls } = problem;

  test("carries its name, and has a unit and a figure for every state and control", () => {
    const { nx, nu } = ocp.dynamics;
    expect(problem.name).toBe(name);
    expect([states.length, x0.length]).toEqual([nx, nx]);
    expect([controls.length, noise.length, guess.length]).toEqual([nu, nu, ocp.N * nu]);
    for (const text of [...states, ...controls]) expect(text).toMatch(/ \[.+\]$/);
    expect(problem.best.cost).not.toBeNaN();
  });

  test("has the derivatives it claims", () => {
    // Second differences of a mass of 27e3 kg round off by 27e3 sqrt(eps).
    const tolerance = name === "rocket" ? 4e-4 : 1e-4;
    const { worst } = checkDerivatives(ocp, x0, createRng(3), { samples: 2, spread: 0.3, tolerance });
    expect(worst).toEqual([]);
  });
});

test("the augmented Lagrangian ends at the best known optimum, IPOPT's", () => {
  // Slow ones, and two where it gives up: `mnemosyne bench ocp` has them all.
  const others: readonly ZooName[] = [
    "acrobot",
    "constrained-car",
    "circles",
    "quadrotor",
    "rocket",
    "race-car",
  ];
  for (const name of ZOO_NAMES.filter((n) => !others.includes(n))) {
    const { ocp, x0, guess, best } = ZOO[name]();
    const { status, cost } = solveAlIlqr(ocp, x0, guess, { maxIterations: 400 });
    expect({ name, status }).toEqual({ name, status: "converged" });
    expect(Math.abs(cost / best.cost - 1), name).toBeLessThan(1e-5);
  }
});

test("the car in newtons has the optimum of the Riccati recursion", () => {
  // Value 1/2 z'Pz + const of z = (place - 50, speed), backwards from 2 I.
  let [a, b, c] = [2, 0, 2];
  const [dt, g, R] = [0.1, 0.1 / 1500, 2e-8];
  for (let k = 0; k < 50; k++) {
    const [aa, bb, cc] = [a, b + dt * a, c + 2 * dt * b + dt * dt * a]; // A'PA
    const [m1, m2] = [g * b, g * (c + dt * b)]; // B'PA
    const F = R + g * g * c;
    [a, b, c] = [aa - (m1 * m1) / F, bb - (m1 * m2) / F, cc - (m2 * m2) / F];
  }
  expect(ZOO["car-in-newtons"]().best.cost).toBeCloseTo(0.5 * a * 50 * 50, 8);
});
