import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { StartNet } from "../init-net/index.ts";
import type { AnyLearned, LearnedFile, SteeredFile } from "../optim/index.ts";
import type { ShardInfo } from "../scenes/index.ts";
import { complainAbout } from "./errors.ts";
import { isOurs } from "./package-info.ts";
import { createApartReader, type ReadLimits } from "./read-apart.ts";

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
};

/** What a file of somebody else is taken for. */
export type ForeignKind = keyof ForeignContent;

/** Each imports its room when it is asked, so that nobody else waits for it. */
const READERS: {
  readonly [Kind in ForeignKind]: (bytes: Uint8Array) => Promise<ForeignContent[Kind]>;
} = {
  async optimizer(bytes) {
    const { readAnyLearned } = await import("../optim/index.ts");
    const id = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    return { learned: readAnyLearned(bytes), id };
  },
  async "meta-trained"(bytes) {
    const { readLearnedWeights } = await import("../optim/index.ts");
    return readLearnedWeights(bytes);
  },
  async evolved(bytes) {
    const { readSteeredWeights } = await import("../optim/index.ts");
    return readSteeredWeights(bytes);
  },
  async network(bytes) {
    const { readStartNet } = await import("../init-net/index.ts");
    return readStartNet(bytes);
  },
  async shard(bytes) {
    const { readShard } = await import("../scenes/index.ts");
    return readShard(bytes).info;
  },
};

type ForeignJob = { readonly file: string; readonly kind: ForeignKind };

/**
 * Reads files of a kind by a worker under a limit of time and memory, since they may be anybody's; what came with the
 * package is read here.
 *
 * @returns a reader whose complaints name the file: FormatError where it is damaged, something else, or takes too much to
 *   be read; the file system's error where it cannot be opened
 */
export function createForeignReader<Kind extends ForeignKind>(
  kind: Kind,
  limits?: ReadLimits,
): { read(file: string): Promise<ForeignContent[Kind]>; end(): Promise<void> } {
  const direct = (job: ForeignJob) => readForeignDirect(job) as Promise<ForeignContent[Kind]>;
  const apart = createApartReader(new URL("./foreign-worker.js", import.meta.url), direct, limits);
  return {
    read: (file) => (isOurs(file) ? direct : apart.read)({ file, kind }),
    end: apart.end,
  };
}

/** Reads one file, see {@link createForeignReader}. */
export async function readForeign<Kind extends ForeignKind>(
  kind: Kind,
  file: string,
): Promise<ForeignContent[Kind]> {
  const reader = createForeignReader(kind);
  try {
    return await reader.read(file);
  } finally {
    await reader.end();
  }
}

/** What a worker is asked for, see `readApart`. */
export function readForeignDirect({ file, kind }: ForeignJob): Promise<ForeignContent[ForeignKind]> {
  return complainAbout(file, async () => READERS[kind](new Uint8Array(await readFile(file))));
}
