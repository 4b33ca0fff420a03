import { expect, test } from "vitest";
import { SHOCK_KINDS } from "../../src/drive/index.ts";
import { buildCli, runProcess } from "../cli/run-cli.ts";

test("--shocks of evaluate gives every run its own, the same with one job and with two, and adds them up", async () => {
  buildCli();
  const evaluate = async (jobs: string) => {
    const flags = ["--worlds", "clutter:10003-10004", "--shocks", "--jobs", jobs, "--json"];
    const { code, stdout, stderr } = await runProcess(["evaluate", ...flags], { timeoutMs: 120_000 });
    expect(code, stderr).toBe(0);
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  };
  const [one, two] = [await evaluate("1"), await evaluate("2")];
  const shocksById = (rows: { id?: string; shocks: object }[]) =>
    Object.fromEntries(rows.map(({ id = "totals", shocks }) => [id, shocks]));
  expect(shocksById(two)).toEqual(shocksById(one));
  const totals = one.at(-1);
  expect(totals).toMatchObject({ verb: "evaluate", reached: 2, collisions: 0 });
  for (const kind of SHOCK_KINDS) {
    const sum = one.slice(0, -1).reduce((total, row) => total + row.shocks[kind], 0);
    expect(totals.shocks[kind]).toBe(sum);
  }
});
