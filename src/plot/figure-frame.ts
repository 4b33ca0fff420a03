import { escapeXml, px } from "./svg-text.ts";

/** How something is drawn; the colours of each follow the reader's light or dark scheme. */
export type FigureTone = "plain" | "house" | "accent";

/**
 * Classes instead of colours, so that a figure is readable on white and on black. Each pair of tones differs in
 * lightness, too.
 */
const STYLE = `
.paper{fill:#ffffff}.ink{fill:#1f2630}.muted{fill:#5b6473}.rule{stroke:#dde2e8}.axis{stroke:#8a94a3}
.plain{fill:#a9b4c2}.house{fill:#4f7cac}.accent{fill:#0b9c80}
.plain-line{stroke:#8a96a6}.house-line{stroke:#3d6c9e}.accent-line{stroke:#0b9c80}.halo{stroke:#ffffff}
@media (prefers-color-scheme: dark){
.paper{fill:#0d1117}.ink{fill:#e6eaf0}.muted{fill:#9aa5b4}.rule{stroke:#262d38}.axis{stroke:#657082}
.plain{fill:#566273}.house{fill:#5b8fc9}.accent{fill:#2cc9a6}
.plain-line{stroke:#7c899b}.house-line{stroke:#6b9fd8}.accent-line{stroke:#2cc9a6}.halo{stroke:#0d1117}
}`;

type LabelStyle = {
  readonly size?: number;
  readonly bold?: boolean;
  readonly muted?: boolean;
  readonly anchor?: "start" | "middle" | "end";
  /** A rim in the colour of the paper, so that it can be read on lines. */ readonly halo?: boolean;
};

/** A line of text. [px] */
export function label(x: number, y: number, text: string, style: LabelStyle = {}): string {
  const { size = 13, bold = false, muted = false, anchor = "start", halo = false } = style;
  const attributes = [
    `class="${muted ? "muted" : "ink"}${halo ? " halo" : ""}"`,
    `x="${px(x)}" y="${px(y)}" font-size="${size}"`,
    ...(bold ? ['font-weight="600"'] : []),
    ...(anchor === "start" ? [] : [`text-anchor="${anchor}"`]),
    ...(halo ? ['stroke-width="4" stroke-linejoin="round" paint-order="stroke"'] : []),
  ];
  return `<text ${attributes.join(" ")}>${escapeXml(text)}</text>`;
}

/** Where a figure's content begins, below its title and its subtitle. [px] */
export const CONTENT_TOP = 70;
/** Left and right of everything. [px] */
export const SIDE = 24;

/** The text of an SVG file. @param body drawn below {@link CONTENT_TOP} */
export function frame(
  { title, subtitle, width, height }: { title: string; subtitle: string; width: number; height: number },
  body: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `font-family="Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    label(SIDE, 32, title, { size: 17, bold: true }),
    label(SIDE, 52, subtitle, { size: 12.5, muted: true }),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}
