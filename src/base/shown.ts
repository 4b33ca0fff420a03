/** The longest text of a value in a message. */
const LONGEST = 60;

/** A value of any kind as messages show it, cut to a readable length: `0.5`, `"word"`, `[1,NaN]`, `missing`. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = textOf(value);
  } catch {
    return "nested too deep"; // JSON.parse reads what nothing here has the stack for
  }
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
}

function textOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number") return String(value);
  if (ArrayBuffer.isView(value)) return value.constructor.name;
  return Array.isArray(value) ? `[${value.map(textOf).join(",")}]` : (JSON.stringify(value) ?? String(value));
}
