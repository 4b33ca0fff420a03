import { type Column, formatTable } from "../measures.ts";
import type { OcpRow } from "./bench-ocp.ts";
import type { ScaleRow } from "./bench-scale.ts";

/** A size of something small in a table, nothing where it is not known. */
export const short = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : "");

const says = (row: { readonly status: string; readonly false_converged: boolean }): string =>
  row.false_converged ? `${row.status} (FALSE)` : row.status;

/** What an answer is worth; the table of a comparison with other programs has the same columns. */
export const ANSWER_COLUMNS: readonly Column<OcpRow>[] = [
  ["status", says],
  ["its", (row) => (row.solves === 0 ? "" : row.iterations)],
  ["objective", (row) => (Number.isFinite(row.objective) ? row.objective.toPrecision(7) : "")],
  ["gap", (row) => short(row.gap)],
  ["violation", (row) => short(row.violation)],
  ["stationary", (row) => short(row.stationarity)],
  ["ms p50", (row) => (row.solves === 0 ? "" : row.ms.p50.toFixed(1))],
];

/** A row per problem, solver and start. */
export function ocpText(rows: readonly OcpRow[]): string {
  const table = formatTable(rows, 4, [
    ["problem", (row) => row.problem],
    ["solver", (row) => row.solver],
    ["start", (row) => row.start],
    ...ANSWER_COLUMNS,
    ["p99", (row) => (row.solves === 0 ? "" : row.ms.p99.toFixed(1))],
  ]);
  const wrong = rows.filter((row) => row.false_converged).length;
  return `${table}\n\n${wrong} of ${rows.length} say converged where the independent check does not`;
}

/** Only what changes with the units, and the sums. */
export function scaleText(rows: readonly ScaleRow[]): string {
  const changed = rows.filter((row) => !row.same || row.false_converged);
  const wrong = rows.filter((row) => row.false_converged).length;
  const sums = `${rows.length - changed.length} of ${rows.length} the same in other units, ${wrong} say converged where the independent check does not`;
  if (changed.length === 0) return sums;
  const table = formatTable(changed, 5, [
    ["problem", (row) => row.problem],
    ["solver", (row) => row.solver],
    ["scaled", (row) => row.quantity],
    ["status", says],
    ["own", (row) => row.own_status],
    ["factor", (row) => row.factor.toExponential(1)],
    ["its", (row) => row.iterations],
    ["own", (row) => row.own_iterations],
    ["difference", (row) => short(row.difference)],
  ]);
  return `${table}\n\n${sums}`;
}
