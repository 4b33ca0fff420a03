import type { RunIndex } from "../contracts.ts";

/**
 * Series of a run as comma-separated values (RFC 4180): a row per tick, the time first, units in the header,
 * nothing where there is no number. Numbers are exact.
 *
 * @param names series in this order; those the run lacks are left out
 */
export function formatCsv(index: RunIndex, names: readonly string[]): string {
  const columns = names.flatMap((name) => index.series.get(name) ?? []);
  const header = ["time [s]", ...columns.map(({ name, unit }) => (unit === "" ? name : `${name} [${unit}]`))];
  const rows = [header.map(quoted).join(",")];
  for (let i = 0; i < index.times.length; i++) {
    const values = columns.map(({ values }) => values[i]);
    rows.push([index.times[i], ...values].map((v) => (Number.isFinite(v) ? String(v) : "")).join(","));
  }
  return `${rows.join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
