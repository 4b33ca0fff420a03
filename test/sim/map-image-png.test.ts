import { encode } from "fast-png";
import { zlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { decodeMapImage } from "../../src/sim/index.ts";
import { brightness, expectFormatError, le, text } from "./image-bytes.ts";

describe("decodeMapImage of PNG", () => {
  const rng = createRng(5);
  const size = { width: 5, height: 3 };
  const random8 = (n: number) => Uint8Array.from({ length: n }, () => rng.int(256));
  const random16 = (n: number) => Uint16Array.from({ length: n }, () => rng.int(65536));

  it.each(["null", "Adam7"] as const)(
    "reads grey, grey + alpha, RGB and RGBA of 8 and 16 bits, interlace %s",
    (interlace) => {
      for (const depth of [8, 16] as const) {
        for (const channels of [1, 2, 3, 4]) {
          const data = (depth === 8 ? random8 : random16)(15 * channels);
          const image = decodeMapImage(encode({ ...size, depth, channels, data }, { interlace }));
          const max = 2 ** depth - 1;
          const colours = channels >= 3 ? 3 : 1;
          for (let c = 0; c < 15; c++) {
            const pixel = [...data.subarray(c * channels, (c + 1) * channels)];
            const mean = pixel.slice(0, colours).reduce((a, b) => a + b, 0) / colours;
            expect(image.gray[c] / image.maxValue).toBeCloseTo(mean / max, 14);
            if (channels % 2 === 0) expect(image.alpha![c] === 255).toBe(pixel.at(-1) === max);
            else expect(image.alpha).toBeUndefined();
          }
        }
      }
    },
  );

  it("keeps 65534 of 65535 apart from opaque", () => {
    const data = Uint16Array.of(0, 65534, 0, 65535);
    const image = decodeMapImage(encode({ width: 2, height: 1, depth: 16, channels: 2, data }));
    expect([...image.alpha!]).toEqual([254, 255]);
  });

  it("reads grey of 1, 2 and 4 bits with rows padded to bytes", () => {
    for (const depth of [1, 2, 4] as const) {
      const perByte = 8 / depth;
      const stride = Math.ceil(5 / perByte);
      const data = random8(stride * 3);
      const image = decodeMapImage(encode({ ...size, depth, channels: 1, data }));
      const bits = [...data].map((b) => b.toString(2).padStart(8, "0"));
      for (let c = 0; c < 15; c++) {
        const row = bits.slice(Math.floor(c / 5) * stride, (Math.floor(c / 5) + 1) * stride).join("");
        const expected = Number.parseInt(row.slice((c % 5) * depth, ((c % 5) + 1) * depth), 2);
        expect(image.gray[c] / image.maxValue).toBeCloseTo(expected / (2 ** depth - 1), 14);
      }
    }
  });

  it("reads a palette, with and without transparency", () => {
    const data = Uint8Array.of(0b00011011);
    const opaque = [
      [0, 0, 0],
      [255, 255, 255],
      [255, 0, 0],
      [10, 20, 30],
    ];
    const plain = decodeMapImage(
      encode({ width: 4, height: 1, depth: 2, channels: 1, data, palette: opaque }),
    );
    expect(brightness(plain)).toEqual([0, 1, 1 / 3, 60 / 765]);
    expect(plain.alpha).toBeUndefined();
    const palette = opaque.map((colour, k) => [...colour, k === 0 ? 7 : 255]);
    const clear = decodeMapImage(encode({ width: 4, height: 1, depth: 2, channels: 1, data, palette }));
    expect([...clear.alpha!]).toEqual([7, 255, 255, 255]);
  });

  it("reads a file split into many chunks, with a transparent colour, made by hand", () => {
    const grey = png([
      ihdr(3, 1, 8, 0),
      chunk("tRNS", [0, 205]),
      chunk("tEXt", [...text("a\0b")]),
      ...idat([0, 0, 205, 254]),
    ]);
    expect(decodeMapImage(grey)).toEqual({
      ...{ width: 3, height: 1, maxValue: 255 },
      ...{ gray: Uint8Array.of(0, 205, 254), alpha: Uint8Array.of(255, 0, 255) },
    });
    const rgb = png([
      ihdr(3, 1, 8, 2),
      chunk("tRNS", [0, 1, 0, 2, 0, 3]),
      ...idat([0, 1, 2, 3, 1, 2, 4, 0, 2, 3]),
    ]);
    expect([...decodeMapImage(rgb).alpha!]).toEqual([0, 255, 255]);
  });

  const good = png([ihdr(2, 2, 8, 0), ...idat([0, 1, 2, 0, 3, 4])]);
  const damaged = (at: number) => good.map((b, k) => (k === at ? b ^ 1 : b));
  it.each([
    ["a flipped bit in the pixels", damaged(good.length - 20), "wrong CRC"],
    ["a flipped bit in the header", damaged(19), "wrong CRC"],
    ["a file without its end", good.subarray(0, -12), "truncated at byte"],
    ["a file cut in a chunk", good.subarray(0, 50), "truncated"],
    ["a signature only", good.subarray(0, 8), "truncated at byte 8"],
    ["another chunk first", png([...idat([0])]), 'chunk "IDAT" at byte 8, expected one IHDR, and first'],
    ["two headers", png([ihdr(1, 1, 8, 0), ihdr(1, 1, 8, 0)]), "expected one IHDR"],
    ["a header of 12 bytes", png([chunk("IHDR", Array(12).fill(1))]), "header has 12 bytes"],
    ["width zero", png([ihdr(0, 2, 8, 0), ...idat([0])]), "0 x 2 pixels"],
    [
      "gigabytes in the header",
      png([ihdr(60000, 60000, 8, 0), ...idat([0, 0])]),
      "expected at most 67108864",
    ],
    [
      "64 bits a pixel at 8192 x 8192",
      png([ihdr(8192, 8192, 16, 6), ...idat([0, 0])]),
      "expected at most 268435456",
    ],
    ["a colour type that is none", png([ihdr(1, 1, 8, 5), ...idat([0, 0])]), "colour type 5 at 8 bits"],
    [
      "a depth that does not go with the colour type",
      png([ihdr(1, 1, 4, 2), ...idat([0, 0])]),
      "colour type 2 at 4 bits",
    ],
    ["an unknown interlacing", png([ihdr(1, 1, 8, 0, 2), ...idat([0, 0])]), "interlace 2"],
    ["interlacing at one bit", png([ihdr(1, 1, 1, 0, 1), ...idat([0, 0])]), "save it without interlacing"],
    ["too few pixels", png([ihdr(2, 2, 8, 0), ...idat([0, 1, 2, 0, 3])]), "inflate to 5 bytes, expected 6"],
    [
      "too many pixels",
      png([ihdr(2, 2, 8, 0), ...idat([0, 1, 2, 0, 3, 4, 5])]),
      "inflate to over the 6 bytes",
    ],
    ["no pixels", png([ihdr(2, 2, 8, 0)]), "PNG pixels"],
    [
      "pixels that are not deflated",
      png([ihdr(1, 1, 8, 0), chunk("IDAT", [1, 2, 3, 4, 5, 6, 7])]),
      "do not inflate",
    ],
    [
      "an unknown row filter",
      png([ihdr(1, 1, 8, 0), ...idat([9, 0])]),
      "does not decode: Unsupported filter: 9",
    ],
    ["a palette image without palette", png([ihdr(1, 1, 8, 3), ...idat([0, 0])]), "no palette"],
    [
      "a colour outside the palette",
      png([ihdr(1, 1, 8, 3), chunk("PLTE", [1, 2, 3]), ...idat([0, 1])]),
      "outside the palette of 1",
    ],
    [
      "a transparent colour of a wrong length",
      png([ihdr(1, 1, 8, 0), chunk("tRNS", [1]), ...idat([0, 1])]),
      '"tRNS" has 1 bytes',
    ],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));

  it("refuses a decompression bomb before inflating it whole", () => {
    // 64 MB of zeros in 64 kB; the header asks for 4 bytes.
    const zeros = chunk("IDAT", [...zlibSync(new Uint8Array(2 ** 26))]);
    const bomb = png([ihdr(3, 1, 8, 0), zeros]);
    expectFormatError(bomb, "inflate to over the 4 bytes");
  });
});

function be(value: number): number[] {
  return le(value, 4).reverse();
}

/** A chunk with its CRC, bit by bit as PNG's section 5.5 has it. */
function chunk(type: string, data: number[]): number[] {
  let crc = 0xffffffff;
  for (const byte of [...text(type), ...data]) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const out = be(data.length).concat([...text(type)]);
  for (const byte of data) out.push(byte);
  return out.concat(be(~crc >>> 0));
}

function ihdr(width: number, height: number, depth: number, colorType: number, interlace = 0): number[] {
  return chunk("IHDR", [...be(width), ...be(height), depth, colorType, 0, 0, interlace]);
}

/** Filtered rows as stored deflate blocks, one chunk each. */
function idat(rows: number[]): number[][] {
  const chunks = [chunk("IDAT", [0x78, 0x01])];
  let [a, b] = [1, 0];
  for (const byte of rows) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  for (let at = 0; at < rows.length; at += 65535) {
    const part = rows.slice(at, at + 65535);
    const isLast = at + 65535 >= rows.length;
    chunks.push(
      chunk("IDAT", [isLast ? 1 : 0, ...le(part.length, 2), ...le(65535 - part.length, 2), ...part]),
    );
  }
  return [...chunks, chunk("IDAT", be(b * 65536 + a))];
}

function png(chunks: number[][]): Uint8Array {
  return Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10].concat(...chunks, chunk("IEND", [])));
}
