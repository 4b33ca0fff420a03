import { type Column, formatTable } from "../measures.ts";
import type { OptimizeResult, OptimizeRow, Spread } from "./optimize-result.ts";

/** The result for people: a line on what was done, the table, and below it what was tuned. */
export function optimizeText(result: OptimizeResult): string {
  const { rows, tuning = [] } = result;
  const steps = shownSteps(result);
  const lines = [headline(result)];
  if (rows.length > 0) {
    const tuned = rows.some((row) => row.tuned_for !== undefined);
    const tunedFor: Column<Line>[] = [["tuned for", ofMedian((row) => row.tuned_for?.join(", ") ?? "")]];
    const table = formatTable(rows.flatMap(linesOf), tuned ? 2 : 1, [
      ["optimizer", ofMedian((row) => row.optimizer)],
      ...(tuned ? tunedFor : []),
      ...steps.map((step): Column<Line> => [String(step), ({ row, loss }) => loss(spreadAt(row, step))]),
      ["skipped", ofMedian((row) => row.skipped_steps)],
      ["diverged", ofMedian((row) => `${row.diverged}/${row.runs}`)],
      ["ms", ofMedian(({ ms }) => (ms.gradient + ms.update).toFixed(2))],
    ]);
    lines.push("", table);
  }
  const rates = tuning.flatMap(({ optimizer, best }) =>
    Object.entries(best).map(([horizon, { rate, validation, edge }]) => {
      const note = edge ? " (at the grid's edge: a better one may lie beyond)" : "";
      return `${optimizer}, best rate after ${horizon} steps: ${rate}, ${lossText(validation)} on validation data${note}`;
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

/** A line of a row: its medians with all else, or below them the ranges of its losses alone. */
type Line = { readonly row: OptimizeRow; readonly loss: (losses: Spread | undefined) => string };

const median = (losses: Spread | undefined): string => lossText(losses?.median);
const range = (losses: Spread | undefined): string =>
  losses === undefined ? "" : `${lossText(losses.min)}-${lossText(losses.max)}`;

function linesOf(row: OptimizeRow): Line[] {
  return (row.runs === 1 ? [median] : [median, range]).map((loss) => ({ row, loss }));
}

function ofMedian(cell: (row: OptimizeRow) => string | number): Column<Line>[1] {
  return ({ row, loss }) => (loss === median ? cell(row) : "");
}

function spreadAt(row: OptimizeRow, step: number): Spread | undefined {
  return row.checkpoints.find((one) => one.step === step)?.test;
}

/** Three digits behind the point where that says enough. */
function lossText(value: number | null | undefined): string {
  if (value === null || value === undefined) return "not finite";
  if (value >= 0.01 && value < 1000) return value.toFixed(value < 10 ? 3 : 1);
  return value === 0 ? "0" : value.toExponential(1);
}
