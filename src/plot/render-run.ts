import { placeFootprint } from "../record/index.ts";
import { linearSpeed, type Robot } from "../sim/index.ts";
import type { RunSample, RunView } from "./run-view.ts";
import { frame, SIDE } from "./svg-frame.ts";
import {
  COLOURS,
  contactMark,
  footprintInterval,
  LEGEND_WIDTH,
  legend,
  SPEED_SHADES,
  speedColour,
} from "./svg-legend.ts";
import { type MapPaths, mapPaths } from "./svg-map.ts";
import { px, svgText } from "./svg-text.ts";
import { boundsOf, chooseWindow } from "./view-window.ts";

/** Longest side of the map in the picture. [px] */
const MAP_SIDE = 760;
const HEAD = 46;
/** Shown around the run. [m] */
const MARGIN = 2;
const PLANS = 8;

/** Places on the picture: metres in the map frame to pixels. */
type Canvas = {
  readonly x: (x: number) => number;
  readonly y: (y: number) => number;
  readonly scale: number;
  /** Right and lower edge of the map. [px] */ readonly right: number;
  readonly bottom: number;
};

/**
 * Draws a run: the map, the global path, the ground the robot covered, the way it drove coloured by
 * speed, some of its plans, start and goal, with a legend and the figures.
 *
 * @returns the text of an SVG file; the same view gives the same text
 */
export function renderRun(run: RunView): string {
  const view: RunView = { ...run, samples: run.samples.filter((s) => s.x.every(Number.isFinite)) };
  const window = chooseWindow(view.grid, boundsOf(shownPoints(view))!, MARGIN);
  const [w, h] = [window.xMax - window.xMin, window.yMax - window.yMin];
  const scale = MAP_SIDE / Math.max(w, h);
  const canvas: Canvas = {
    scale,
    right: SIDE + w * scale,
    bottom: HEAD + h * scale,
    x: (x) => SIDE + (x - window.xMin) * scale,
    y: (y) => HEAD + (window.yMax - y) * scale,
  };
  const fastest = view.samples.reduce(
    (most, s) => Math.max(most, Math.abs(linearSpeed(view.robot, s.x))),
    0.1,
  );
  const map = mapPaths(view.grid, window);
  const column = legend(view, {
    left: SIDE + w * scale + 24,
    top: HEAD,
    pixelsPerMetre: scale,
    fastest,
    showsUnknown: map.unknown !== "",
  });
  const width = SIDE + w * scale + 24 + LEGEND_WIDTH;
  const height = HEAD + Math.max(h * scale, column.height) + SIDE;
  const plans = drawPlans(view, canvas);
  const sheet = `x="${SIDE}" y="${HEAD}" width="${px(w * scale)}" height="${px(h * scale)}"`;
  return frame({ title: view.title ?? `${view.robot.name} on its way`, width, height }, [
    `<clipPath id="map"><rect ${sheet}/></clipPath>`,
    `<rect ${sheet} fill="${COLOURS.free}"/>`,
    `<g class="sheet" clip-path="url(#map)" fill="none" stroke-linejoin="round" stroke-linecap="round">`,
    drawMap(view, map, canvas),
    ...view.paths
      .slice(-1)
      .map((path) => polyline(path, canvas, COLOURS.path, 1.8, ' stroke-dasharray="6 5"')),
    ...drawMovers(view, canvas),
    ...drawFootprints(view, canvas),
    ...plans.lines,
    ...drawTrail(view, canvas, fastest),
    ...plans.ends,
    ...drawEnds(view, canvas),
    "</g>",
    `<rect ${sheet} class="axis" fill="none"/>`,
    `<g fill="none">`,
    column.svg,
    "</g>",
  ]);
}

function* shownPoints(view: RunView): Generator<[number, number]> {
  yield [view.start.x, view.start.y];
  if (view.goal !== undefined) yield [view.goal.x, view.goal.y];
  for (const { x } of view.samples) yield [x[0], x[1]];
}

