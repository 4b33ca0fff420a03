import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  add,
  mul,
  sin,
  square,
  symbolicOcp,
  type WrittenSteps,
  writeSteps,
} from "../../src/symbolic/index.ts";
import { OPERATORS } from "../../src/symbolic/operators.ts";

/** Computes steps as any other program would: the names and operators are all it knows. */
function compute({ steps, outputs }: WrittenSteps, values: Readonly<Record<string, number>>): number[] {
  const done: number[] = [];
  const read = (operand: WrittenSteps["outputs"][number]): number =>
    typeof operand === "number"
      ? operand
      : typeof operand === "string"
        ? values[operand]
        : done[operand.step];
  for (const [op, ...args] of steps) {
    const [a, b, c] = args.map(read);
    done.push(OPERATORS[op].value(a, b, c));
  }
  return outputs.map(read);
}

test("steps give what the problem's functions give, and what is shared is one step", () => {
  const ocp = symbolicOcp({
    N: 3,
    dt: 0.1,
    states: ["angle", "rate"],
    controls: ["torque"],
    parameters: { gravity: 9.81 },
    dynamics: ({ x, u, p }) => [x.rate, add(u.torque, mul(p.gravity, sin(x.angle)))],
    stageCost: ({ x, u, k }) => add(mul(k, square(u.torque)), square(sin(x.angle)), sin(x.angle)),
  });
  const rng = createRng(1);
  for (let trial = 0; trial < 5; trial++) {
    const [angle, rate, torque] = [rng.gauss(), rng.gauss(), rng.gauss()];
    const [x, u] = [Float64Array.of(angle, rate), Float64Array.of(torque)];
    const values = { "x.angle": angle, "x.rate": rate, "u.torque": torque, k: 2, "p.gravity": 9.81 };
    const next = new Float64Array(2);
    ocp.dynamics.step(x, u, 2, next);
    expect(compute(writeSteps(ocp.expressions.next), values)).toEqual([...next]);
    expect(compute(writeSteps([ocp.expressions.stageCost]), values)).toEqual([ocp.stageCost(x, u, 2)]);
  }
  const { steps } = writeSteps([ocp.expressions.stageCost]);
  expect(steps.filter(([op]) => op === "sin")).toHaveLength(1);
  expect(writeSteps([ocp.expressions.terminalCost])).toEqual({ steps: [], outputs: [0] });
});
