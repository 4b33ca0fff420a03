import { encode } from "fast-png";
import { zlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { createRng, FormatError } from "../../src/linalg/index.ts";
import { decodeMapImage, type GrayImage } from "../../src/sim/index.ts";

const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));
const bytes = (s: string, ...rest: number[]) => Uint8Array.of(...text(s), ...rest);
const brightness = (image: GrayImage) => Array.from(image.gray, (v) => v / image.maxValue);

function expectFormatError(file: Uint8Array, message: string): void {
  expect(() => decodeMapImage(file, "map.x")).toThrow(FormatError);
  expect(() => decodeMapImage(file, "map.x")).toThrow(message);
  expect(() => decodeMapImage(file, "map.x")).toThrow("map.x");
}

describe("decodeMapImage of PGM", () => {
  it("reads P5 with comments wherever netpbm takes them", () => {
    const file = bytes("P5 # one\n# two\n 2#three\n# four\n3\t\n 255# five\n", 0, 10, 20, 205, 254, 255);
    expect(decodeMapImage(file)).toEqual({
      width: 2,
      height: 3,
      maxValue: 255,
      gray: Uint8Array.of(0, 10, 20, 205, 254, 255),
    });
  });

  it("takes one white space only before binary samples", () => {
    expect([...decodeMapImage(bytes("P5 2 1 255\n", 10, 32)).gray]).toEqual([10, 32]);
  });

  it("reads P2 with samples over any number of lines", () => {
    const image = decodeMapImage(text("P2\n#c\n3 2\n7\n0 1\n2 # c\n\t3\r\n4 7"));
    expect(image).toEqual({ width: 3, height: 2, maxValue: 7, gray: Uint8Array.of(0, 1, 2, 3, 4, 7) });
  });

  it("reads 16 bits, high byte first, and text of 16 bits", () => {
    expect(decodeMapImage(bytes("P5 2 1 65535\n", 0x12, 0x34, 0xff, 0xff)).gray).toEqual(
      Uint16Array.of(0x1234, 0xffff),
    );
    expect(decodeMapImage(text("P2 2 1 1000 0 1000")).gray).toEqual(Uint16Array.of(0, 1000));
  });

  it("ignores what follows the last sample", () => {
    expect([...decodeMapImage(bytes("P5 1 1 255\n", 9, 8, 7)).gray]).toEqual([9]);
  });

  it.each([
    [
      "a truncated file",
      bytes("P5 3 2 255\n", 1, 2, 3, 4, 5),
      "truncated: room for 5 samples, expected width*height = 6",
    ],
    ["a truncated file of 16 bits", bytes("P5 1 2 256\n", 0, 1, 0), "room for 1 samples"],
    ["a truncated text", text("P2 3 2 255 1 2 3"), "truncated"],
    ["a text cut within its samples", text("P2 3 2 255 111 222 33 44 "), "the file ends at byte"],
    ["a header only", text("P5 3"), "the file ends"],
    ["no width", text("P5"), "white space expected after P5"],
    ["a letter in the header", text("P5 3 x 255 "), 'there is "x"'],
    ["a negative width", text("P5 -3 3 255 "), 'there is "-"'],
    ["a fraction", text("P5 3.5 3 255 "), 'width is followed by "."'],
    ["width zero", text("P5 0 3 255 "), "0 x 3 pixels, expected positive"],
    ["an absurd size", text("P5 99999 99999 255 "), "expected at most 67108864 in all"],
    ["a size of forty digits", text(`P5 ${"9".repeat(40)} 1 255 `), "width is over 1000000000"],
    ["maxval 0", text("P5 1 1 0 x"), "maxval is 0, expected 1 .. 65535"],
    ["maxval 65536", text("P5 1 1 65536 xx"), "maxval is 65536"],
    [
      "a sample above maxval",
      bytes("P5 2 1 100\n", 100, 101),
      "sample 2 is 101, expected at most maxval = 100",
    ],
    ["a text sample above maxval", text("P2 2 1 100 100 101"), "sample 2 is 101"],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));
});

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
            expect(image.gray[c]! / image.maxValue).toBeCloseTo(mean / max, 14);
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
        expect(image.gray[c]! / image.maxValue).toBeCloseTo(expected / (2 ** depth - 1), 14);
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

