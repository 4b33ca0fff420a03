import { expect, test } from "vitest";
import { ConfigError, messageOf } from "../../src/base/index.ts";

test("what was thrown reads as its message, or as itself", () => {
  expect(messageOf(new ConfigError("batch is 0, expected an integer >= 1"))).toBe(
    "batch is 0, expected an integer >= 1",
  );
  expect(messageOf("no such file")).toBe("no such file");
  expect(messageOf(undefined)).toBe("undefined");
});
