import { CONTENT_TOP, type FigureTone, frame, SIDE } from "./svg-frame.ts";
import { px, svgText } from "./svg-text.ts";

/** A table whose cells are horizontal bars with their value at the end. */
export type BarTable = {
  readonly title: string;
  readonly subtitle: string;
  readonly columns: readonly { readonly title: string; readonly note: string }[];
  readonly rows: readonly {
    readonly name: string;
    readonly tone: FigureTone;
    /** One per column; none where there is nothing to tell. */
    readonly values: readonly (number | undefined)[];
  }[];
  /** Value of the longest possible bar. */
  readonly largest: number;
  /** How a value is written. */
  readonly format: (value: number) => string;
};

const COLUMN = 142;
const BAR = 88;
const ROW = 25;
const THICK = 15;
const HEAD = 46;
/** Width of a character of a row's name, roughly. */
const CHARACTER = 7.2;

/** @returns the text of an SVG file; the same table gives the same text */
export function drawBarTable({ title, subtitle, columns, rows, largest, format }: BarTable): string {
  const names = SIDE + 18 + CHARACTER * Math.max(4, ...rows.map(({ name }) => name.length));
  const width = Math.ceil(Math.max(names + columns.length * COLUMN, 620) + SIDE - (COLUMN - BAR - 44));
  const top = CONTENT_TOP + HEAD;
  const bottom = top + rows.length * ROW;
  const body: string[] = [];
  for (const [c, column] of columns.entries()) {
    const x = names + c * COLUMN;
    body.push(svgText(x, CONTENT_TOP + 18, column.title, { bold: true }));
    body.push(svgText(x, CONTENT_TOP + 34, column.note, { size: 11.5, muted: true }));
    body.push(`<path class="axis" d="M${px(x)} ${top}V${bottom}"/>`);
  }
  for (const [r, { name, tone, values }] of rows.entries()) {
    const middle = top + (r + 0.5) * ROW;
    const bold = tone === "accent";
    body.push(svgText(names - 12, middle + 4.5, name, { anchor: "end", bold }));
    for (const [c, value] of values.entries()) {
      if (value === undefined || !Number.isFinite(value)) continue;
      const x = names + c * COLUMN;
      const length = Math.max(1.5, BAR * Math.min(1, Math.max(0, value / largest)));
      body.push(
        `<rect class="${tone}" x="${px(x)}" y="${px(middle - THICK / 2)}" width="${px(length)}" height="${THICK}" rx="2"/>`,
      );
      body.push(svgText(x + length + 6, middle + 4.5, format(value), { size: 12, bold }));
    }
  }
  return frame({ title, subtitle, width, height: bottom + SIDE }, body);
}