describe("decodeMapImage of BMP", () => {
  it("reads 24 bits bottom-up and top-down, rows padded to 4 bytes", () => {
    const up = bmp({ width: 1, height: 2, bits: 24, pixels: [30, 20, 10, 99, 255, 255, 255, 99] });
    expect(decodeMapImage(up)).toEqual({ width: 1, height: 2, maxValue: 765, gray: Uint16Array.of(765, 60) });
    const down = bmp({ width: 1, height: -2, bits: 24, pixels: [30, 20, 10, 99, 255, 255, 255, 99] });
    expect([...decodeMapImage(down).gray]).toEqual([60, 765]);
  });

  it("reads 1, 4 and 8 bits through the palette", () => {
    const palette = [0, 0, 0, 0, 255, 255, 255, 0, 1, 2, 3, 0];
    const one = bmp({
      width: 9,
      height: 1,
      bits: 1,
      palette: palette.slice(0, 8),
      pixels: [0b10110001, 0b10000000, 0, 0],
    });
    expect(brightness(decodeMapImage(one))).toEqual([1, 0, 1, 1, 0, 0, 0, 1, 1]);
    const four = bmp({ width: 3, height: 1, bits: 4, palette, pixels: [0x21, 0x00, 0, 0] });
    expect([...decodeMapImage(four).gray]).toEqual([6, 765, 0]);
    const eight = bmp({ width: 3, height: 1, bits: 8, palette, pixels: [1, 2, 0, 0] });
    expect([...decodeMapImage(eight).gray]).toEqual([765, 6, 0]);
  });

  it("reads the old OS/2 header with a palette of three bytes a colour", () => {
    const file = bytes(
      "BM",
      ...le(38, 4),
      0,
      0,
      0,
      0,
      ...le(32, 4),
      ...le(12, 4),
      ...le(2, 2),
      ...le(1, 2),
      1,
      0,
      1,
      0,
    );
    const whole = Uint8Array.of(...file, 0, 0, 0, 255, 255, 255, 0b01000000, 0, 0, 0);
    expect(brightness(decodeMapImage(whole))).toEqual([0, 1]);
  });

  it("reads 32 bits: alpha where there is a mask, the fourth byte ignored where there is none", () => {
    const pixels = [3, 2, 1, 0, 255, 255, 255, 128];
    const plain = decodeMapImage(bmp({ width: 2, height: 1, bits: 32, pixels }));
    expect(plain).toEqual({ width: 2, height: 1, maxValue: 765, gray: Uint16Array.of(6, 765) });
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const masked = decodeMapImage(bmp({ width: 2, height: 1, bits: 32, pixels, masks }));
    expect([...masked.alpha!]).toEqual([0, 128]);
    const swapped = [0xff00, 0xff0000, 0xff000000, 0xff];
    const abgr = decodeMapImage(
      bmp({ width: 2, height: 1, bits: 32, pixels: [9, 1, 2, 3, 255, 4, 5, 6], masks: swapped }),
    );
    expect(abgr).toMatchObject({ gray: Uint16Array.of(6, 15), alpha: Uint8Array.of(9, 255) });
  });

  it("takes alpha that is 0 everywhere for an unused byte", () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const image = decodeMapImage(bmp({ width: 1, height: 1, bits: 32, pixels: [1, 1, 1, 0], masks }));
    expect(image.alpha).toBeUndefined();
  });

  const good = { width: 1, height: 1, bits: 24, pixels: [1, 2, 3, 0] };
  const patched = (at: number, ...values: number[]) => {
    const file = bmp(good);
    file.set(values, at);
    return file;
  };
  it.each([
    ["a file of two bytes", text("BM"), "header has size 0"],
    ["a cut header", bmp(good).subarray(0, 30), "truncated: 30 bytes, expected a header of 54"],
    ["missing pixels", bmp(good).subarray(0, 57), "truncated: pixels at 54 .. 58, file has 57 bytes"],
    ["a header of unknown size", patched(14, 41 - 10), "header has size 31"],
    ["width zero", patched(18, 0, 0, 0, 0), "0 x 1 pixels"],
    ["a negative width", patched(18, 255, 255, 255, 255), "-1 x 1 pixels"],
    ["an absurd size", patched(18, 0, 0, 0, 64, 0, 0, 0, 64), "expected at most 67108864"],
    ["the most negative height", patched(22, 0, 0, 0, 128), "expected at most 67108864"],
    ["16 bits", patched(28, 16), "16 bits per pixel, expected 1, 4, 8, 24 or 32"],
    ["run-length compression", patched(30, 1), "compression 1 at 24 bits, expected none"],
    ["pixels within the header", patched(10, 20), "truncated: pixels at 20"],
    [
      "a colour outside the palette",
      bmp({ width: 1, height: 1, bits: 8, palette: [1, 2, 3, 0], pixels: [1, 0, 0, 0] }),
      "colour 1 is outside the palette of 1",
    ],
    [
      "a mask of ten bits",
      bmp({ ...good, bits: 32, masks: [0x3ff, 0xff00, 0xff, 0] }),
      "channel mask is 0x3ff",
    ],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));
});

