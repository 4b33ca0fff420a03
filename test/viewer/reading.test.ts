import { describe, expect, it } from "vitest";
import { type ByteSource, bytesSource } from "../../src/record/index.ts";
import { withReadAhead } from "../../viewer/src/run/read-ahead.ts";
import { withoutTrajectories } from "../../viewer/src/run/without-trajectories.ts";

describe("a tick's text without trajectories", () => {
  it("keeps everything else", () => {
    const tick = {
      x: [1, 2],
      plan: { dt: 0.1, X: [1, 2, 3], U: [4, null] },
      hypotheses: [{ name: "a", X: [], iterates: [{ X: [1] }, { X: [2, 3] }] }],
      note: "an X",
      totalMs: 3,
    };
    expect(JSON.parse(withoutTrajectories(JSON.stringify(tick)))).toEqual({
      ...tick,
      plan: { dt: 0.1, X: [], U: [] },
      hypotheses: [{ name: "a", X: [], iterates: [{ X: [] }, { X: [] }] }],
    });
    expect(withoutTrajectories('{"totalMs":3}')).toBe('{"totalMs":3}');
  });

  it("that was cut off stays cut off", () => {
    const text = withoutTrajectories('{"plan":{"X":[1,2],"U":[3,4');
    expect(text).toBe('{"plan":{"X":[],"U":[3,4');
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });
});

describe("reading ahead", () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 255);
  function watched(): { source: ByteSource; lengths: number[] } {
    const inner = bytesSource(bytes);
    const lengths: number[] = [];
    return {
      lengths,
      source: withReadAhead(
        {
          size: () => inner.size(),
          read(offset, length) {
            lengths.push(Number(length));
            return inner.read(offset, length);
          },
        },
        50_000,
        3,
      ),
    };
  }

  it("gives the bytes asked for, wherever they are", async () => {
    const { source } = watched();
    for (const at of [0, 1000, 2000, 60_000, 299_000, 1500, 110_000, 290_000]) {
      const read = await source.read(BigInt(at), 1000n);
      expect(read).toEqual(bytes.subarray(at, at + 1000));
    }
    for (let at = 0; at + 7001 <= bytes.length; at += 7001)
      expect(Buffer.compare(await source.read(BigInt(at), 7001n), bytes.subarray(at, at + 7001))).toBe(0);
    await expect(source.read(299_500n, 1000n)).rejects.toThrow(RangeError);
  });

  it("reads large blocks from beginning to end, and no more than asked for after a jump", async () => {
    const { source, lengths } = watched();
    for (let at = 0; at < 100_000; at += 1000) await source.read(BigInt(at), 1000n);
    // The third block is being read while the second one is used.
    expect(lengths).toEqual([1000, 50_000, 50_000, 50_000]);
    await source.read(250_000n, 1000n);
    expect(lengths.at(-1)).toBe(1000);
    await source.read(250_200n, 500n);
    expect(lengths).toHaveLength(5);
  });
});
