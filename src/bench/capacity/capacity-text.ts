import { FEATURE_MAP_KINDS } from "../../cam/index.ts";
import { formatTable } from "../measures.ts";
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
    const rows = maps.map((row) => [
      row.map,
      String(row.squared_sum),
      number(row.closed),
      row.measured === undefined ? "too few draws" : pair(row.measured, row.error!),
    ]);
    tables.push(
      `Variance of the maps: over the squared kernel, times the number of features; n = ${dim}, ${draws} draws\n` +
        formatTable(["map", "|q+k|^2", "closed form", "measured +- s.e."], rows),
    );
  }
  if (energy !== undefined) {
    const rows = energy.map((row) => [
      String(row.dim),
      String(row.patterns),
      row.A.toFixed(3),
      number(row.closed),
      pair(row.measured, row.error),
      number(row.printed),
    ]);
    tables.push(
      "Variance of a flip's energy change, one FAVOR++ projection: V1 + V2 - 2 V3 - V4 - V5 + 2 V6\n" +
        formatTable(["n", "M", "A", "corrected", "measured +- s.e.", "as printed"], rows),
    );
  }
  if (storage !== undefined) tables.push(boundsText(dim, storage.bounds), retrievalText(storage.retrieval));
  if (qr !== undefined) {
    const sums = [...new Set(qr.rows.map((row) => row.squared_sum))];
    const rows = [false, true].flatMap((corrected) =>
      FEATURE_MAP_KINDS.map((map) => [
        map,
        corrected ? "corrected" : "as it comes",
        ...sums.map((s) => {
          const row = qr.rows.find((r) => r.map === map && r.corrected === corrected && r.squared_sum === s)!;
          return `${(100 * row.bias).toFixed(1)} +- ${(100 * row.error).toFixed(1)}`;
        }),
      ]),
    );
    tables.push(
      `Bias of orthogonal projections from QR [%], by |q+k|^2; n = ${qr.dim}, ${qr.draws} blocks\n` +
        formatTable(["map", "signs", ...sums.map(String)], rows, 2),
    );
  }
  return tables.join("\n\n");
}

function boundsText(dim: number, bounds: NonNullable<CapacityResult["storage"]>["bounds"]): string {
  const rows = bounds.map(({ distance, errors, bound, margin, safe, corners, sampled }) => [
    String(distance),
    String(errors),
    bound < 1e4 ? bound.toFixed(1) : bound.toExponential(1),
    margin.toFixed(3),
    safe < corners ? String(safe) : `all ${corners}`,
    String(sampled.patterns),
    `${sampled.flips - sampled.wrong} of ${sampled.flips}`,
    sampled.least_z.toFixed(1),
    sampled.largest_error_z.toFixed(1),
  ]);
  const header = ["d", "h", "bound on M", "margin", "safe M", "drawn M", "right flips", "least z", "off z"];
  return [
    `Theorem 4.4 at n = ${dim}: patterns d bits apart, states h bits off. margin: the least energy change of any flip`,
    "of any set within the bound, on its right side (all: 0.865); safe M: up to it that is positive. Then Monte Carlo",
    "over FAVOR++ projections: flips whose mean has the right sign, how far the least one is from the wrong side, and",
    "the largest distance from the exact change, in standard errors",
    formatTable(header, rows),
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
  const cells = groups.map((features) => [
    features === undefined ? "exact" : String(features),
    ...counts.map((count) => {
      const row = rows.find((r) => r.features === features && r.patterns === count);
      return row === undefined ? "" : `${(100 * row.rate).toFixed(0)} +- ${(100 * row.error).toFixed(0)}`;
    }),
  ]);
  return [
    `Retrieval by bit flips [%]: patterns ${distance} bits apart, states ${errors} off, ${memories} memories; by features (rows) and M`,
    formatTable(["features", ...counts.map(String)], cells),
  ].join("\n");
}

function number(value: number): string {
  return String(Number(value.toPrecision(5)));
}

function pair(value: number, error: number): string {
  return `${Number(value.toPrecision(4))} +- ${Number(error.toPrecision(2))}`;
}