function drawMap({ grid }: RunView, { occupied, unknown }: MapPaths, canvas: Canvas): string {
  const { origin, resolution } = grid;
  const unit = resolution * canvas.scale;
  const a = unit * Math.cos(origin.yaw);
  const b = unit * Math.sin(origin.yaw);
  const round = (v: number): number => Math.round(v * 1e6) / 1e6 + 0;
  const matrix = [a, -b, -b, -a, canvas.x(origin.x), canvas.y(origin.y)].map(round).join(" ");
  return (
    `<g transform="matrix(${matrix})" stroke="none" shape-rendering="crispEdges">` +
    `<path fill="${COLOURS.unknown}" d="${unknown}"/><path fill="${COLOURS.occupied}" d="${occupied}"/></g>`
  );
}

function polyline(points: Float64Array, canvas: Canvas, colour: string, width: number, more = ""): string {
  return `<path d="${lineData(points, canvas)}" stroke="${colour}" stroke-width="${width}"${more}/>`;
}

function lineData(points: Float64Array, canvas: Canvas): string {
  const parts: string[] = [];
  for (let i = 0; i + 1 < points.length; i += 2)
    parts.push(`${i === 0 ? "M" : "L"}${px(canvas.x(points[i]))} ${px(canvas.y(points[i + 1]))}`);
  return parts.join("");
}

function footprintData(robot: Robot, [x, y, yaw]: Iterable<number>, canvas: Canvas): string {
  const corners = placeFootprint(robot, x, y, yaw);
  return `M${corners.map(([cx, cy]) => `${px(canvas.x(cx))} ${px(canvas.y(cy))}`).join("L")}z`;
}

/** The body at even times; where it stands still, once. */
function drawFootprints({ robot, samples }: RunView, canvas: Canvas): string[] {
  const every = footprintInterval(samples);
  const out: string[] = [];
  let next = Number.NEGATIVE_INFINITY;
  let drawn = "";
  for (const { time, x } of samples) {
    if (time < next - 1e-6) continue;
    next = time + every;
    const data = footprintData(robot, x, canvas);
    if (data === drawn) continue;
    drawn = data;
    out.push(`<path d="${data}"/>`);
  }
  return [
    `<g fill="${COLOURS.body}" fill-opacity="0.13" stroke="${COLOURS.body}" stroke-opacity="0.55" stroke-width="0.9">`,
    ...out,
    "</g>",
  ];
}

/** Who moved: the way of each, and a disc at even times that is the darker the later. */
function drawMovers({ samples }: RunView, canvas: Canvas): string[] {
  const ways = new Map<number, number[]>();
  const discs: string[] = [];
  const every = 2 * footprintInterval(samples);
  let next = Number.NEGATIVE_INFINITY;
  for (const [n, { time, movers = [] }] of samples.entries()) {
    const due = time >= next - 1e-6;
    if (due) next = time + every;
    const opacity = (0.08 + (0.4 * n) / samples.length).toFixed(2);
    for (const { id, x, y, radius } of movers) {
      const way = ways.get(id) ?? [];
      ways.set(id, way);
      way.push(x, y);
      const [cx, cy, r] = [canvas.x(x), canvas.y(y), radius * canvas.scale].map(px);
      if (due) discs.push(`<circle cx="${cx}" cy="${cy}" r="${r}" fill-opacity="${opacity}"/>`);
    }
  }
  if (ways.size === 0) return [];
  const lines = [...ways.values()].map((way) =>
    polyline(Float64Array.from(way), canvas, COLOURS.mover, 0.8, ' stroke-opacity="0.5"'),
  );
  return [...lines, `<g fill="${COLOURS.mover}" stroke="none">`, ...discs, "</g>"];
}

/** A few plans, evenly spread in time; their ends are dots. */
function drawPlans({ samples }: RunView, canvas: Canvas): { lines: string[]; ends: string[] } {
  const planned = samples.filter((s) => s.plan !== undefined && s.plan.length >= 4);
  const step = Math.max(1, Math.floor(planned.length / PLANS));
  const lines: string[] = [];
  const ends: string[] = [];
  for (let i = Math.floor(step / 2); i < planned.length; i += step) {
    const plan = planned[i].plan!;
    const [x, y] = plan.subarray(plan.length - 2);
    lines.push(polyline(plan, canvas, COLOURS.plan, 2.2));
    ends.push(
      `<circle cx="${px(canvas.x(x))}" cy="${px(canvas.y(y))}" r="3.4" fill="${COLOURS.plan}" stroke="#fff"/>`,
    );
  }
  return { lines, ends };
}

