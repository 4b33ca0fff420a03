import { expect, test } from "vitest";
import { placeOfToken, tokenOfPlace } from "../../viewer/src/panels/net-picture.ts";

test("patches are numbered from behind to ahead and right to left, and drawn forward up and left to the left", () => {
  const side = 10;
  expect(placeOfToken(1, side)).toEqual([9, 9]); // behind, right
  expect(placeOfToken(10, side)).toEqual([9, 0]); // behind, left
  expect(placeOfToken(91, side)).toEqual([0, 9]); // ahead, right
  expect(placeOfToken(100, side)).toEqual([0, 0]); // ahead, left
  for (let token = 1; token <= side * side; token++)
    expect(tokenOfPlace(...placeOfToken(token, side), side)).toBe(token);
});
