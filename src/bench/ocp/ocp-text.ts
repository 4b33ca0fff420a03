import { formatTable } from "../measures.ts";
import type { OcpRow } from "./bench-ocp.ts";
import type { ScaleRow } from "./bench-scale.ts";

const short = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : "");

/** A row per problem, solver and start. */
export function ocpText(rows: readonly OcpRow[]): string {
  const header = [
    "problem",
    "solver",
    "start",
    "status",
    "its",
    "objective",
    "gap",
    "violation",
    "stationary",
  ];
  const table = rows.map((row) => [
    row.problem,
    row.solver,
    row.start,
    row.false_converged ? `${row.status} (FALSE)` : row.status,
    row.solves === 0 ? "" : String(row.iterations),
    Number.isFinite(row.objective) ? row.objective.toPrecision(7) : "",
    short(row.gap),
    short(row.violation),
    short(row.stationarity),
    row.solves === 0 ? "" : row.ms.p50.toFixed(1),
    row.solves === 0 ? "" : row.ms.p99.toFixed(1),
  ]);
  const wrong = rows.filter((row) => row.false_converged).length;
  return `${formatTable([...header, "ms p50", "p99"], table, 4)}\n\n${wrong} of ${rows.length} say converged where the independent check does not`;
}

/** Only what changes with the units, and the sums. */
export function scaleText(rows: readonly ScaleRow[]): string {
  const changed = rows.filter((row) => !row.same || row.false_converged);
  const table = changed.map((row) => [
    row.problem,
    row.solver,
    row.quantity,
    row.false_converged ? `${row.status} (FALSE)` : row.status,
    row.own_status,
    row.factor.toExponential(1),
    String(row.iterations),
    String(row.own_iterations),
    short(row.difference),
  ]);
  const header = ["problem", "solver", "scaled", "status", "own", "factor", "its", "own", "difference"];
  const wrong = rows.filter((row) => row.false_converged).length;
  const sums = `${rows.length - changed.length} of ${rows.length} the same in other units, ${wrong} say converged where the independent check does not`;
  return changed.length === 0 ? sums : `${formatTable(header, table, 5)}\n\n${sums}`;
}
