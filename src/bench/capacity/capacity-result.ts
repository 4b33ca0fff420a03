import type { EnergyVarianceRow } from "./energy-variances.ts";
import type { StorageRow } from "./flip-energies.ts";
import type { MapVarianceRow } from "./map-variances.ts";
import type { MarginCurve } from "./margin-curves.ts";
import type { QrBiasRow } from "./qr-bias.ts";
import type { RetrievalCase } from "./retrieval-rates.ts";

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
