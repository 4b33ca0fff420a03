import { readLearnedWeights } from "../learned/learned-file.ts";
import type { LearnedWeights } from "../learned/learned-optimizer.ts";
import { isSteered, readSteeredWeights } from "./steered-file.ts";
import type { SteeredWeights } from "./steered-optimizer.ts";

/** What was learned of an optimizer, of either kind. */
export type AnyLearned = LearnedWeights | SteeredWeights;

/** @throws FormatError for a damaged file, or one that is no learned optimizer's */
export function readAnyLearned(bytes: Uint8Array): AnyLearned {
  const { name, spec, weights } = isSteered(bytes) ? readSteeredWeights(bytes) : readLearnedWeights(bytes);
  return { name, spec, weights } as AnyLearned;
}
