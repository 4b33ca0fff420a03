import { expect, test } from "vitest";
import { once } from "../../src/base/index.ts";

test("what is made once is made when it is first asked for, and never again, not even where it is nothing", () => {
  let made = 0;
  const nothing = once(() => void made++);
  expect(made).toBe(0);
  expect([nothing(), nothing(), made]).toEqual([undefined, undefined, 1]);
});
