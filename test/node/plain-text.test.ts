import { expect, test } from "vitest";
import { createOutput } from "../../src/cli/output.ts";
import { createStatusLine, plainText } from "../../src/node/index.ts";

const NASTY = "map\u001b]0;owned\u0007\u001b[2J\u009b31m\r\b\u202ecod\u2066.exe\u007f";

test("nothing that a terminal obeys is left, and what it shows is kept", () => {
  expect(plainText(NASTY)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  expect(plainText(NASTY)).toContain("map\\u001b]0;owned\\u0007\\u001b[2J");
  const sound = "Büro 3\t\u{1f916} ~ \\x1b\nsecond line";
  expect(plainText(sound)).toBe(sound);
});

test("JSON stays the same value", () => {
  const value = { name: NASTY, path: "C:\\u001b\\x" };
  expect(JSON.parse(plainText(JSON.stringify(value)))).toEqual(value);
});

test("a verb's lines, its log, its JSON and its meter show them, and only mark-up is obeyed", () => {
  let written = "";
  const write = (text: string): void => {
    written += text;
  };
  const sink = { write, isTTY: true, columns: 200 };
  const around = { stdout: sink, stderr: sink, env: {}, now: () => 0, signal: new AbortController().signal };
  const people = createOutput(around, false);
  people.text(`${people.paint.red("bad")} ${NASTY}`);
  people.log(NASTY);
  createOutput(around, true).object({ name: NASTY });
  expect(written.split("\u001b[31m").length).toBe(2);
  expect(written.replace("\u001b[31mbad\u001b[0m", "")).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  written = "";
  createStatusLine(sink, () => 0, { live: 0, plain: 0 }).show(() => [NASTY, "two\nlines"]);
  expect(written.replace("\r\u001b[2K", "")).toMatch(/^map\\u001b\P{Cc}*two lines$/u);
});
