import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { exchangeLines, judgeAnswers } from "../../src/bench/peers/exchange.ts";
import { type QpLine, qpAsOcp, readQpLine, writeQpLine } from "../../src/bench/peers/qp-line.ts";
import { coldRobotQps } from "../../src/bench/qp-problems.ts";
import { solveAlIlqr } from "../../src/ilqr/index.ts";
import { checkDerivatives } from "../../src/ocp/index.ts";
import { createRiccatiIpm } from "../../src/qp/index.ts";
import { ZOO, type ZooName } from "../../src/zoo/index.ts";

const NAMES: readonly ZooName[] = ["turn90", "car-in-newtons"];
const lines = exchangeLines(NAMES, 2, 5);
const asText = (objects: readonly object[]): string => objects.map((line) => JSON.stringify(line)).join("\n");
const problems = asText(JSON.parse(JSON.stringify(lines)));
const qps = lines.filter((line): line is QpLine => (line as QpLine).kind === "qp");

/** Answers of this house, in the form that others give them. */
const answers = [
  ...qps.map((line) => {
    const qp = readQpLine(line);
    const { dX, dU } = createRiccatiIpm(qp.shape).solve(qp);
    return { id: line.id, peer: "riccati-ipm", status: "solved", X: [...dX], U: [...dU], ms: 0.5 };
  }),
  ...NAMES.map((name) => {
    const { ocp, x0, guess } = ZOO[name]();
    const { X, U, status } = solveAlIlqr(ocp, x0, guess);
    const { nu } = ocp.dynamics;
    const nested = Array.from({ length: ocp.N }, (_, k) => [...U.slice(k * nu, (k + 1) * nu)]);
    return { id: name, peer: "al-ilqr", status, X: [...X], U: nested };
  }),
];

describe("the exchange file", () => {
  test("has QPs, the first of every problem, and the problems", () => {
    expect(lines.map((line) => (line as QpLine).id)).toEqual([
      ...["robot-5-0", "robot-5-1", "turn90-qp", "car-in-newtons-qp", "turn90", "car-in-newtons"],
    ]);
    const car = lines.at(-1) as unknown as { functions: { next: { outputs: unknown[] } } };
    expect(car.functions.next.outputs).toHaveLength(2);
  });

  test("has the first QP with a solution where the guess's rows contradict each other when linearized", () => {
    const [line] = exchangeLines(["constrained-car"], 0, 1) as QpLine[];
    const qp = readQpLine(line);
    expect(createRiccatiIpm(qp.shape).solve(qp).status).toBe("solved");
  });

  test("gives a QP back bit by bit, infinite bounds and hard rows too", () => {
    const [qp] = coldRobotQps({ seed: 5, count: 1 });
    qp.weights.rowLinear[3] = Number.POSITIVE_INFINITY;
    const line = JSON.parse(JSON.stringify(writeQpLine("one", qp)));
    const { shape, ...arrays } = readQpLine(line);
    expect(arrays).toEqual(
      Object.fromEntries(Object.keys(arrays).map((key) => [key, qp[key as keyof typeof qp]])),
    );
    expect({ ...shape, sparsity: undefined }).toEqual({ ...qp.shape, sparsity: undefined });
  });

  test("a QP as a problem has the derivatives it claims", () => {
    expect(
      checkDerivatives(qpAsOcp(readQpLine(qps[2])), undefined, createRng(1), { samples: 2 }).worst,
    ).toEqual([]);
  });
});

describe("answers", () => {
  test("that are right are judged optimal, with no gap to the best known", () => {
    const rows = judgeAnswers(problems, asText(answers));
    expect(rows.map(({ id, optimal }) => ({ id, optimal }))).toEqual(
      answers.map(({ id }) => ({ id, optimal: true })),
    );
    for (const { id, gap } of rows) expect(Math.abs(gap), id).toBeLessThan(1e-5);
    expect(rows[0]).toMatchObject({ peer: "riccati-ipm", status: "solved", ms: 0.5 });
  });

  test.each(answers.map((answer) => [answer.id, answer] as const))(
    "to %s that are wrong are refused",
    (_, answer) => {
      const U = answer.U.flat();
      const largest = Math.max(...U.map(Math.abs));
      const other = { ...answer, X: undefined, U: U.map((u, i) => u + 0.05 * largest * Math.sin(i)) };
      expect(judgeAnswers(problems, asText([other]))[0].optimal).toBe(false);
      const states = { ...answer, X: answer.X.map((x, i) => (i > 8 ? x + 0.01 * Math.sin(i) : x)) };
      expect(judgeAnswers(problems, asText([states]))[0].defect).toBeGreaterThan(1e-4);
    },
  );

  test.each([
    ['{"id":"nobody"}', 'answers, line 1: nothing is called "nobody"'],
    ['\n{"id":"turn90","U":[1,2]}', "answers, line 2: U has 2 numbers, expected 200"],
    ["{]", "answers, line 1: not JSON"],
    ["7", "expected an object"],
  ])("%j are refused with the line", (text, message) => {
    expect(() => judgeAnswers(problems, text)).toThrow(message);
  });
});
