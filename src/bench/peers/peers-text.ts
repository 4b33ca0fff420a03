import { formatTable } from "../measures.ts";
import type { BenchPeersResult } from "./bench-peers.ts";

/** A row per problem and solver, then who is not there. */
export function peersText({ rows, absent }: BenchPeersResult): string {
  const short = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : "");
  const header = ["problem", "solver", "status", "its", "objective", "gap", "violation", "stationary"];
  const table = rows.map((row) => [
    row.problem,
    row.solver,
    row.false_converged ? `${row.status} (FALSE)` : row.status,
    String(row.iterations),
    row.objective.toPrecision(7),
    short(row.gap),
    short(row.violation),
    short(row.stationarity),
    row.ms.p50.toFixed(1),
    row.ms.min.toFixed(1),
    row.ratio.toPrecision(3),
    row.evaluation_ms?.toFixed(1) ?? "",
    row.pipe_ms?.toFixed(1) ?? "",
  ]);
  const times = ["ms p50", "min", "ratio", "functions", "+ pipe"];
  return [
    formatTable([...header, ...times], table, 3),
    "",
    ...absent.map(({ peer, why }) => `${peer}: absent, ${why}`),
  ].join("\n");
}
