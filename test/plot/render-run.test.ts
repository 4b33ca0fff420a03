import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { drive } from "../../src/drive/index.ts";
import { createRunPicture, type RunView, renderRun } from "../../src/plot/index.ts";
import { mapPaths } from "../../src/plot/svg-map.ts";
import { type RunRecord, readLog } from "../../src/record/index.ts";
import {
  cellCenter,
  createGrid,
  getRobot,
  makeWorld,
  OCCUPIED,
  type OccupancyGrid,
} from "../../src/sim/index.ts";
import { shortRun } from "../record/short-run.ts";

/** Tags, attributes and texts of an XML file; throws where it is not well-formed. */
function parseXml(text: string): { tag: string; attributes: Record<string, string>; text: string }[] {
  const elements: { tag: string; attributes: Record<string, string>; text: string }[] = [];
  const open: typeof elements = [];
  let at = 0;
  for (const match of text.matchAll(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const between = text.slice(at, match.index);
    if (/[<>]/.test(between)) throw new Error(`stray bracket in "${between}"`);
    if (/&(?!amp;|lt;|gt;|quot;)/.test(between)) throw new Error(`stray ampersand in "${between}"`);
    if (open.length > 0) open[open.length - 1].text += between;
    at = match.index + match[0].length;
    const [, closing, tag, attributes, empty] = match;
    if (closing) {
      if (open.pop()?.tag !== tag) throw new Error(`</${tag}> closes nothing`);
      continue;
    }
    const found = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
    const element = { tag, attributes: Object.fromEntries(found) as Record<string, string>, text: "" };
    elements.push(element);
    if (!empty) open.push(element);
  }
  if (open.length > 0 || text.slice(at).trim() !== "") throw new Error("the file does not end");
  return elements;
}

/** How often rectangles `M x y h w v h h-w z` cover each cell. */
function coverage(path: string, width: number, height: number): Int32Array {
  const counts = new Int32Array(width * height);
  const rectangles = [...path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-(\d+)z/g)];
  expect(rectangles.map((m) => m[0]).join("")).toBe(path);
  for (const [, x, y, w, h, back] of rectangles) {
    expect(back).toBe(w);
    for (let j = +y; j < +y + +h; j++) for (let i = +x; i < +x + +w; i++) counts[j * width + i]++;
  }
  return counts;
}

const everything = { xMin: -1e6, yMin: -1e6, xMax: 1e6, yMax: 1e6 };

function syntheticRun(grid: OccupancyGrid, more: Partial<RunView> = {}): RunView {
  const samples = Array.from({ length: 41 }, (_, i) => ({
    time: 0.1 * i,
    x: Float64Array.of(1 + 0.1 * i, 2, 0, Math.min(1, 0.1 * i), 0),
    plan: Float64Array.of(1 + 0.1 * i, 2, 1.5 + 0.1 * i, 2.1, 2 + 0.1 * i, 2.3),
  }));
  return {
    grid,
    robot: getRobot("jackal"),
    start: { x: 1, y: 2, yaw: 0 },
    goal: { x: 5, y: 2 },
    paths: [Float64Array.of(1, 2, 5, 2)],
    samples,
    ...more,
  };
}

