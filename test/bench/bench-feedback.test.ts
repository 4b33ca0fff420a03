import { expect, test } from "vitest";
import { runHere } from "../cli/run-cli.ts";

test("bench feedback --json prints one object: every answer on every problem, nearer by feedback than by the plan", async () => {
  const { code, stdout } = await runHere([
    "bench",
    "feedback",
    "--rounds",
    "1",
    "--offset",
    "0.001",
    "--json",
  ]);
  expect(code).toBe(0);
  const object = JSON.parse(stdout);
  expect(object).toMatchObject({ verb: "bench feedback", rounds: 1, offset: 0.001 });
  expect(Object.keys(object.prepareMs)).toEqual(["pendulum", "car-among-discs", "quadrotor"]);
  const error = (problem: string, answer: string): number =>
    object.rows.find(
      (row: { problem: string; answer: string }) => row.problem === problem && row.answer === answer,
    ).error.max;
  for (const problem of Object.keys(object.prepareMs)) {
    expect(error(problem, "feedbackByQp")).toBeLessThan(error(problem, "plan"));
  }
});
