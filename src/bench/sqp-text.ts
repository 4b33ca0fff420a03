import type { Ambiguity, BenchSqpResult } from "./bench-sqp.ts";
import { formatTable } from "./measures.ts";
import type { NoiseRow } from "./sqp-noise.ts";
import { type AmbiguityRow, SCENE_CLASSES, type SolveQuality, type SqpRow } from "./sqp-rows.ts";

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;
const signedPercent = (share: number): string =>
  Math.abs(share) >= 10 ? `${share.toFixed(0)}x` : `${(100 * share).toFixed(1).replace(/^-0\.0$/, "0.0")}%`;
const centimetres = (metres: number): string => (100 * metres).toFixed(metres < 0.1 ? 1 : 0);

/** What `bench sqp` prints for people: a table per kind of scene, scenes with several optima, noise. */
export function sqpText({ rows, reference, ambiguity, noise }: BenchSqpResult): string {
  const kinds = [...new Set(rows.map((row) => row.kind))];
  const tables = kinds.flatMap((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    return [formatTable([kind, ...HEADER, ...TIMES], own.map(kindLine)), ""];
  });
  return [
    ...tables,
    "QPs: mean number to that relative KKT tolerance, at most 10. gap, good, viol: the plan after exactly one QP beside",
    "the best known optimum; good is within 2% and 2 cm. guess: largest position error of the rolled out guess to it;",
    "finds: share from which the solver finds it, or one within 1%. ms: medians but for the last column; all: to 1e-2.",
    `best known optimum: to ${reference.tol.toExponential()} in ${percent(reference.converged)} of the scenes, 2 cm inside the margin in ${percent(reference.violating)}`,
    "",
    ambiguityText(ambiguity),
    ...(noise === undefined ? [] : ["", noiseText(noise.rows)]),
  ].join("\n");
}

const QUALITY = ["n", "QPs 1e-2", "p95", "conv", "QPs 1e-3", "p95", "conv", "gap p50", "p90", "good"];
const HEADER = [...QUALITY, "viol cm", "guess cm", "p90", "finds"];
const TIMES = ["init ms", "QP ms", "all ms", "p99 ms"];

function qualityCells({ n, to_convergence, after_one }: SolveQuality): string[] {
  return [
    String(n),
    ...(["1e-2", "1e-3"] as const).flatMap((tol) => {
      const { mean, p95, converged } = to_convergence[tol];
      return [mean.toFixed(2), String(p95), percent(converged)];
    }),
    signedPercent(after_one.cost_gap.p50),
    signedPercent(after_one.cost_gap.p90),
    percent(after_one.good),
  ];
}

function cells(row: SqpRow | AmbiguityRow): string[] {
  return [
    row.init,
    ...qualityCells(row),
    centimetres(row.after_one.violation_m.p90),
    centimetres(row.guess_m.p50),
    centimetres(row.guess_m.p90),
    percent(row.reaches_best),
  ];
}

function kindLine(row: SqpRow): string[] {
  const { init_p50, iteration_p50, total_p50, total_p99 } = row.ms;
  return [
    ...cells(row),
    init_p50.toFixed(3),
    iteration_p50.toFixed(2),
    total_p50.toFixed(2),
    total_p99.toFixed(1),
  ];
}

function ambiguityText({ distance_m, close_within, kinds, rows }: Ambiguity): string {
  const tables = SCENE_CLASSES.flatMap((scenes) => {
    const own = rows.filter((row) => row.scenes === scenes && row.kind === "all");
    return own.length === 0 ? [] : [formatTable([scenes, ...HEADER], own.map(cells)), ""];
  });
  return [
    ...tables,
    `ambiguous: another optimum is known ${distance_m.toFixed(2)} m away or more; close: one within ${percent(close_within)} of the best one's merit:`,
    kinds.map((k) => `${k.kind} ${percent(k.ambiguous)} and ${percent(k.close)} of ${k.n}`).join(", "),
  ].join("\n");
}

function noiseText(rows: readonly NoiseRow[]): string {
  const line = (row: NoiseRow): string[] => [
    `${(100 * row.noise_m).toFixed(0)} cm`,
    row.multipliers ? `${row.on}, multipliers` : row.on,
    ...qualityCells(row),
    centimetres(row.guess_m.p50),
    centimetres(row.guess_m.p90),
  ];
  const own = rows.filter(({ kind }) => kind === "all");
  const table = formatTable(["optimum and noise", "on its", ...QUALITY, "guess cm", "p90"], own.map(line), 2);
  return [
    table,
    "noise: largest position error, of controls that are rolled out, or of states that are tracked with the optimum's own",
    "controls, which brings them nearer to it: guess tells how near; all kinds of scenes",
  ].join("\n");
}
