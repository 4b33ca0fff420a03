import { formatTable } from "../measures.ts";
import type { OptimizeResult, OptimizeRow, Spread } from "./optimize-result.ts";

/** The result for people: a line on what was done, the table, and below it what was tuned. */
export function optimizeText(result: OptimizeResult): string {
  const { rows, tuning = [] } = result;
  const steps = shownSteps(result);
  const lines = [headline(result)];
  if (rows.length > 0) {
    const tuned = rows.some((row) => row.tuned_for !== undefined);
    const names = tuned ? ["optimizer", "tuned for"] : ["optimizer"];
    const table = rows.flatMap((row) => rowLines(row, steps, names.length));
    const header = [...names, ...steps.map(String), "skipped", "diverged", "ms"];
    lines.push("", formatTable(header, table, names.length));
  }
  const rates = tuning.flatMap(({ optimizer, best }) =>
    Object.entries(best).map(([horizon, { rate, validation, edge }]) => {
      const note = edge ? " (at the grid's edge: a better one may lie beyond)" : "";
      return `${optimizer}, best rate after ${horizon} steps: ${rate}, ${loss(validation)} on validation data${note}`;
    }),
  );
  if (rates.length > 0) lines.push("", ...rates);
  return lines.join("\n");
}

function headline({ optimizee, parameters, data, held_out, batch, seeds, steps }: OptimizeResult): string {
  const on = data === undefined ? "" : ` on ${data}, batches of ${batch}`;
  const spread = seeds === 1 ? "one seed" : `median and range of ${seeds} seeds`;
  return `${optimizee}, ${parameters} numbers${on}, ${steps} steps: loss on ${held_out} (${spread})`;
}

/** Powers of ten, horizons and the end. */
function shownSteps({ rows, horizons, steps }: OptimizeResult): number[] {
  const there = rows[0]?.checkpoints.map(({ step }) => step) ?? [];
  return there.filter(
    (step) => step === steps || horizons.includes(step) || (step >= 10 && Number.isInteger(Math.log10(step))),
  );
}

/** A line of medians, and one of ranges where there are several runs. @param names columns before the losses */
function rowLines(row: OptimizeRow, steps: readonly number[], names: number): string[][] {
  const spreads = steps.map((step) => row.checkpoints.find((one) => one.step === step)?.test);
  const tuned = row.tuned_for === undefined ? "" : row.tuned_for.join(", ");
  const time = (row.ms.gradient + row.ms.update).toFixed(2);
  const counts = [String(row.skipped_steps), `${row.diverged}/${row.runs}`, time];
  const first = [
    ...[row.optimizer, tuned].slice(0, names),
    ...spreads.map((s) => loss(s?.median)),
    ...counts,
  ];
  if (row.runs === 1) return [first];
  return [first, [...new Array<string>(names).fill(""), ...spreads.map(range), "", "", ""]];
}

function range(spread: Spread | undefined): string {
  return spread === undefined ? "" : `${loss(spread.min)}-${loss(spread.max)}`;
}

/** Three digits behind the point where that says enough. */
function loss(value: number | null | undefined): string {
  if (value === null || value === undefined) return "not finite";
  if (value >= 0.01 && value < 1000) return value.toFixed(value < 10 ? 3 : 1);
  return value === 0 ? "0" : value.toExponential(1);
}
