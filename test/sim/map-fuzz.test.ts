import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { createRng, hashSeed, MpcError, type Rng } from "../../src/base/index.ts";
import {
  computeDistanceField,
  createGrid,
  loadMap,
  MAP_MODES,
  validateGrid,
  writeMap,
} from "../../src/sim/index.ts";

/** Per kind of file; five kinds make 10,000. */
const FILES = 2000;
/** Deflate's best: one compressed byte stands for at most 1032, and a byte of pixels for at most 8 cells. */
const MOST_CELLS_PER_BYTE = 8 * 1032;

type Sample = { readonly yaml: string; readonly image: Uint8Array };

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const fromLatin1 = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));

function randomBytes(rng: Rng, n: number): Uint8Array {
  return Uint8Array.from({ length: n }, () => rng.int(256));
}

/** Valid maps to start from: every mode, every format, and images no writer of ours makes. */
function samples(rng: Rng): Record<"p2" | "p5" | "png" | "bmp" | "yaml", Sample[]> {
  const [width, height] = [13, 7];
  const grid = createGrid(width, height, 0.05, { x: -1.5, y: 2, yaw: 0.1 });
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = rng.int(102) - 1;
  const known = { ...grid, cells: grid.cells.map((cell) => Math.max(cell, 0)) };
  const modes = (format: "pgm" | "png" | "bmp") =>
    MAP_MODES.map((mode) => writeMap(format === "pgm" ? known : grid, { name: "map", mode, format }));
  const { yaml } = modes("pgm")[0];
  const size = width * height;
  const header = `\n# made by hand\n${width} ${height}\n`;
  const wide = fromLatin1(`P5${header}65535\n${latin1(randomBytes(rng, 2 * size))}`);
  const text = Array.from({ length: size }, () => rng.int(256)).join(" ");
  const pngs = [1, 2, 3, 4].flatMap((channels) =>
    (["null", "Adam7"] as const).flatMap((interlace) => [
      encode({ width, height, channels, data: randomBytes(rng, size * channels) }, { interlace }),
      encode(
        {
          width,
          height,
          channels,
          depth: 16,
          data: Uint16Array.from(randomBytes(rng, size * channels), (v) => 257 * v),
        },
        { interlace },
      ),
    ]),
  );
  const palette = Array.from({ length: 16 }, () => [...randomBytes(rng, 4)]);
  pngs.push(encode({ width, height, channels: 1, depth: 4, data: randomBytes(rng, 7 * height), palette }));
  pngs.push(encode({ width, height, channels: 1, depth: 1, data: randomBytes(rng, 2 * height) }));
  return {
    p2: [{ yaml, image: fromLatin1(`P2${header}255\n${text}\n`) }],
    p5: [...modes("pgm"), { yaml, image: wide }],
    png: [...modes("png"), ...pngs.map((image) => ({ yaml, image }))],
    bmp: modes("bmp"),
    yaml: [...modes("pgm"), ...modes("png")],
  };
}

const NUMBERS = [
  "0",
  "-1",
  "1",
  "255",
  "65535",
  "65536",
  "2147483647",
  "4294967295",
  "99999999999999999999",
  "1e9",
  "nan",
];
const YAML_BITS = [
  ...NUMBERS,
  ".nan",
  ".inf",
  "-0",
  "0x10",
  "null",
  "~",
  "[",
  "]",
  "{",
  "}",
  "*a",
  "&a ",
  "!!float ",
  "? ",
  "- ",
];

