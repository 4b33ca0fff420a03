import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  type BytePairs,
  createMaskedLanguage,
  createTokenSets,
  judgedSequences,
  type MaskedLanguageOptions,
  trainBytePairs,
  writeBytePairs,
} from "../optim/index.ts";
import { CORPORA } from "../optim/node.ts";
import { readForeign } from "./foreign-file.ts";
import type { DataRequest } from "./open-data.ts";
import type { OpenedTask, TaskEntry } from "./task-entry.ts";
import { writeFileAtomic } from "./write-file.ts";

/** T, tokens of a sequence. */
const LENGTH = 64;
/** Tokens of a vocabulary that is learned here. */
const VOCABULARY = 1000;
const BATCH = 8;

/** Masked language modelling by transformers of these sizes, on whatever text there is. */
export const LANGUAGE_TASKS: Readonly<Record<string, TaskEntry>> = {
  "mlm-2x64": languageTask("hidden tokens of a text by a transformer of 2 layers, width 64", {}),
  "mlm-2x64-hf+": languageTask("the same with the associative memory for attention", { attention: "hf+" }),
  "mlm-4x128": languageTask("the same with 4 layers of width 128", { layers: 4, width: 128 }),
};

function languageTask(summary: string, model: Omit<MaskedLanguageOptions, "text">): TaskEntry {
  return {
    summary,
    data: "node-docs",
    dataNames: Object.keys(CORPORA),
    batch: BATCH,
    options: ["text", "vocabulary"],
    open: (request) => openLanguage(request, model),
  };
}

async function openLanguage(
  { data: place, heldOut, most, options = {} }: DataRequest,
  model: Omit<MaskedLanguageOptions, "text">,
): Promise<OpenedTask> {
  const { texts, refused, left } = await readForeign("corpus", place);
  const pairs = await vocabularyOf(texts, options.vocabulary);
  const set = createTokenSets(texts, pairs, LENGTH);
  const judged = set[heldOut];
  const notes = [
    ...(refused.length > 0 ? [`${refused.length} files are no text: ${refused.slice(0, 3).join("; ")}`] : []),
    ...(left > 0 ? [`${left} files of ${place} were not read: the text before them is enough`] : []),
  ];
  const hash = createHash("md5");
  for (const { tokens } of [set.train, set.validation, set.test]) hash.update(tokens);
  return {
    create: (batch) => createMaskedLanguage({ ...model, text: set.train, batch: batch ?? BATCH }),
    heldOut: {
      count: Math.min(most, judged.count),
      feeds: (indices) => judgedSequences(judged, indices),
    },
    id: hash.digest("hex").slice(0, 12),
    ...(notes.length > 0 && { notes }),
  };
}

/** The vocabulary of a file; where there is no file yet it is learned from the texts and written. */
async function vocabularyOf(texts: readonly string[], file: string | undefined): Promise<BytePairs> {
  if (file === undefined) return trainBytePairs(texts, VOCABULARY);
  if (existsSync(file)) return readForeign("vocabulary", file);
  const pairs = trainBytePairs(texts, VOCABULARY);
  await writeFileAtomic(file, writeBytePairs(pairs));
  return pairs;
}
