// What scripts/fuzz-readers.mjs damages: each reader of this program, sound files for it, and how they are damaged.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, gzipSync } from "node:zlib";

const file = (name) => new Uint8Array(readFileSync(new URL(`../${name}`, import.meta.url)));
const room = (name) => import(new URL(`../dist/${name}.js`, import.meta.url));
const text = (bytes) => new TextDecoder().decode(bytes);
const bytesOf = (words) => new TextEncoder().encode(words);

/** How a file of each kind is read, the whole of it. `repair` mends a checksum that would stop damage at the door. */
export const READERS = {
  shard: {
    endings: [".arrow"],
    repair: unseal,
    async open() {
      const { readShard } = await room("scenes/index");
      return (bytes) => {
        const shard = readShard(bytes);
        for (let i = 0; i < shard.length; i += 7) shard.example(i);
      };
    },
  },
  optimizer: {
    endings: [".mnos"],
    repair: resum,
    async open() {
      const { readLearnedOptimizer } = await room("optim/index");
      return (bytes) => readLearnedOptimizer(bytes);
    },
  },
  checkpoint: {
    endings: [".bin"],
    repair: resum,
    async open() {
      const { decodeMetaCheckpoint } = await room("optim/index");
      const { decodeCheckpoint } = await room("init-net/index");
      return (bytes) => {
        const words = text(bytes.subarray(0, 4096));
        return words.includes("meta-checkpoint") ? decodeMetaCheckpoint(bytes) : decodeCheckpoint(bytes);
      };
    },
  },
  log: {
    endings: [".mcap"],
    async open() {
      const { readLog, openChunkedLog } = await room("record/index");
      return async (bytes) => {
        await readLog(bytes);
        const { index } = await openChunkedLog(bytes);
        for await (const _ of index());
      };
    },
  },
  topics: {
    endings: [".mcap"],
    async open() {
      const { openMcap, createMessageDecoder, numbersIn } = await room("record/index");
      const { MpcError } = await room("base/index");
      return async (bytes) => {
        const log = await openMcap(bytes);
        for (const piece of log.sizes.keys())
          for (const { channel, data } of await log.read(piece)) {
            try {
              numbersIn(createMessageDecoder(log.channels.get(channel))(data), () => {});
            } catch (error) {
              // As a viewer does: the next message may be sound.
              if (!(error instanceof MpcError)) throw error;
            }
          }
      };
    },
  },
  network: {
    endings: [".onnx"],
    async open() {
      const { readOnnx } = await room("graph/index");
      const { readNetMetadata } = await room("init-net/index");
      const { MpcError } = await room("base/index");
      return (bytes) => {
        try {
          readNetMetadata(bytes);
        } catch (error) {
          if (!(error instanceof MpcError)) throw error;
        }
        readOnnx(bytes);
      };
    },
  },
  features: {
    endings: [],
    async open() {
      const { readFeatureHeader } = await room("init-net/index");
      return (bytes) => readFeatureHeader(bytes);
    },
  },
  image: {
    endings: [".pgm", ".png", ".bmp"],
    async open() {
      const { decodeMapImage } = await room("sim/index");
      return (bytes) => decodeMapImage(bytes, "map.png");
    },
  },
  yaml: {
    endings: [".yaml"],
    async open() {
      const { loadMap } = await room("sim/index");
      const image = file("datasets/floor-plan/office.pgm");
      return (bytes) => loadMap(text(bytes), () => image);
    },
  },
  robot: {
    endings: [],
    async open() {
      const { parseRobot } = await room("sim/index");
      const { parseJson } = await room("base/index");
      return (bytes) => parseRobot(parseJson(text(bytes)));
    },
  },
  scenarios: {
    endings: [],
    async open() {
      const { parseScenarios } = await room("cli/scenario-file");
      return (bytes) => parseScenarios(text(bytes), "pairs.jsonl");
    },
  },
  digits: {
    endings: [".gz"],
    async open() {
      const { readIdx } = await room("optim/index");
      return (bytes) => readIdx(bytes);
    },
  },
};