/** The way driven: pieces of one shade each, with a white rim that lifts it off the map. */
function drawTrail({ robot, samples }: RunView, canvas: Canvas, fastest: number): string[] {
  const shadeOf = (a: RunSample, b: RunSample): number => {
    const share = (Math.abs(linearSpeed(robot, a.x)) + Math.abs(linearSpeed(robot, b.x))) / (2 * fastest);
    return Math.min(SPEED_SHADES - 1, Math.floor(share * SPEED_SHADES));
  };
  const rims: string[] = [];
  const shades: string[] = [];
  for (const stretch of unbroken(samples, fastest)) {
    const places = Float64Array.from(stretch.flatMap((s) => [s.x[0], s.x[1]]));
    rims.push(polyline(places, canvas, "#fff", 6.5, ' stroke-opacity="0.85"'));
    for (let i = 0; i + 1 < stretch.length; ) {
      const shade = shadeOf(stretch[i], stretch[i + 1]);
      let end = i + 1;
      while (end + 1 < stretch.length && shadeOf(stretch[end], stretch[end + 1]) === shade) end++;
      const piece = places.subarray(2 * i, 2 * end + 2);
      shades.push(polyline(piece, canvas, speedColour((shade + 0.5) / SPEED_SHADES), 4));
      i = end;
    }
  }
  return [...rims, ...shades];
}

/** Stretches of samples the robot drove; where it was picked up and set down elsewhere a new one begins. */
function unbroken(samples: readonly RunSample[], fastest: number): RunSample[][] {
  const stretches: RunSample[][] = [];
  let last: RunSample | undefined;
  for (const sample of samples) {
    const jumped =
      last === undefined ||
      Math.hypot(sample.x[0] - last.x[0], sample.x[1] - last.x[1]) >
        0.2 + 2 * fastest * (sample.time - last.time);
    if (jumped) stretches.push([]);
    stretches[stretches.length - 1].push(sample);
    last = sample;
  }
  return stretches.filter((stretch) => stretch.length > 1);
}

/** The body at the start and at the end, the goal, and every contact. */
function drawEnds(view: RunView, canvas: Canvas): string[] {
  const { robot, samples, start, goal } = view;
  const body = (at: Iterable<number>): string =>
    `<path d="${footprintData(robot, at, canvas)}" stroke="${COLOURS.body}" stroke-width="2"/>`;
  const out = [body([start.x, start.y, start.yaw])];
  const last = samples[samples.length - 1];
  if (last !== undefined) out.push(body(last.x));
  let touching = false;
  for (const { x, contact } of samples) {
    if (contact === true && !touching) out.push(contactMark(canvas.x(x[0]), canvas.y(x[1])));
    touching = contact === true;
  }
  const [sx, sy] = [canvas.x(start.x), canvas.y(start.y)];
  out.push(
    `<circle cx="${px(sx)}" cy="${px(sy)}" r="5" fill="#fff" stroke="${COLOURS.body}" stroke-width="2.5"/>`,
  );
  out.push(placeName(sx, sy, "start", canvas));
  if (goal !== undefined) {
    const [gx, gy] = [canvas.x(goal.x), canvas.y(goal.y)];
    out.push(flag(gx, gy), placeName(gx, gy, "goal", canvas));
  }
  return out;
}

/** A word beside a point, inside the map. */
function placeName(x: number, y: number, text: string, { right, bottom }: Canvas): string {
  const before = x + 64 > right;
  const above = y + 28 > bottom;
  return svgText(before ? x - 14 : x + 14, above ? y - 12 : y + 22, text, {
    size: 14,
    bold: true,
    halo: true,
    anchor: before ? "end" : "start",
  });
}

/** A flag whose foot is at the point. */
function flag(x: number, y: number): string {
  return (
    `<path d="M${px(x)} ${px(y)}v-26" stroke="#fff" stroke-width="6"/>` +
    `<path d="M${px(x)} ${px(y)}v-26l18 6.5l-18 6.5" fill="#e0442e" stroke="#8e1f10" stroke-width="2"/>` +
    `<circle cx="${px(x)}" cy="${px(y)}" r="3.5" fill="#8e1f10"/>`
  );
}