describe("the map of a picture", () => {
  it("shows who moved as discs of their true size on their ways, and says so; else it does not", () => {
    const view = syntheticRun(createGrid(200, 80, 0.05));
    const mover = { id: 3, x: 4, y: 1, vx: 0, vy: 0.5, radius: 0.3 };
    const samples = view.samples.map((sample) => ({
      ...sample,
      movers: [{ ...mover, y: 1 + 0.5 * sample.time }],
    }));
    const svg = renderRun({ ...view, samples });
    expect(svg).toContain("movers, every 1 s");
    expect(renderRun(view)).not.toContain("movers");
    const discs = parseXml(svg).filter(
      ({ attributes }) => attributes["fill-opacity"] !== undefined && attributes.cx,
    );
    const [first, second] = discs.map(({ attributes }) => attributes);
    // Half a metre up in a second, in units of its radius.
    expect((+first.cy - +second.cy) / +first.r).toBeCloseTo(0.5 / 0.3, 1);
    expect(first.cx).toBe(second.cx);
  });

  it("covers every occupied and every unknown cell once, and no other", () => {
    const rng = createRng(5);
    for (const [width, height] of [
      [1, 1],
      [7, 3],
      [40, 60],
    ]) {
      const grid = createGrid(width, height, 0.1);
      for (let c = 0; c < grid.cells.length; c++) grid.cells[c] = [0, 0, 100, 65, 64, -1][rng.int(6)];
      const { occupied, unknown } = mapPaths(grid, everything);
      expect([...coverage(occupied, width, height)]).toEqual(
        Array.from(grid.cells, (v) => (v >= OCCUPIED ? 1 : 0)),
      );
      expect([...coverage(unknown, width, height)]).toEqual(Array.from(grid.cells, (v) => (v < 0 ? 1 : 0)));
    }
  });

  it("of a large building stays small and loses no wall", () => {
    const grid = createGrid(4000, 3000, 0.05);
    for (let i = 0; i < 4000; i++) grid.cells[1500 * 4000 + i] = 100;
    const { occupied } = mapPaths(grid, everything);
    expect(occupied).toBe("M0 1500h4000v4h-4000z");
  });

  it("lies where its cells are, for a turned origin too", () => {
    const rng = createRng(6);
    for (let n = 0; n < 20; n++) {
      const grid = createGrid(30, 20, 0.2, { x: rng.gauss(), y: rng.gauss(), yaw: 3 * rng.gauss() });
      grid.cells.fill(100);
      const [i, j] = [rng.int(30), rng.int(20)];
      const [x, y] = cellCenter(grid, i, j);
      const svg = renderRun(syntheticRun(grid, { goal: { x, y } }));
      const elements = parseXml(svg);
      const matrix = elements.find((e) => e.attributes.transform?.startsWith("matrix("))!.attributes
        .transform;
      const [a, b, c, d, e, f] = matrix.slice(7, -1).split(" ").map(Number);
      const flag = elements.find((el) => el.attributes.r === "3.5")!.attributes;
      // Pixels are rounded to 0.1.
      expect(Math.abs(Number(flag.cx) - (a * (i + 0.5) + c * (j + 0.5) + e))).toBeLessThan(0.06);
      expect(Math.abs(Number(flag.cy) - (b * (i + 0.5) + d * (j + 0.5) + f))).toBeLessThan(0.06);
    }
  });
});

