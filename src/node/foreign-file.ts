import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { StartNet } from "../init-net/index.ts";
import type { AnyLearned, BytePairs, LabelledText, LearnedFile, SteeredFile } from "../optim/index.ts";
import type { Corpus, EncoderFiles, NamedWeights } from "../optim/node.ts";
import type { PlainData } from "../rules/index.ts";
import type { Example, ShardInfo } from "../scenes/index.ts";
import { complainAbout } from "./errors.ts";
import { isOurs } from "./package-info.ts";
import { createApartReader, READ_LIMITS, type ReadLimits } from "./read-apart.ts";
import { readBytes, readText } from "./read-file.ts";

/** What a file of somebody else holds, by what it is: plain data. */
type ForeignContent = {
  /** A learned optimizer, and what tells its file's content from others. */
  readonly optimizer: { readonly learned: AnyLearned; readonly id: string };
  /** One of `meta-train`. */
  readonly "meta-trained": LearnedFile;
  /** One of `evolve`. */
  readonly evolved: SteeredFile;
  /** A network to begin a training with. */
  readonly network: StartNet;
  /** What a shard of a data set says of itself. */
  readonly shard: ShardInfo;
  /** Some of the examples of a shard. */
  readonly examples: readonly Example[];
  /** What a run that takes long needs to go on; whoever reads it knows what that is. */
  readonly checkpoint: PlainData;
  /** Tensors by name (safetensors), and what tells files apart. */
  readonly weights: { readonly tensors: NamedWeights; readonly id: string };
  /** Of a sentence encoder; the file is a folder. */
  readonly encoder: EncoderFiles;
  /** Texts with a class each. */
  readonly texts: readonly LabelledText[];
  /** Text of a file or of those of a folder. */
  readonly corpus: Corpus;
  readonly vocabulary: BytePairs;
};

/** What a file of somebody else is taken for. */
export type ForeignKind = keyof ForeignContent;

/** Each imports its room when it is asked, so that nobody else waits for it. */
const READERS: {
  readonly [Kind in ForeignKind]: (file: string, rows: readonly number[]) => Promise<ForeignContent[Kind]>;
} = {
  async optimizer(file) {
    const { readAnyLearned } = await import("../optim/index.ts");
    const bytes = await readBytes(file);
    const id = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    return { learned: readAnyLearned(bytes), id };
  },
  async "meta-trained"(file) {
    const { readLearnedWeights } = await import("../optim/index.ts");
    return readLearnedWeights(await readBytes(file));
  },
  async evolved(file) {
    const { readSteeredWeights } = await import("../optim/index.ts");
    return readSteeredWeights(await readBytes(file));
  },
  async network(file) {
    const { readStartNet } = await import("../init-net/index.ts");
    return readStartNet(await readBytes(file));
  },
  async shard(file) {
    const { readShard } = await import("../scenes/index.ts");
    return readShard(await readBytes(file)).info;
  },
  async examples(file, rows) {
    const { readShard } = await import("../scenes/index.ts");
    const { example } = readShard(await readBytes(file));
    return rows.map((row) => example(row));
  },
  async checkpoint(file) {
    const { unpackState } = await import("../rules/index.ts");
    return unpackState(await readBytes(file));
  },
  async weights(file) {
    const { readWeights } = await import("../optim/node.ts");
    const bytes = await readBytes(file);
    const id = createHash("md5").update(bytes).digest("hex").slice(0, 8);
    return { tensors: readWeights(bytes), id };
  },
  async encoder(folder) {
    const { readEncoderFiles } = await import("../optim/node.ts");
    return readEncoderFiles(folder);
  },
  async texts(file) {
    const { readTexts } = await import("../optim/node.ts");
    return readTexts(file);
  },
  async corpus(place) {
    const { readCorpus } = await import("../optim/node.ts");
    return readCorpus(place);
  },
  async vocabulary(file) {
    const { readBytePairs } = await import("../optim/index.ts");
    return readBytePairs(await readText(file));
  },
};

type ForeignJob = { readonly file: string; readonly kind: ForeignKind; readonly rows?: readonly number[] };

/** Of a file of a gigabyte more is asked than of others: memory by its size, and a second for so much of it. [bytes] */
const MEMORY_BY_SIZE = 6;
const BYTES_PER_SECOND = 1e7;

/**
 * Reads files of a kind by a worker under a limit of time and memory, since they may be anybody's; what came with the
 * package is read here.
 *
 * @returns a reader whose complaints name the file: FormatError where it is damaged, something else, or takes too much to
 *   be read; the file system's error where it cannot be opened. `rows` are those of `examples`
 */
export function createForeignReader<Kind extends ForeignKind>(
  kind: Kind,
  limits?: ReadLimits,
): { read(file: string, rows?: readonly number[]): Promise<ForeignContent[Kind]>; end(): Promise<void> } {
  const direct = (job: ForeignJob) => readForeignDirect(job) as Promise<ForeignContent[Kind]>;
  const apart = createApartReader(new URL("./foreign-worker.js", import.meta.url), direct, limits);
  return {
    read: (file, rows) => (isOurs(file) ? direct : apart.read)({ file, kind, ...(rows && { rows }) }),
    end: apart.end,
  };
}

/** Reads one file, see {@link createForeignReader}; one that is large may take the more. */
export async function readForeign<Kind extends ForeignKind>(
  kind: Kind,
  file: string,
): Promise<ForeignContent[Kind]> {
  const size = await stat(file)
    .then((found) => found.size)
    .catch(() => 0);
  const reader = createForeignReader(kind, {
    ...READ_LIMITS,
    time: Math.max(READ_LIMITS.time, (1000 * size) / BYTES_PER_SECOND),
    memory: Math.max(READ_LIMITS.memory, MEMORY_BY_SIZE * size),
  });
  try {
    return await reader.read(file);
  } finally {
    await reader.end();
  }
}

/** What a worker is asked for, see `readApart`. */
export function readForeignDirect({
  file,
  kind,
  rows = [],
}: ForeignJob): Promise<ForeignContent[ForeignKind]> {
  return complainAbout<ForeignContent[ForeignKind]>(file, () => READERS[kind](file, rows));
}