/** One to four random edits; integers of the header are hit as often as all other bytes together. */
function mutate(rng: Rng, original: Uint8Array, kind: string): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let edits = 1 + rng.int(4); edits > 0; edits--) {
    const at = rng.int(bytes.length + 1);
    switch (rng.int(8)) {
      case 0:
        bytes[at % Math.max(bytes.length, 1)] ^= 1 << rng.int(8);
        break;
      case 1:
        bytes = bytes.slice(0, at);
        break;
      case 2:
        bytes = Uint8Array.of(
          ...bytes.subarray(0, at),
          ...randomBytes(rng, 1 + rng.int(20)),
          ...bytes.subarray(at),
        );
        break;
      case 3: {
        // Drop a piece, or say it twice.
        const end = Math.min(at + rng.int(30), bytes.length);
        const middle = rng.int(2) ? [...bytes.subarray(at, end), ...bytes.subarray(at, end)] : [];
        bytes = Uint8Array.of(...bytes.subarray(0, at), ...middle, ...bytes.subarray(end));
        break;
      }
      default:
        bytes =
          kind === "png" || kind === "bmp" ? editBinaryHeader(rng, bytes) : editNumber(rng, bytes, kind);
    }
  }
  return kind === "png" && rng.int(4) ? withRightCrcs(bytes) : bytes;
}

function editBinaryHeader(rng: Rng, bytes: Uint8Array): Uint8Array {
  const value = [
    0,
    1,
    2,
    3,
    8,
    16,
    32,
    255,
    65535,
    65536,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    rng.int(2 ** 32),
  ][rng.int(14)];
  const size = [1, 2, 4][rng.int(3)];
  const at = rng.int(70);
  const isLittle = rng.int(2) === 1;
  for (let k = 0; k < size && at + k < bytes.length; k++) {
    bytes[at + k] = Math.floor(value / 256 ** (isLittle ? k : size - 1 - k)) % 256;
  }
  return bytes;
}

/** Puts another number, or a piece of YAML, in the place of one number; of a PGM: width, height or maxval. */
function editNumber(rng: Rng, bytes: Uint8Array, kind: string): Uint8Array {
  const pieces = kind === "yaml" ? YAML_BITS : NUMBERS;
  const target = kind === "yaml" ? rng.int(20) : 1 + rng.int(3);
  let seen = 0;
  return fromLatin1(
    latin1(bytes).replace(/\d+/g, (old) => (seen++ === target ? pieces[rng.int(pieces.length)] : old)),
  );
}

/** Corrects every chunk's CRC as far as the chunks can be followed, so that damage reaches the decoder. */
function withRightCrcs(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) break;
    let crc = 0xffffffff;
    for (const byte of bytes.subarray(at + 4, end - 4)) {
      crc ^= byte;
      for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    view.setUint32(end - 4, ~crc >>> 0);
    at = end;
  }
  return bytes;
}

describe("the map readers, fed with mutated files,", () => {
  it.each(["p2", "p5", "png", "bmp", "yaml"] as const)(
    "give a valid grid or an MpcError: %s",
    async (kind) => {
      const seeds = samples(createRng(1))[kind];
      let read = 0;
      for (let n = 0; n < FILES; n++) {
        const rng = createRng(hashSeed(n, kind.charCodeAt(1)));
        const sample = seeds[n % seeds.length];
        let { yaml, image } = sample;
        if (kind === "yaml") yaml = latin1(mutate(rng, fromLatin1(yaml), kind));
        else image = mutate(rng, image, kind);
        try {
          const grid = await loadMap(yaml, () => image);
          validateGrid(grid);
          expect(grid.cells.length).toBeLessThanOrEqual(MOST_CELLS_PER_BYTE * image.length);
          const { distance } = computeDistanceField(grid);
          expect(distance.every(Number.isFinite)).toBe(true);
          read++;
        } catch (error) {
          if (!(error instanceof MpcError))
            throw new Error(`file ${n} of ${kind}: ${error}`, { cause: error });
        }
      }
      // Damage must be found, and must not be all there is: else the mutations test one line of code.
      expect(read).toBeGreaterThan(0.02 * FILES);
      expect(read).toBeLessThan(0.8 * FILES);
    },
    60_000,
  );

  it("start from files that read well", async () => {
    for (const sample of Object.values(samples(createRng(1))).flat()) {
      expect((await loadMap(sample.yaml, () => sample.image)).width).toBe(13);
    }
  });
});
