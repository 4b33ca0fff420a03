import type { Ambiguity, BenchSqpResult } from "./bench-sqp.ts";
import { type Column, formatTable, ms3 } from "./measures.ts";
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
    return [formatTable(own, 1, [...startColumns(kind), ...TIMES]), ""];
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

/** What a set of solves is worth. */
const QUALITY: readonly Column<SolveQuality>[] = [
  ["n", ({ n }) => n],
  ...(["1e-2", "1e-3"] as const).flatMap((tol): Column<SolveQuality>[] => [
    [`QPs ${tol}`, ({ to_convergence }) => to_convergence[tol].mean.toFixed(2)],
    ["p95", ({ to_convergence }) => to_convergence[tol].p95],
    ["conv", ({ to_convergence }) => percent(to_convergence[tol].converged)],
  ]),
  ["gap p50", ({ after_one }) => signedPercent(after_one.cost_gap.p50)],
  ["p90", ({ after_one }) => signedPercent(after_one.cost_gap.p90)],
  ["good", ({ after_one }) => percent(after_one.good)],
];

const GUESS: readonly Column<SqpRow | AmbiguityRow | NoiseRow>[] = [
  ["guess cm", ({ guess_m }) => centimetres(guess_m.p50)],
  ["p90", ({ guess_m }) => centimetres(guess_m.p90)],
];

/** The columns of a warm start, the first headed by what scenes they are. */
const startColumns = (scenes: string): readonly Column<SqpRow | AmbiguityRow>[] => [
  [scenes, ({ init }) => init],
  ...QUALITY,
  ["viol cm", ({ after_one }) => centimetres(after_one.violation_m.p90)],
  ...GUESS,
  ["finds", ({ reaches_best }) => percent(reaches_best)],
];

const TIMES: readonly Column<SqpRow>[] = [
  ["init ms", ({ ms }) => ms3(ms.init_p50)],
  ["QP ms", ({ ms }) => ms.iteration_p50.toFixed(2)],
  ["all ms", ({ ms }) => ms.total_p50.toFixed(2)],
  ["p99 ms", ({ ms }) => ms.total_p99.toFixed(1)],
];

function ambiguityText({ distance_m, close_within, kinds, rows }: Ambiguity): string {
  const tables = SCENE_CLASSES.flatMap((scenes) => {
    const own = rows.filter((row) => row.scenes === scenes && row.kind === "all");
    return own.length === 0 ? [] : [formatTable(own, 1, startColumns(scenes)), ""];
  });
  return [
    ...tables,
    `ambiguous: another optimum is known ${distance_m.toFixed(2)} m away or more; close: one within ${percent(close_within)} of the best one's merit:`,
    kinds.map((k) => `${k.kind} ${percent(k.ambiguous)} and ${percent(k.close)} of ${k.n}`).join(", "),
  ].join("\n");
}

function noiseText(rows: readonly NoiseRow[]): string {
  const own = rows.filter(({ kind }) => kind === "all");
  const table = formatTable(own, 2, [
    ["optimum and noise", ({ noise_m }) => `${(100 * noise_m).toFixed(0)} cm`],
    ["on its", ({ on, multipliers }) => (multipliers ? `${on}, multipliers` : on)],
    ...QUALITY,
    ...GUESS,
  ]);
  return [
    table,
    "noise: largest position error, of controls that are rolled out, or of states that are tracked with the optimum's own",
    "controls, which brings them nearer to it: guess tells how near; all kinds of scenes",
  ].join("\n");
}
