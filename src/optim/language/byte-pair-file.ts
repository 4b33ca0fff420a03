import { FormatError } from "../../base/index.ts";
import { type BytePairs, LARGEST_VOCABULARY, SMALLEST_VOCABULARY, SPECIAL_TOKENS } from "./byte-pairs.ts";

const FORMAT = "mnemosyne-byte-pairs";
const VERSION = 1;

/** A vocabulary as JSON text, to be read by {@link readBytePairs}. */
export function writeBytePairs({ merges }: BytePairs): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, special: SPECIAL_TOKENS, merges })}\n`;
}

/**
 * A vocabulary out of JSON text.
 *
 * @throws FormatError for what is no vocabulary, is of another version, or has a merge of tokens that are not there yet
 */
export function readBytePairs(json: string): BytePairs {
  const file = parse(json);
  if (file.format !== FORMAT)
    throw new FormatError(`vocabulary has format ${show(file.format)}, expected "${FORMAT}"`);
  if (file.version !== VERSION)
    throw new FormatError(`vocabulary has version ${show(file.version)}, expected ${VERSION}`);
  if (JSON.stringify(file.special) !== JSON.stringify(SPECIAL_TOKENS))
    throw new FormatError(`vocabulary has special ${show(file.special)}, expected ${show(SPECIAL_TOKENS)}`);
  const most = LARGEST_VOCABULARY - SMALLEST_VOCABULARY;
  if (!Array.isArray(file.merges) || file.merges.length > most)
    throw new FormatError(`vocabulary has merges ${show(file.merges)}, expected a list of at most ${most}`);
  const seen = new Set<string>();
  file.merges.forEach((pair: unknown, i) => {
    const end = SMALLEST_VOCABULARY + i;
    const first = SPECIAL_TOKENS.length;
    const isToken = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= first && (id as number) < end; // biome-ignore format: one line
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(isToken))
      throw new FormatError(`merges[${i}] is ${show(pair)}, expected two ids in ${first}..${end - 1}`);
    if (seen.has(`${pair}`)) throw new FormatError(`merges[${i}] is ${show(pair)}, which is there before`);
    seen.add(`${pair}`);
  });
  return { merges: file.merges };
}

function parse(json: string): Record<string, unknown> {
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch (cause) {
    throw new FormatError(`vocabulary is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof file !== "object" || file === null)
    throw new FormatError(`vocabulary is ${show(file)}, expected an object`);
  return file as Record<string, unknown>;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}
