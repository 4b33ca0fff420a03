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

export type TextStyle = {
  readonly size?: number;
  readonly weight?: "normal" | "bold";
  readonly fill?: string;
  readonly anchor?: "start" | "middle" | "end";
  /** A white rim, so that the text can be read on anything. */ readonly halo?: boolean;
};

/** A line of text. [px] */
export function svgText(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 13, weight = "normal", fill = "#2b3240", anchor = "start", halo = false } = style;
  const rim = halo ? ' stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' : "";
  const bold = weight === "bold" ? ' font-weight="bold"' : "";
  const align = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${px(x)}" y="${px(y)}" font-size="${size}"${bold}${align} fill="${fill}"${rim}>${escapeXml(text)}</text>`;
}