describe("decodeMapImage", () => {
  it("goes by the bytes, not the name", () => {
    expect(decodeMapImage(bytes("P5 1 1 255 ", 3), "map.png").gray[0]).toBe(3);
  });
  it.each([
    ["an empty file", new Uint8Array(0), "is empty"],
    [
      "a JPEG",
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
      "starts with bytes ff d8 ff e0, expected a PGM (P2 or P5), PNG or BMP",
    ],
    ["a colour PPM", text("P6 1 1 255 abc"), "starts with bytes 50 36"],
  ])("refuses %s", (_, file, message) => expectFormatError(file, message));
  it("reads an image that lies within a larger buffer", () => {
    const file = bmp({ width: 1, height: 1, bits: 24, pixels: [1, 2, 3, 0] });
    const buffer = new Uint8Array(file.length + 7);
    buffer.set(file, 7);
    expect([...decodeMapImage(buffer.subarray(7)).gray]).toEqual([6]);
  });
});

/** Little-endian bytes. */
function le(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, k) => Math.floor(value / 256 ** k) % 256);
}

type Bmp = {
  width: number;
  height: number;
  bits: number;
  pixels: number[];
  palette?: number[];
  masks?: number[];
};

/** A BMP put together from its specification: BITMAPINFOHEADER, or BITMAPV4HEADER where there are masks. */
function bmp({ width, height, bits, pixels, palette = [], masks }: Bmp): Uint8Array {
  const size = masks ? 108 : 40;
  const offset = 14 + size + palette.length;
  const header = [
    ...le(width >>> 0, 4),
    ...le(height >>> 0, 4),
    ...le(1, 2),
    ...le(bits, 2),
    ...le(masks ? 3 : 0, 4),
  ];
  const rest = [...le(pixels.length, 4), ...le(0, 8), ...le(palette.length / 4, 4), ...le(0, 4)];
  const v4 = masks ? [...masks.flatMap((m) => le(m, 4)), ...Array(52).fill(0)] : [];
  const body = [...le(size, 4), ...header, ...rest, ...v4, ...palette, ...pixels];
  return bytes("BM", ...le(14 + body.length, 4), ...le(0, 4), ...le(offset, 4), ...body);
}

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
