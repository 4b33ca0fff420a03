import { formatTable } from "../measures.ts";
import type { BenchPeersResult } from "./bench-peers.ts";
import type { AnswerRow } from "./exchange.ts";

const short = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : "");

/** A row per problem and solver, then who is not there. */
export function peersText({ rows, absent }: BenchPeersResult): string {
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

/** A row per answer that was read. */
export function answersText(rows: readonly AnswerRow[]): string {
  const header = [
    "id",
    "peer",
    "says",
    "judged",
    "cost",
    "gap",
    "violation",
    "stationary",
    "complementary",
    "ms",
  ];
  const table = rows.map((row) => [
    row.id,
    row.peer,
    row.status,
    row.optimal ? "optimal" : "NOT OPTIMAL",
    row.cost.toPrecision(7),
    ...[row.gap, row.violation, row.stationarity, row.complementarity].map(short),
    row.ms?.toFixed(2) ?? "",
  ]);
  return formatTable(header, table, 4);
}