describe("the picture of a run", () => {
  let grid: OccupancyGrid;
  beforeAll(() => {
    grid = createGrid(60, 40, 0.1);
    grid.cells.fill(100, 0, 60);
  });

  it("is well-formed, says the same for the same run, and has no text smaller than 12 px", () => {
    const svg = renderRun(syntheticRun(grid));
    expect(renderRun(syntheticRun(grid))).toBe(svg);
    const elements = parseXml(svg);
    const sizes = elements.filter((e) => e.tag === "text").map((e) => Number(e.attributes["font-size"]));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(12);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("shows a footprint every half second, drawn to scale", () => {
    const elements = parseXml(renderRun(syntheticRun(grid)));
    const group = elements.findIndex((e) => e.attributes["fill-opacity"] === "0.13");
    const bodies: string[] = [];
    for (let i = group + 1; elements[i].tag === "path" && elements[i].attributes.stroke === undefined; i++)
      bodies.push(elements[i].attributes.d);
    // 0, 0.5, ..., 4 s.
    expect(bodies.length).toBe(9);
    const frame = elements.find((e) => e.attributes.fill === "#fcfcfa")!.attributes;
    const scale = Number(frame.width) / 6;
    const [x0, , x1] = bodies[0].match(/[\d.]+/g)!.map(Number);
    expect(Math.abs(x1 - x0 - 0.508 * scale)).toBeLessThan(0.11);
  });

  it("breaks the trail where the robot was picked up and set down elsewhere", () => {
    const rims = (view: RunView): number =>
      parseXml(renderRun(view)).filter((e) => e.attributes["stroke-opacity"] === "0.85").length;
    const run = syntheticRun(grid);
    expect(rims(run)).toBe(1);
    const moved = run.samples.map((s, i) =>
      i < 20 ? s : { ...s, x: s.x.map((v, k) => (k === 1 ? v + 1.5 : v)) },
    );
    expect(rims({ ...run, samples: moved })).toBe(2);
  });

  it("marks a contact, and unknown space only where it is seen", () => {
    const texts = (view: RunView): string[] =>
      parseXml(renderRun(view))
        .filter((e) => e.tag === "text")
        .map((e) => e.text);
    const run = syntheticRun(grid);
    expect(texts(run)).not.toContain("contact");
    expect(texts(run)).not.toContain("unknown");
    const samples = run.samples.map((s, i) => ({ ...s, contact: i > 30 }));
    expect(texts({ ...run, samples })).toContain("contact");
    const seen = { ...grid, cells: grid.cells.map((v, c) => (c === 500 ? -1 : v)) };
    expect(texts({ ...run, grid: seen })).toContain("unknown");
  });

  it("takes any title", () => {
    const title = 'a <b> & "c" \u0000 ü';
    const elements = parseXml(renderRun(syntheticRun(grid, { title })));
    expect(elements.find((e) => e.tag === "title")!.text).toBe("a &lt;b&gt; &amp; &quot;c&quot;  ü");
  });

  it("is drawn also for a run without a tick, without a goal, off the map, or with NaN", () => {
    const run = syntheticRun(grid);
    for (const view of [
      { ...run, samples: [], paths: [] },
      { ...run, goal: undefined },
      { ...run, start: { x: -50, y: 70, yaw: 1 } },
      { ...run, samples: [{ time: 0, x: new Float64Array(5).fill(Number.NaN) }, ...run.samples] },
      { ...run, samples: run.samples.slice(0, 1) },
    ]) {
      const svg = renderRun(view);
      parseXml(svg);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

/** What a log holds, as a view. */
function viewOf({ meta: { robot, id }, maps, ticks, paths, summary }: RunRecord): RunView {
  const samples = ticks.map(({ time, truth, plan }) => {
    const places = plan && Array.from(plan.X).filter((_, i) => i % 5 < 2);
    return { time, x: truth!.state, plan: places && Float64Array.from(places), contact: truth!.contact };
  });
  const [x, y, yaw] = samples[0].x;
  const goal = ticks.findLast((tick) => tick.goal !== undefined)?.goal;
  const start = { x, y, yaw };
  const way = paths.map((path) => path.points);
  return { grid: maps.at(-1)!.grid, robot, start, goal, paths: way, samples, summary, title: id };
}

describe("pictures of a real run", () => {
  it("drawn while driving and drawn from the log show the same places", async () => {
    const world = makeWorld("clutter", 5);
    const robot = getRobot("jackal");
    const picture = createRunPicture({ ...world, robot, title: world.name });
    const { summary } = await drive({
      ...world,
      robot,
      timeout_s: 2,
      deadlineMs: 1000,
      onTick: (report, simulator) => picture.add(report, simulator),
    });
    const drawn = parseXml(picture.draw(summary));
    const run = await shortRun();
    const logged = parseXml(renderRun(viewOf(await readLog(run.bytes))));
    expect(logged.map((e) => e.tag)).toEqual(drawn.map((e) => e.tag));
    drawn.forEach((element, i) => {
      const numbers = (text = ""): number[] => (text.match(/-?[\d.]+/g) ?? []).map(Number);
      const [a, b] = [numbers(element.attributes.d), numbers(logged[i].attributes.d)];
      expect(b.length).toBe(a.length);
      // The log rounds trajectories to 0.1 mm and paths to 1 mm, less than 0.1 px; the picture rounds to 0.1 px.
      a.forEach((value, k) => {
        expect(Math.abs(value - b[k])).toBeLessThan(0.21);
      });
    });
  });
});
