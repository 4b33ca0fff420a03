import { expect, it } from "vitest";
import { bytesSource, summaryJson } from "../../src/record/index.ts";
import { openIndexed, parseSummary } from "../../src/record/log-head.ts";
import { shortRun } from "./short-run.ts";

it("a log holds the summary under the names of navigate --json, in their order, and it comes back", async () => {
  const { bytes, summary } = await shortRun({ timeout_s: 0.5 });
  const complain = (problem: string): void => expect.fail(problem);
  const { metadata } = (await openIndexed(bytesSource(bytes), complain))!;
  const text = metadata.get("mnemosyne.summary")?.get("summary") ?? "";
  expect(text).toBe(JSON.stringify(summaryJson(summary)));
  expect(Object.keys(JSON.parse(text)).slice(0, 21)).toEqual([
    ...[
      "status",
      "robot",
      "init",
      "iterations",
      "seed",
      "time_s",
      "path_m",
      "min_clearance_m",
      "collisions",
      "contacts",
      "contacts_caused",
    ],
    ...["ticks", "sqp", "plan_ms", "parts_ms", "deadline", "recoveries", "reversals", "backwards_m"],
    ...["standstill_s", "init_fallbacks"],
  ]);
  expect(parseSummary(metadata, complain)).toEqual(summary);
});

it("a summary that lacks what older programs did not write is read all the same", () => {
  const old = new Map([["mnemosyne.summary", new Map([["summary", '{"status":"reached","time_s":3}']])]]);
  expect(parseSummary(old, () => {})).toEqual({ status: "reached", time: 3 });
});
