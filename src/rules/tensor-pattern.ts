import { ConfigError } from "../base/index.ts";
import type { TensorPlace, TensorPlaces } from "./flat-ranges.ts";

/** Most names that a message lists. */
const MOST_NAMED = 40;

/**
 * Tensors by their names: patterns with `|` between, in which `*` stands for any characters, `head.*|*.gain`.
 *
 * @param what whose pattern it is, for messages
 * @throws ConfigError for a pattern that is empty or that no tensor of the layout has, with the names there are
 */
export function selectTensors(
  what: string,
  pattern: string,
  { entries }: TensorPlaces,
): (tensor: Pick<TensorPlace, "name">) => boolean {
  const names = entries.map(({ name }) => name);
  for (const part of pattern.split("|")) {
    const [one] = expressions(part);
    if (one !== undefined && names.some((name) => one.test(name))) continue;
    const more = names.length > MOST_NAMED ? `, ... (${names.length} in all)` : "";
    throw new ConfigError(
      `${what} is "${part}", expected names of tensors, * for any characters, | between: ${names.slice(0, MOST_NAMED).join(", ")}${more}`,
    );
  }
  const parts = expressions(pattern);
  return ({ name }) => parts.some((part) => part.test(name));
}

function expressions(pattern: string): RegExp[] {
  return pattern
    .split("|")
    .filter((part) => part !== "")
    .map((part) => new RegExp(`^${part.split("*").map(quoted).join(".*")}$`));
}

function quoted(text: string): string {
  return text.replace(/[\\^$.?()[\]{}+|]/g, "\\$&");
}
