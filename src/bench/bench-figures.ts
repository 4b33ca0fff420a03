import { FormatError, parseJson } from "../base/index.ts";
import { type BarTable, drawBarTable, drawNoise, type FigureTone, type NoiseCurve } from "../plot/index.ts";
import { SCENE_KINDS } from "../scenes/index.ts";
import type { BenchSqpResult } from "./bench-sqp.ts";
import type { NoiseRow } from "./sqp-noise.ts";
import type { AmbiguityRow, SqpRow } from "./sqp-rows.ts";

/** What `bench sqp --json` prints, as far as figures need it. */
export type BenchSqpObject = BenchSqpResult & {
  readonly verb: "bench sqp";
  readonly scenes: number;
  readonly source: string;
  readonly robot: string;
  readonly models?: Readonly<Record<string, string>>;
};

/** Reads what `bench sqp --out FILE.json` wrote. @throws FormatError for what `bench sqp` did not write */
export function readBenchObject(text: string): BenchSqpObject {
  const object = parseJson(text) as Partial<BenchSqpObject> | null;
  const { verb, rows, ambiguity } = object ?? {};
  if (verb !== "bench sqp" || !Array.isArray(rows) || !Array.isArray(ambiguity?.rows))
    throw new FormatError(
      'expected what "npx mnemosyne-mpc bench sqp --out FILE.json" writes, with "rows" and "ambiguity"',
    );
  return object as BenchSqpObject;
}

/** SVG files by name: `good`, `qps`, and, where the benchmark ran with noise, `noise`. */
export function drawBenchFigures(bench: BenchSqpObject): Record<string, string> {
  const subtitle = `${bench.scenes} scenes of ${bench.robot}: ${bench.source}`;
  const about = (title: string): Pick<BarTable, "title" | "subtitle"> => ({ title, subtitle });
  const good = barTable(bench, (row) => 100 * row.after_one.good);
  const qps = barTable(bench, (row) => row.to_convergence["1e-2"].mean);
  return {
    good: drawBarTable({
      ...about("Good after exactly one QP: cost within 2% of the best known, violation below 2 cm"),
      ...good,
      largest: 100,
      format: (value) => `${value.toFixed(0)}%`,
    }),
    qps: drawBarTable({
      ...about("QPs until the KKT residual is 1e-2: mean, at most 10"),
      ...qps,
      largest: 10,
      format: (value) => value.toFixed(2),
    }),
    ...(bench.noise === undefined ? {} : { noise: noiseFigure(bench, subtitle) }),
  };
}

const KIND_NOTES: Readonly<Record<(typeof SCENE_KINDS)[number], string>> = {
  ordinary: "undisturbed",
  first: "no last plan",
  goal: "goal switched",
  displaced: "robot shoved",
  obstacle: "one appeared",
};

/** Which starts are shown, as long as they are there; those of further networks come before the last two. */
const SHOWN = ["zero", "path", "shift", "shift-or-path"] as const;

function shownStarts({ rows, models = {} }: BenchSqpObject): { name: string; tone: FigureTone }[] {
  const there = new Set(rows.map((row) => row.init));
  const named = Object.keys(models).filter((name) => name !== "net");
  const withNet = there.has("net");
  const starts: { name: string; tone: FigureTone }[] = [
    ...SHOWN.map((name) => ({ name, tone: "plain" as const })),
    ...[withNet ? "best-no-net" : "best"].map((name) => ({ name, tone: "house" as const })),
    ...named.map((name) => ({ name, tone: "house" as const })),
    ...(withNet ? ["net", "best"] : []).map((name) => ({ name, tone: "accent" as const })),
  ];
  return starts.filter(({ name }) => there.has(name));
}

/** Kinds of scenes beside each other, and scenes with several optima last. */
function barTable(
  bench: BenchSqpObject,
  pick: (row: SqpRow | AmbiguityRow) => number,
): Pick<BarTable, "columns" | "rows"> {
  const kinds = SCENE_KINDS.filter((kind) => bench.rows.some((row) => row.kind === kind));
  const several = bench.ambiguity.rows.filter((row) => row.scenes === "ambiguous" && row.kind === "all");
  const columns: { title: string; note: string }[] = kinds.map((kind) => {
    const n = bench.rows.find((row) => row.kind === kind)!.n;
    return { title: kind, note: `${KIND_NOTES[kind]}, n = ${n}` };
  });
  if (several.length > 0) columns.push({ title: "several optima", note: `of any kind, n = ${several[0].n}` });
  const rows = shownStarts(bench).map(({ name, tone }) => {
    const cells: (SqpRow | AmbiguityRow | undefined)[] = kinds.map((kind) =>
      bench.rows.find((row) => row.kind === kind && row.init === name),
    );
    if (several.length > 0) cells.push(several.find((row) => row.init === name));
    return { name, tone, values: cells.map((row) => row && pick(row)) };
  });
  return { columns, rows };
}

function noiseFigure(bench: BenchSqpObject, subtitle: string): string {
  const all = bench.noise!.rows.filter(({ kind }) => kind === "all");
  const curve = (on: NoiseRow["on"], name: string): NoiseCurve => ({
    name,
    tone: "house",
    dashed: on === "states",
    points: all
      .filter((row) => row.on === on && !row.multipliers && row.noise_m > 0)
      .map((row) => ({
        size: row.guess_m.p50,
        qps: row.to_convergence["1e-2"].mean,
        good: row.after_one.good,
      })),
  });
  const single = bench.ambiguity.rows.filter((row) => row.scenes === "single" && row.kind === "all");
  return drawNoise({
    title: "What the error of a guess costs",
    subtitle: `${subtitle}; dots: warm starts at their median error, in scenes with one known optimum`,
    curves: [
      curve("controls", "the optimum's controls and smooth noise"),
      curve("states", "its states and smooth noise, tracked"),
    ],
    marks: shownStarts(bench).flatMap(({ name, tone }) => {
      const row = single.find(({ init }) => init === name);
      if (row === undefined || name === "zero" || name === "shift-or-path") return [];
      const { to_convergence, after_one, guess_m } = row;
      return { name, tone, size: guess_m.p50, qps: to_convergence["1e-2"].mean, good: after_one.good };
    }),
  });
}
