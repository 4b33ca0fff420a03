import { describe, expect, test } from "vitest";
import { createOutput, useColor } from "../../src/cli/output.ts";
import { createProgress, formatDuration } from "../../src/node/progress.ts";
import { createRunProgress } from "../../src/node/run-progress.ts";

function sinkOf(
  isTTY: boolean,
  columns = 80,
): { text: string; write(text: string): void; isTTY: boolean; columns: number } {
  return {
    text: "",
    write(text) {
      this.text += text;
    },
    isTTY,
    columns,
  };
}

describe("progress", () => {
  test("a plain stream gets a line every five seconds, with rate and time left", () => {
    const sink = sinkOf(false);
    let time = 0;
    const meter = createProgress(sink, { label: "runs", total: 100, now: () => time });
    for (let done = 1; done <= 12; done++) {
      time += 1000;
      meter.update(done);
    }
    expect(sink.text.split("\n").filter(Boolean)).toEqual([
      "runs: 5/100  1.0/s  1 min 35 s left",
      "runs: 10/100  1.0/s  1 min 30 s left",
    ]);
    meter.finish();
    expect(sink.text).toMatch(/runs: 12 of 100 in 12 s\n$/);
  });

  test("a plain stream hears nothing of work that is soon done", () => {
    const sink = sinkOf(false);
    const meter = createProgress(sink, { label: "runs", total: 2, now: () => 0 });
    meter.update(1);
    meter.update(2);
    meter.finish();
    expect(sink.text).toBe("");
  });

  test("a terminal's line is redrawn in place, at most ten times a second, and never wraps", () => {
    const sink = sinkOf(true, 20);
    let time = 0;
    const meter = createProgress(sink, { label: "runs", total: 1000, now: () => time });
    for (let done = 1; done <= 1000; done++) {
      time += 1;
      meter.update(done, "a long note that does not fit");
    }
    const lines = sink.text.split("\r\u001b[2K").filter(Boolean);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.length).toBeLessThanOrEqual(10);
    for (const line of lines) expect(line.length).toBeLessThan(20);
    expect(sink.text).not.toContain("\n");
  });

  test("what nobody knows the end of gets no time left", () => {
    const sink = sinkOf(false);
    let time = 0;
    const meter = createProgress(sink, { label: "simulated seconds", now: () => time });
    time += 6000;
    meter.update(3, "driving at (1.0, 2.0)");
    time += 6000;
    meter.finish();
    expect(sink.text).toBe(
      "simulated seconds: 3  0.50/s  driving at (1.0, 2.0)\nsimulated seconds: 3 in 12 s\n",
    );
  });

  test("steps of an earlier run do not make this one seem fast", () => {
    const sink = sinkOf(false);
    let time = 0;
    const meter = createProgress(sink, { label: "shards", total: 100, now: () => time });
    meter.skip(90);
    time += 10_000;
    meter.update(91);
    expect(sink.text).toBe("shards: 91/100  0.10/s  1 min 30 s left\n");
  });

  test("a budget's time left goes by the pace since the first update", () => {
    const sink = sinkOf(false);
    let time = 100_000;
    const meter = createRunProgress(sink, () => time);
    meter.update(0.5, () => ["resumed"]);
    time += 20_000;
    meter.update(0.6, () => ["train: 7 updates"]);
    expect(sink.text).toBe("train: 7 updates  1 min 20 s left\n");
  });

  test("other text on a terminal first takes the meter's line away", () => {
    const [stdout, stderr] = [sinkOf(false), sinkOf(true)];
    const signal = new AbortController().signal;
    const output = createOutput({ stdout, stderr, env: {}, now: () => 0, signal }, false);
    output.progress("runs", 2).update(1);
    output.log("a word");
    expect(stderr.text.endsWith("runs: 1/2\r\u001b[2Ka word\n")).toBe(true);
  });

  test("durations read well", () => {
    expect([40, 9940, 9960, 59_600, 125_000, 7_620_000].map(formatDuration)).toEqual([
      "0.0 s",
      "9.9 s",
      "10 s",
      "1 min 00 s",
      "2 min 05 s",
      "2 h 07 min",
    ]);
  });
});

describe("output", () => {
  const signal = new AbortController().signal;

  test("with --json stdout carries objects only, without it text only", () => {
    for (const json of [true, false]) {
      const [stdout, stderr] = [sinkOf(false), sinkOf(false)];
      const output = createOutput({ stdout, stderr, env: {}, now: () => 0, signal }, json);
      output.text("words");
      output.object({ x: Float64Array.of(1, Number.NaN), y: undefined });
      expect(stdout.text).toBe(json ? '{"x":[1,null]}\n' : "words\n");
    }
  });

  test("colour needs a terminal and no NO_COLOR", () => {
    expect(useColor({ write: () => {}, isTTY: true }, {})).toBe(true);
    expect(useColor({ write: () => {}, isTTY: true }, { NO_COLOR: "" })).toBe(true);
    expect(useColor({ write: () => {}, isTTY: true }, { NO_COLOR: "1" })).toBe(false);
    expect(useColor({ write: () => {}, isTTY: true }, { TERM: "dumb" })).toBe(false);
    expect(useColor({ write: () => {} }, {})).toBe(false);
  });
});
