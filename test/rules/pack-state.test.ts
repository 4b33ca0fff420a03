import { gzipSync } from "fflate";
import { describe, expect, it, test } from "vitest";
import { crc32, createRng, FormatError } from "../../src/base/index.ts";
import {
  applyUpdates,
  createEma,
  getOptimizer,
  OPTIMIZERS,
  type OptimizerState,
  packState,
  unpackState,
} from "../../src/rules/index.ts";
import { atRate } from "./at-rate.ts";

it.each(Object.keys(OPTIMIZERS))("%s resumed from bytes goes on bit for bit", (name) => {
  const optimizer = getOptimizer(name, { ...atRate(name, (t) => 0.1 / (1 + t)), clipNorm: 3 });
  const gradient = (p: Float32Array, t: number): Float32Array =>
    t === 13 ? p.map(() => Number.NaN) : p.map((x, i) => Math.sin(3 * x + i + t));
  const run = (pauseAt: number): { params: Float32Array; state: OptimizerState } => {
    const rng = createRng(8);
    let params: Float32Array = Float32Array.from({ length: 33 }, () => rng.gauss());
    let state = optimizer.init(params);
    for (let t = 0; t < 40; t++) {
      if (t === pauseAt)
        ({ params, state } = unpackState<{ params: Float32Array; state: OptimizerState }>(
          packState({ params, state }),
        ));
      const next = optimizer.update(gradient(params, t), state, params);
      applyUpdates(params, next.updates);
      state = next.state;
    }
    return { params, state };
  };
  const whole = run(-1);
  expect(whole.state).toMatchObject({ step: 39, skipped: 1 });
  expect(run(7)).toEqual(whole);
  expect(run(20)).toEqual(whole);
});

test("an average resumed from bytes goes on bit for bit", () => {
  const ema = createEma();
  const params = Float32Array.of(1, 2, 3);
  const state = ema.update(
    params.map((p) => p / 3),
    ema.init(params),
  );
  const back = unpackState<typeof state>(packState(state));
  expect(ema.update(params, back)).toEqual(ema.update(params, state));
});

test("every kind of plain data comes back as it was", () => {
  const data = {
    nothing: null,
    flags: [true, false],
    text: "naïve ∇ \u0000",
    numbers: [0, -0, 1 / 3, 5e-324, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity],
    arrays: [
      Float32Array.of(Number.NaN, -0, 1e-45, Infinity),
      Float64Array.of(Math.PI),
      Int32Array.of(-1, 2 ** 31 - 1),
      Uint32Array.of(2 ** 32 - 1),
      Int8Array.of(-128),
      Uint8Array.of(1, 2, 3),
      new Float32Array(0),
    ],
    deep: { er: [{ x: Float32Array.of(1) }] },
    __proto__: null,
  };
  const back = unpackState<typeof data>(packState(data));
  expect(back).toEqual(data);
  expect(Object.is(back.numbers[1], -0)).toBe(true);
  expect(unpackState(packState({ gone: undefined, kept: 1 }))).toEqual({ kept: 1 });
});

test("a view into a larger buffer is packed alone, and bytes at any offset are read", () => {
  const view = new Float32Array(new ArrayBuffer(64), 8, 3).fill(2);
  const bytes = packState([view]);
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  const [back] = unpackState<Float32Array[]>(moved.subarray(3));
  expect([...back]).toEqual([2, 2, 2]);
  expect(back.buffer.byteLength).toBe(12);
});

describe("packState refuses", () => {
  test.each([
    [{ a: [() => 1] }, "state.a[0] is a function"],
    [{ a: new Map() }, "state.a is a Map"],
    [[undefined], "state[0] is a undefined"],
    [{ n: 10n }, "state.n is a bigint"],
    [{ $: 1 }, 'state has a key "$", which is reserved'],
  ])("%s", (data, message) => {
    expect(() => packState(data as never)).toThrow(message);
  });
});

describe("unpackState refuses", () => {
  const bytes = packState({ params: Float32Array.from({ length: 50 }, (_, i) => i), step: 3 });

  test("every single changed byte", () => {
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i] ^= 1 << (i % 8);
      expect(() => unpackState(changed), `byte ${i}`).toThrow("packed state");
    }
  });
  test("every cut", () => {
    for (let n = 0; n < bytes.length; n++)
      expect(() => unpackState(bytes.subarray(0, n)), `${n} bytes`).toThrow("packed state");
  });
  test("a megabyte that says 2,400 times that it is an array, before they fill the memory", () => {
    const array = '{"$":"Float32Array","offset":0,"length":250000}';
    const body = new Uint8Array(1e6);
    expect(() => unpackState(sealed(`[${array}, ${array}]`, body))).toThrow("longer than its bytes together");
    expect(() => unpackState(sealed(`[${Array(2400).fill(array).join(",")}]`, body))).toThrow(FormatError);
    expect(unpackState<Float32Array[]>(sealed(`[${array}]`, body))[0].length).toBe(250_000);
  });
  test("more text than a state has, in what is read and in what is written", () => {
    expect(() => unpackState(sealed(`[${Array(1_500_000).fill("{}").join(",")}]`))).toThrow(
      /header of \d+ bytes, expected at most 4194304/,
    );
    expect(() => packState(Array(3_000_000).fill(1))).toThrow("keep numbers in typed arrays");
  });
  test("arrays of no length, of a negative one and of one beyond 2^53, and nests of a million", () => {
    for (const length of ["-1", "1e300", "0.5", '"8"', "null"])
      expect(() => unpackState(sealed(`{"$":"Uint8Array","offset":0,"length":${length}}`))).toThrow(
        FormatError,
      );
    for (const offset of ["-8", "1e300", "null"])
      expect(() => unpackState(sealed(`{"$":"Uint8Array","offset":${offset},"length":1}`))).toThrow(
        FormatError,
      );
    expect(() => unpackState(sealed("[".repeat(1e6) + "]".repeat(1e6)))).toThrow(FormatError);
  });
  test("bytes of another kind, with the reason", () => {
    expect(() => unpackState(gzipSync(bytes))).toThrow('does not begin with "MNOS"');
    expect(() => unpackState(new Uint8Array(3))).toThrow("has 3 bytes, expected at least 16");
  });
});

/** A packed state with any header, its checksum right. */
function sealed(header: string, body = new Uint8Array(8)): Uint8Array {
  const start = Math.ceil((16 + header.length) / 8) * 8;
  const bytes = Buffer.alloc(start + body.length);
  bytes.write(header, 16);
  bytes.set(body, start);
  for (const [i, word] of [0x534f4e4d, 1, header.length, crc32(bytes.subarray(16))].entries())
    bytes.writeUInt32LE(word, 4 * i);
  return bytes;
}
