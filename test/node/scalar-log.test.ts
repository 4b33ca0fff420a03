import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { crc32c, createScalarLog, scalarsOf } from "../../src/node/scalar-log.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "scalars-"));
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The events of a file, each its bytes; the checksums are held against the published ones of the checksum test. */
function recordsOf(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  const masked = (data: Uint8Array): number => {
    const crc = crc32c(data);
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  };
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

describe("scalars for TensorBoard", () => {
  test("the checksum is CRC-32C: RFC 3720's examples", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(ascii("123456789"))).toBe(0xe3069283);
  });

  test("a file begins with its version, and an event is what protocol buffers make of time, step, tag and value", () => {
    const path = folder();
    createScalarLog(path, () => 2).add(300, { "train/loss": 0.5 });
    const [name] = readdirSync(path);
    expect(name).toMatch(/^events\.out\.tfevents\.2\./);
    const [version, event] = recordsOf(readFileSync(join(path, name)));
    const two = "09" + "0000000000000040"; // wall_time = 2
    expect(version.toString("hex")).toBe(`${two}1a0d${Buffer.from("brain.Event:2").toString("hex")}`);
    const value = `0a0a${Buffer.from("train/loss").toString("hex")}150000003f`;
    expect(event.toString("hex")).toBe(`${two}10ac022a130a11${value}`);
  });

  test("of a line's fields the finite numbers are taken, under the line's type", () => {
    const line = { type: "validation", step: 7, loss: 0.25, nothing: null, quality: { first: { good: 1 }, bad: NaN }, list: [1] }; // biome-ignore format: one line
    expect(scalarsOf(line)).toEqual({ "validation/loss": 0.25, "validation/quality/first/good": 1 });
  });
});
