import { escapeXml, px, svgText } from "./svg-text.ts";

/** How something is drawn; the colours of each follow the reader's light or dark scheme. */
export type FigureTone = "plain" | "house" | "accent";

/** Colours of lines that can be told apart, also by most who see few of them (Okabe and Ito). */
export const CHART_COLOURS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#4b4b4b",
] as const;

/** The {@link CHART_COLOURS} that are hard to see on black, and what is drawn there instead. */
const ON_BLACK = { "#0072b2": "#3f9be0", "#d55e00": "#ff8040", "#009e73": "#1fc795", "#4b4b4b": "#aeb6c2" };

/**
 * Classes instead of colours, so that a picture is readable on white and on black. Each pair of tones differs in
 * lightness, too. What lies on a sheet, such as a map, is drawn on white everywhere.
 */
const STYLE = `
.paper{fill:#ffffff}.ink{fill:#1f2630}.muted{fill:#5b6473}.rule{stroke:#dde2e8}.axis{stroke:#8a94a3}
.plain{fill:#a9b4c2}.house{fill:#4f7cac}.accent{fill:#0b9c80}
.plain-line{stroke:#8a96a6}.house-line{stroke:#3d6c9e}.accent-line{stroke:#0b9c80}.halo{stroke:#ffffff}
@media (prefers-color-scheme: dark){
.paper{fill:#0d1117}.ink{fill:#e6eaf0}.muted{fill:#9aa5b4}.rule{stroke:#262d38}.axis{stroke:#657082}
.plain{fill:#566273}.house{fill:#5b8fc9}.accent{fill:#2cc9a6}
.plain-line{stroke:#7c899b}.house-line{stroke:#6b9fd8}.accent-line{stroke:#2cc9a6}.halo{stroke:#0d1117}
${Object.entries(ON_BLACK)
  .map(([colour, there]) => `[stroke="${colour}"]{stroke:${there}}[fill="${colour}"]{fill:${there}}`)
  .join("\n")}
}
.sheet .ink{fill:#1f2630}.sheet .halo{stroke:#ffffff}`;

/** Where a figure's content begins, below its title and its subtitle. [px] */
export const CONTENT_TOP = 70;
/** Left and right of everything. [px] */
export const SIDE = 24;

/** What stands at the top of a picture, and how large it is. [px] */
export type FrameHead = {
  readonly title: string;
  readonly subtitle?: string;
  readonly width: number;
  readonly height: number;
};

/**
 * The text of an SVG file: every picture's frame.
 *
 * @param body drawn below {@link CONTENT_TOP}, or below y = 44 where there is no subtitle
 */
export function frame({ title, subtitle, width, height }: FrameHead, body: readonly string[]): string {
  const [w, h] = [px(width), px(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" ` +
      `font-family="Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${w}" height="${h}" rx="6"/>`,
    svgText(SIDE, 32, title, { size: 17, bold: true }),
    ...(subtitle === undefined ? [] : [svgText(SIDE, 52, subtitle, { size: 12.5, muted: true })]),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}
