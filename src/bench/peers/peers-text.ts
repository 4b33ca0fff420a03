import { formatTable } from "../measures.ts";
import { ANSWER_COLUMNS, short } from "../ocp/ocp-text.ts";
import type { BenchPeersResult } from "./bench-peers.ts";
import type { AnswerRow } from "./exchange.ts";

/** A row per problem and solver, then who is not there. */
export function peersText({ rows, absent }: BenchPeersResult): string {
  const table = formatTable(rows, 3, [
    ["problem", (row) => row.problem],
    ["solver", (row) => row.solver],
    ...ANSWER_COLUMNS,
    ["min", (row) => row.ms.min.toFixed(1)],
    ["ratio", (row) => row.ratio.toPrecision(3)],
    ["functions", (row) => row.evaluation_ms?.toFixed(1) ?? ""],
    ["+ pipe", (row) => row.pipe_ms?.toFixed(1) ?? ""],
  ]);
  return [table, "", ...absent.map(({ peer, why }) => `${peer}: absent, ${why}`)].join("\n");
}

/** A row per answer that was read. */
export function answersText(rows: readonly AnswerRow[]): string {
  return formatTable(rows, 4, [
    ["id", (row) => row.id],
    ["peer", (row) => row.peer],
    ["says", (row) => row.status],
    ["judged", (row) => (row.optimal ? "optimal" : "NOT OPTIMAL")],
    ["cost", (row) => row.cost.toPrecision(7)],
    ["gap", (row) => short(row.gap)],
    ["violation", (row) => short(row.violation)],
    ["stationary", (row) => short(row.stationarity)],
    ["complementary", (row) => short(row.complementarity)],
    ["ms", (row) => row.ms?.toFixed(2) ?? ""],
  ]);
}
