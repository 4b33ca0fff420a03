import { expect, it } from "vitest";
import { crc32 } from "../../src/base/index.ts";

/** Bit by bit, as the definition says. */
function slowCrc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

it("gives the check value of the catalogue of CRCs", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

it("is the same as bit by bit at every length and offset", () => {
  const all = Uint8Array.from({ length: 200 }, (_, i) => (i * 167 + (i >> 3)) & 255);
  for (let length = 0; length <= 100; length++) {
    const bytes = all.subarray(length % 7, (length % 7) + length);
    expect(crc32(bytes)).toBe(slowCrc32(bytes));
  }
});
