import type { RunView } from "./run-view.ts";
import { px, svgText } from "./svg-text.ts";

/** Colours of a picture, shared by drawing and legend. */
export const COLOURS = {
  occupied: "#3a4150",
  unknown: "#dfe3e8",
  free: "#fcfcfa",
  path: "#6b7688",
  plan: "#10b598",
  body: "#3b62a8",
  contact: "#d21f1f",
  mover: "#9b5a7d",
} as const;

export const LEGEND_WIDTH = 216;
const ROW = 24;
const SWATCH = 38;

/** How far a legend's rows reach. */
type Legend = { readonly svg: string; readonly height: number };

type LegendPlace = {
  /** Upper left corner of the column. [px] */ readonly left: number;
  readonly top: number;
  /** Scale of the picture, for the scale bar. */ readonly pixelsPerMetre: number;
  /** Speed at the dark end of the scale. [m/s] */ readonly fastest: number;
  /** Whether unknown cells are to be seen. */ readonly showsUnknown: boolean;
};

/** Slow to fast: apricot, magenta, indigo; told apart also without red and green, and dark on white. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [246, 164, 60],
  [224, 95, 86],
  [172, 40, 124],
  [60, 15, 150],
];

/** Number of shades a trail is drawn in. */
export const SPEED_SHADES = 12;

/** Colour of a speed as a share of the fastest, 0 .. 1, as `#rrggbb`. */
export function speedColour(share: number): string {
  const clamped = Math.min(1, Math.max(0, share));
  const at = Math.min(clamped * (STOPS.length - 1), STOPS.length - 1 - 1e-9);
  const i = Math.floor(at);
  const mix = STOPS[i].map((low, c) => Math.round(low + (at - i) * (STOPS[i + 1][c] - low)));
  return `#${mix.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

/** What the lines mean, the scale of speeds and the figures of the run, as a column. */
export function legend(view: RunView, place: LegendPlace): Legend {
  const { left, top, pixelsPerMetre, fastest, showsUnknown } = place;
  const parts: string[] = [];
  let y = top;
  const row = (swatch: (cx: number, cy: number) => string, label: string): void => {
    parts.push(swatch(left, y + ROW / 2), svgText(left + SWATCH + 10, y + ROW / 2 + 4.5, label));
    y += ROW;
  };
  const stroke =
    (colour: string, width: number, dash = "") =>
    (x: number, cy: number) =>
      `<path d="M${px(x)} ${px(cy)}h${SWATCH}" stroke="${colour}" stroke-width="${width}"${dash && ` stroke-dasharray="${dash}"`}/>`;
  const box =
    (fill: string, edge: string, opacity = 1) =>
    (x: number, cy: number) =>
      `<rect x="${px(x + 8)}" y="${px(cy - 7)}" width="22" height="14" fill="${fill}" fill-opacity="${opacity}" ${edge}/>`;

  row(
    box(COLOURS.body, `stroke="${COLOURS.body}"`, 0.16),
    `${view.robot.name}, every ${footprintInterval(view.samples)} s`,
  );
  row(
    (x, cy) =>
      `${stroke(COLOURS.plan, 2.2)(x, cy)}<circle cx="${px(x + SWATCH)}" cy="${px(cy)}" r="3.4" fill="${COLOURS.plan}" stroke="#fff"/>`,
    "plans on the way",
  );
  row(stroke(COLOURS.path, 1.8, "6 4"), "global path");
  row(box(COLOURS.occupied, 'class="axis"'), "obstacle");
  if (showsUnknown) row(box(COLOURS.unknown, 'class="axis"'), "unknown");
  if (view.samples.some(({ movers = [] }) => movers.length > 0))
    row(
      (x, cy) =>
        `${stroke(COLOURS.mover, 1)(x, cy)}<circle cx="${px(x + 19)}" cy="${px(cy)}" r="7" fill="${COLOURS.mover}" fill-opacity="0.3" stroke="${COLOURS.mover}"/>`,
      `movers, every ${2 * footprintInterval(view.samples)} s`,
    );
  if (view.samples.some((sample) => sample.contact === true))
    row((x, cy) => contactMark(x + 19, cy), "contact");

  y += 10;
  parts.push(svgText(left, y + 12, "driven, by speed"));
  const bar = 180;
  for (let i = 0; i < 36; i++) {
    const shade = speedColour((i + 0.5) / 36);
    parts.push(
      `<rect x="${px(left + (i * bar) / 36)}" y="${px(y + 20)}" width="${px(bar / 36 + 0.5)}" height="10" fill="${shade}"/>`,
    );
  }
  const small = { size: 12, muted: true } as const;
  parts.push(svgText(left, y + 46, "0", small));
  parts.push(svgText(left + bar, y + 46, `${fastest.toFixed(1)} m/s`, { ...small, anchor: "end" }));
  y += 64;
  parts.push(scaleBar(left, y, pixelsPerMetre));
  y += 36;
  for (const [name, value] of figures(view)) {
    parts.push(svgText(left, y + 12, name, { muted: true }));
    parts.push(svgText(left + bar, y + 12, value, { anchor: "end", bold: true }));
    y += 21;
  }
  return { svg: parts.join("\n"), height: y - top };
}

/** Seconds between two footprints: half a second, more in a long run. */
export function footprintInterval(samples: RunView["samples"]): number {
  if (samples.length === 0) return 0.5;
  const duration = samples[samples.length - 1].time - samples[0].time;
  return Math.max(1, Math.ceil(duration / 20)) / 2;
}

/** A cross where the robot touched something. */
export function contactMark(x: number, y: number): string {
  return `<path d="M${px(x - 6)} ${px(y - 6)}l12 12m0 -12l-12 12" stroke="${COLOURS.contact}" stroke-width="3" stroke-linecap="round"/>`;
}

/** A bar of a round number of metres. */
function scaleBar(x: number, y: number, pixelsPerMetre: number): string {
  const lengths = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
  const metres = lengths.findLast((m) => m * pixelsPerMetre <= 130) ?? lengths[0];
  const w = px(metres * pixelsPerMetre);
  return (
    `<path d="M${px(x)} ${px(y)}v8h${w}v-8" class="axis" stroke-width="1.5"/>` +
    svgText(x + metres * pixelsPerMetre + 8, y + 10, `${metres} m`, { size: 12, muted: true })
  );
}

function figures({ summary, samples }: RunView): [string, string][] {
  const last = samples[samples.length - 1];
  if (summary === undefined) return last === undefined ? [] : [["time", `${last.time.toFixed(1)} s`]];
  const rows: [string, string][] = [
    ["result", summary.status],
    ["time", `${summary.time.toFixed(1)} s`],
    ["way", `${summary.pathLength.toFixed(1)} m`],
    ["least clearance", `${summary.minClearance.toFixed(2)} m`],
    ["contacts", String(summary.collisions)],
    ["warm start", summary.init],
    ["QPs per tick", summary.sqp.iterations.mean.toFixed(1)],
  ];
  if (summary.planMs.p50 > 0) rows.push(["tick, median", `${summary.planMs.p50.toFixed(1)} ms`]);
  return rows;
}
