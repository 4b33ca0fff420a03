/** A number for an SVG attribute: at most one digit after the point. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10 + 0);
}

/** Text with the characters that XML reserves written out; characters XML does not allow are dropped. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD]/g, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

/** How a line of text looks; its colours follow the reader's light or dark scheme. */
export type TextStyle = {
  readonly size?: number;
  readonly bold?: boolean;
  readonly muted?: boolean;
  /** A class of the frame in place of ink. */
  readonly tone?: string;
  /** A colour of its own. */
  readonly fill?: string;
  readonly anchor?: "start" | "middle" | "end";
  /** A rim in the colour of the paper, so that it can be read on anything. */
  readonly halo?: boolean;
};

/** A line of text. [px] */
export function svgText(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 13, bold = false, muted = false, fill, anchor = "start", halo = false } = style;
  const { tone = muted ? "muted" : "ink" } = style;
  const classes = [...(fill === undefined ? [tone] : []), ...(halo ? ["halo"] : [])];
  const attributes = [
    `x="${px(x)}" y="${px(y)}" font-size="${size}"`,
    ...(classes.length > 0 ? [`class="${classes.join(" ")}"`] : []),
    ...(fill === undefined ? [] : [`fill="${fill}"`]),
    ...(bold ? ['font-weight="600"'] : []),
    ...(anchor === "start" ? [] : [`text-anchor="${anchor}"`]),
    ...(halo ? ['stroke-width="4" stroke-linejoin="round" paint-order="stroke"'] : []),
  ];
  return `<text ${attributes.join(" ")}>${escapeXml(text)}</text>`;
}
