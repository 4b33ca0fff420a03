import { FEATURE_MAP_KINDS } from "../../cam/index.ts";
import { type Column, formatTable } from "../measures.ts";
import type { EnergyVarianceRow } from "./energy-variances.ts";
import type { MapVarianceRow, QrBiasRow } from "./map-variances.ts";
import type { RetrievalCase } from "./retrieval-rates.ts";
import type { MarginCurve, StorageRow } from "./storage.ts";

/** What the verb can measure. */
export const CAPACITY_PARTS = ["maps", "energy", "storage", "qr"] as const;
export type CapacityPart = (typeof CAPACITY_PARTS)[number];

/** What the verb prints with `--json`; parts that were not asked for are missing. */
export type CapacityResult = {
  readonly verb: "capacity";
  readonly seed: number;
  /** n. */
  readonly dim: number;
  /** Monte Carlo draws. */
  readonly draws: number;
  readonly maps?: readonly MapVarianceRow[];
  readonly energy?: readonly EnergyVarianceRow[];
  readonly storage?: {
    readonly bounds: readonly StorageRow[];
    readonly margins: readonly MarginCurve[];
    readonly retrieval: RetrievalCase;
  };
  readonly qr?: { readonly dim: number; readonly draws: number; readonly rows: readonly QrBiasRow[] };
  /** Figures that were written. */
  readonly files?: readonly string[];
};

/** Tables for people, one per part that was measured. */
export function capacityText({ dim, draws, maps, energy, storage, qr }: CapacityResult): string {
  const tables: string[] = [];
  if (maps !== undefined) {
    const table = formatTable(maps, 1, [
      ["map", ({ map }) => map],
      ["|q+k|^2", ({ squared_sum }) => squared_sum],
      ["closed form", ({ closed }) => number(closed)],
      [
        "measured +- s.e.",
        ({ measured, error }) => (measured === undefined ? "too few draws" : pair(measured, error!)),
      ],
    ]);
    tables.push(
      `Variance of the maps: over the squared kernel, times the number of features; n = ${dim}, ${draws} draws\n${table}`,
    );
  }
  if (energy !== undefined) {
    const table = formatTable(energy, 1, [
      ["n", (row) => row.dim],
      ["M", ({ patterns }) => patterns],
      ["A", ({ A }) => A.toFixed(3)],
      ["corrected", ({ closed }) => number(closed)],
      ["measured +- s.e.", ({ measured, error }) => pair(measured, error)],
      ["as printed", ({ printed }) => number(printed)],
    ]);
    tables.push(
      `Variance of a flip's energy change, one FAVOR++ projection: V1 + V2 - 2 V3 - V4 - V5 + 2 V6\n${table}`,
    );
  }
  if (storage !== undefined) tables.push(boundsText(dim, storage.bounds), retrievalText(storage.retrieval));
  if (qr !== undefined) {
    const sums = [...new Set(qr.rows.map((row) => row.squared_sum))];
    const lines = [false, true].flatMap((corrected) =>
      FEATURE_MAP_KINDS.map((map) => qr.rows.filter((r) => r.map === map && r.corrected === corrected)),
    );
    const table = formatTable(lines, 2, [
      ["map", ([row]) => row.map],
      ["signs", ([row]) => (row.corrected ? "corrected" : "as it comes")],
      ...sums.map((s): Column<readonly QrBiasRow[]> => [String(s), (line) => biasText(line, s)]),
    ]);
    tables.push(
      `Bias of orthogonal projections from QR [%], by |q+k|^2; n = ${qr.dim}, ${qr.draws} blocks\n${table}`,
    );
  }
  return tables.join("\n\n");
}

function biasText(line: readonly QrBiasRow[], sum: number): string {
  const { bias, error } = line.find(({ squared_sum }) => squared_sum === sum)!;
  return `${(100 * bias).toFixed(1)} +- ${(100 * error).toFixed(1)}`;
}

function boundsText(dim: number, bounds: NonNullable<CapacityResult["storage"]>["bounds"]): string {
  const table = formatTable(bounds, 1, [
    ["d", ({ distance }) => distance],
    ["h", ({ errors }) => errors],
    ["bound on M", ({ bound }) => (bound < 1e4 ? bound.toFixed(1) : bound.toExponential(1))],
    ["margin", ({ margin }) => margin.toFixed(3)],
    ["safe M", ({ safe, corners }) => (safe < corners ? safe : `all ${corners}`)],
    ["drawn M", ({ sampled }) => sampled.patterns],
    ["right flips", ({ sampled: { flips, wrong } }) => `${flips - wrong} of ${flips}`],
    ["least z", ({ sampled }) => sampled.least_z.toFixed(1)],
    ["off z", ({ sampled }) => sampled.largest_error_z.toFixed(1)],
  ]);
  return [
    `Theorem 4.4 at n = ${dim}: patterns d bits apart, states h bits off. margin: the least energy change of any flip`,
    "of any set within the bound, on its right side (all: 0.865); safe M: up to it that is positive. Then Monte Carlo",
    "over FAVOR++ projections: flips whose mean has the right sign, how far the least one is from the wrong side, and",
    "the largest distance from the exact change, in standard errors",
    table,
  ].join("\n");
}

function retrievalText({
  distance,
  errors,
  memories,
  rows,
}: NonNullable<CapacityResult["storage"]>["retrieval"]): string {
  const counts = [...new Set(rows.map((row) => row.patterns))];
  const groups = [...new Set(rows.map((row) => row.features))];
  const rate = (features: number | undefined, patterns: number): string => {
    const row = rows.find((r) => r.features === features && r.patterns === patterns);
    return row === undefined ? "" : `${(100 * row.rate).toFixed(0)} +- ${(100 * row.error).toFixed(0)}`;
  };
  const table = formatTable(groups, 1, [
    ["features", (features) => features ?? "exact"],
    ...counts.map(
      (count): Column<number | undefined> => [String(count), (features) => rate(features, count)],
    ),
  ]);
  return `Retrieval by bit flips [%]: patterns ${distance} bits apart, states ${errors} off, ${memories} memories; by features (rows) and M\n${table}`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(5)));
}

function pair(value: number, error: number): string {
  return `${Number(value.toPrecision(4))} +- ${Number(error.toPrecision(2))}`;
}
