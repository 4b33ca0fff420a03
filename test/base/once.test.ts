import { expect, test } from "vitest";
import { once, oncePer } from "../../src/base/index.ts";

test("what is made once is made when it is first asked for, and never again, not even where it is nothing", () => {
  let made = 0;
  const nothing = once(() => void made++);
  expect(made).toBe(0);
  expect([nothing(), nothing(), made]).toEqual([undefined, undefined, 1]);
});

test("what is made once per object is made when it is first asked for of each, and never again", () => {
  const [a, b] = [{ of: "a" }, { of: "b" }];
  let made = 0;
  const nameOf = oncePer(({ of }: { of: string }) => {
    made++;
    return of === "a" ? of : undefined;
  });
  expect([nameOf(a), nameOf(b), nameOf(a), nameOf(b), made]).toEqual(["a", undefined, "a", undefined, 2]);
});
