import { FormatError } from "../../base/index.ts";
import type { LabelledText } from "./text-set.ts";

/**
 * Texts and labels of a CSV file: a first line of names, `text` and `label` among them, then a text a line. Fields with commas, quotes
 * or line ends are in double quotes, a quote within is doubled.
 *
 * @throws FormatError for a missing column, a row of another width, an empty text or label, or a quote that is not closed; with its line
 *
 * Source: RFC 4180.
 */
export function parseCsvTexts(csv: string): LabelledText[] {
  const [head, ...rows] = parseCsv(csv.replace(/^\uFEFF/, ""));
  if (head === undefined)
    throw new FormatError("the file is empty, expected CSV with columns text and label");
  const names = head.fields.map((name) => name.trim().toLowerCase());
  const [text, label] = ["text", "label"].map((name) => {
    const at = names.indexOf(name);
    if (at < 0)
      throw new FormatError(`line 1 has columns ${names.join(", ")}, expected text and label among them`);
    return at;
  });
  if (rows.length === 0) throw new FormatError("there is nothing below line 1, expected texts");
  return rows.map(({ fields, line }) => {
    if (fields.length !== names.length)
      throw new FormatError(
        `line ${line} has ${fields.length} fields, expected ${names.length} as in line 1`,
      );
    for (const at of [text, label])
      if (fields[at].trim() === "") throw new FormatError(`line ${line} has an empty ${names[at]}`);
    return { text: fields[text].trim(), label: fields[label].trim() };
  });
}

type Row = { readonly fields: string[]; readonly line: number };

/** Rows of a CSV file without empty ones, each with the line it begins in. */
function parseCsv(csv: string): Row[] {
  const rows: Row[] = [];
  let [fields, field, line, begin]: [string[], string, number, number] = [[], "", 1, 1];
  let isQuoted = false;
  const endRow = (): void => {
    fields.push(field);
    if (fields.length > 1 || field.trim() !== "") rows.push({ fields, line: begin });
    [fields, field, begin] = [[], "", line];
  };
  for (let i = 0; i < csv.length; i++) {
    const c = csv[i];
    if (c === "\n") line++;
    if (isQuoted) {
      if (c !== '"') field += c;
      else if (csv[i + 1] === '"') field += csv[++i];
      else isQuoted = false;
    } else if (c === '"' && field === "") isQuoted = true;
    else if (c === ",") [field] = ["", fields.push(field)];
    else if (c === "\n") endRow();
    else if (c !== "\r") field += c;
  }
  if (isQuoted) throw new FormatError(`a quote that opens in the row at line ${begin} is not closed`);
  endRow();
  return rows;
}