/** Sound files of a kind. */
export async function createSamples(reader) {
  switch (reader) {
    case "shard":
      return [file("datasets/sample/train-00000.arrow")];
    case "optimizer":
      return ["lstm", "mnemosyne", "mnemosyne-light"].map((name) => file(`models/optimizer-${name}.mnos`));
    case "checkpoint": {
      const { packState } = await room("rules/index");
      const words = { spec: {}, options: {}, problem: { optimizees: ["mlp"] }, notes: [1, null, Number.NaN] };
      const snapshot = { weights: new Float32Array(64).fill(0.5), rng: Int32Array.of(1, 2, 3) };
      return ["mnemosyne-meta-checkpoint-1", "mnemosyne-checkpoint-2"].map((format) =>
        packState({ format, ...words, snapshot }),
      );
    }
    case "log":
      return [writeShortLog()];
    case "topics":
      return [file("test/record/data/foreign.mcap")];
    case "network":
      return [await writeSmallNetwork()];
    case "features": {
      const { encodeFeatureCache } = await room("init-net/index");
      const header = {
        key: "key",
        source: { name: "a", size: 1, modified: 2 },
        length: 4,
        skipped: {},
        kinds: [],
      };
      return [Uint8Array.from(Buffer.concat(encodeFeatureCache(header, new Uint8Array(64), crc32)))];
    }
    case "image": {
      const { writeMap } = await room("sim/index");
      const grid = await smallGrid();
      return ["pgm", "png", "bmp"].map((format) => writeMap(grid, { name: "map", format }).image);
    }
    case "yaml":
      return [file("datasets/floor-plan/office.yaml")];
    case "robot": {
      const { getRobot, ROBOT_NAMES } = await room("sim/index");
      return ROBOT_NAMES.map((name) => bytesOf(JSON.stringify(getRobot(name))));
    }
    case "scenarios": {
      const line = { id: "a", map: "m.yaml", start: [1, 2, 0], goal: [3, 4] };
      return [bytesOf(`${JSON.stringify(line)}\n${JSON.stringify({ ...line, id: "b", robot: "jackal" })}\n`)];
    }
    case "digits": {
      const idx = Uint8Array.of(
        0,
        0,
        8,
        3,
        0,
        0,
        0,
        9,
        0,
        0,
        0,
        8,
        0,
        0,
        0,
        7,
        ...new Uint8Array(504).fill(7),
      );
      return [idx, new Uint8Array(gzipSync(idx))];
    }
  }
  throw new Error(`no samples of ${reader}`);
}

async function smallGrid() {
  const { createGrid } = await room("sim/index");
  const grid = createGrid(40, 30, 0.1, { x: 0, y: 0, yaw: 0 });
  for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = c % 7 === 0 ? 100 : 0;
  return grid;
}

/** A log of a second's drive. */
function writeShortLog() {
  const folder = mkdtempSync(join(tmpdir(), "mnemosyne-fuzz-"));
  const path = join(folder, "run.mcap");
  const words = ["navigate", "--world", "clutter:1", "--init", "path", "--timeout", "1", "--record", path];
  spawnSync(process.execPath, [fileURLToPath(new URL("../bin/mnemosyne.mjs", import.meta.url)), ...words]);
  const bytes = new Uint8Array(readFileSync(path));
  rmSync(folder, { recursive: true });
  return bytes;
}

async function writeSmallNetwork() {
  const { createGraph, input, constant, matMul, relu, writeOnnx } = await room("graph/index");
  const graph = createGraph();
  const x = input(graph, "x", [4, 8]);
  const w = constant(graph, new Float32Array(64).fill(0.1), [8, 8], "w");
  return writeOnnx(graph, { y: relu(matMul(relu(matMul(x, w)), w)) });
}

const NUMBERS = [0, 1, 2, 7, 127, 128, 255, 256, 65535, 65536, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const WORDS = [
  "0",
  "-1",
  "1e9",
  "1e308",
  "NaN",
  "null",
  "[",
  "]",
  "{",
  "}",
  '"',
  "\\u0000",
  "9".repeat(40),
  "\u001b[31m",
];

/** One to four random edits: bits, cuts, pieces dropped or twice, numbers and words in place of others. */
export function mutate(rng, original, { repair }) {
  let bytes = original.slice();
  for (let edits = 1 + rng.int(4); edits > 0; edits--) {
    const near = [
      rng.int(bytes.length + 1),
      rng.int(Math.min(bytes.length + 1, 400)),
      bytes.length - rng.int(400),
    ];
    const at = Math.max(0, near[rng.int(3)]);
    const kind = rng.int(8);
    if (kind === 0 && at < bytes.length) bytes[at] ^= 1 << rng.int(8);
    else if (kind === 1 && rng.int(4) === 0) bytes = bytes.slice(0, at);
    else if (kind === 2) bytes = splice(bytes, at, rng.int(30), new Uint8Array(0));
    else if (kind === 3) bytes = splice(bytes, at, 0, bytes.slice(at, at + rng.int(30)));
    else if (kind === 4) bytes = splice(bytes, at, rng.int(5), bytesOf(WORDS[rng.int(WORDS.length)]));
    else putNumber(rng, bytes, at);
  }
  return repair !== undefined && rng.int(4) > 0 ? repair(bytes) : bytes;
}

function splice(bytes, at, removed, added) {
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]));
}

function putNumber(rng, bytes, at) {
  const value = rng.int(4) === 0 ? rng.int(2 ** 32) : NUMBERS[rng.int(NUMBERS.length)];
  const size = [1, 2, 4, 8][rng.int(4)];
  const start = at - (at % size);
  for (let k = 0; k < size && start + k < bytes.length; k++)
    bytes[start + k] = Math.floor(value / 256 ** k) % 256;
}

/** The checksum of a packed state, made right again. */
function resum(bytes) {
  if (bytes.length < 16) return bytes;
  const mended = Buffer.from(bytes);
  mended.writeUInt32LE(crc32(mended.subarray(16)), 12);
  return new Uint8Array(mended);
}

/** A shard without the word that says that a checksum follows. */
function unseal(bytes) {
  const mended = Buffer.from(bytes);
  const at = mended.lastIndexOf("mnemoFNV");
  if (at >= 0) mended.write("unsealed", at);
  return new Uint8Array(mended);
}
