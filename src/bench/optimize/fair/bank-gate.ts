import { type BankEntry, openBank, runEntry } from "../../../train/index.ts";
import { formatTable } from "../../measures.ts";
import { checkOptimizers } from "../optimize-all.ts";
import { seedsOf } from "../optimize-plan.ts";
import { type OptimizerChoice, openChoice } from "../optimizer-list.ts";
import { compareFairly, type FairRow, finite } from "./fair-comparison.ts";

/** One optimizer on the whole bank. */
export type GateRow = {
  readonly optimizer: string;
  /** Mean, over tasks and horizons, of the logarithm of the loss over that of the first optimizer; null where one is not finite. */
  readonly mean_log: number | null;
  /** Standard error of that mean over the tasks with their horizons. */
  readonly error: number | null;
  readonly worst: { readonly task: string; readonly log: number | null };
};

export type GateResult = {
  readonly rows: readonly GateRow[];
  readonly tasks: readonly (FairRow & { readonly task: string })[];
};

export type GateOptions = {
  readonly optimizers: readonly OptimizerChoice[];
  readonly seeds: number;
  readonly tuneSeeds: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
};

/** Where searches of a rate begin. */
const FIRST_RATE = 0.016;

/**
 * What meta-training has come to: optimizers with equal rights on the bank that it trains on, from starts that it did not
 * have, judged on images that it did not train on. A rate is searched from other starts than those reported.
 */
export async function runGate(options: GateOptions): Promise<GateResult> {
  const { seeds, tuneSeeds, seed, signal, onProgress } = options;
  const { optimizers } = await checkOptimizers(options.optimizers);
  const bank = await openBank();
  const tasks: (FairRow & { task: string })[] = [];
  for (const [i, entry] of bank.entries()) {
    const rows = await compareFairly({
      optimizers,
      horizons: [entry.horizon],
      tuneSeeds: seedsOf(seed, "tune", tuneSeeds),
      reportSeeds: seedsOf(seed, "report", seeds),
      firstRate: FIRST_RATE,
      run: async (runs) => {
        const losses: number[] = [];
        for (const { choice, seed: runSeed } of runs)
          losses.push(await lossOf(entry, choice, runSeed, signal));
        return losses;
      },
    });
    tasks.push(...rows.map((row) => ({ ...row, task: `${entry.name} @ ${entry.horizon}` })));
    onProgress(i + 1);
  }
  return { rows: optimizers.map(({ label }) => gateRow(label, tasks)), tasks };
}

async function lossOf(
  entry: BankEntry,
  choice: OptimizerChoice,
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  const optimizer = await openChoice(choice, entry.bench.optimizee.layout);
  return Math.exp(await runEntry(entry, () => optimizer, seed, signal));
}

/** One optimizer's row of what was found on each task. */
export function gateRow(optimizer: string, tasks: GateResult["tasks"]): GateRow {
  const logs = tasks.flatMap(({ optimizer: own, task, ratio }) =>
    own === optimizer ? [{ task, log: ratio.mean === null ? Infinity : Math.log(ratio.mean) }] : [],
  );
  const mean = logs.reduce((sum, { log }) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, { log }) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const worst = logs.reduce((a, b) => (b.log > a.log ? b : a));
  return {
    optimizer,
    mean_log: finite(mean),
    error: finite(Math.sqrt(variance / logs.length)),
    worst: { task: worst.task, log: finite(worst.log) },
  };
}

/** The gate for people. */
export function gateText({ rows, tasks }: GateResult): string {
  const count = tasks.length / rows.length;
  const table = formatTable(rows, 1, [
    ["optimizer", ({ optimizer }) => optimizer],
    ["mean log ratio", ({ mean_log }) => textOf(mean_log)],
    ["+-", ({ error }) => textOf(error)],
    ["worst", ({ worst }) => textOf(worst.log)],
    ["at", ({ worst }) => worst.task],
  ]);
  return `${count} tasks with their horizons, loss over that of ${rows[0].optimizer}\n\n${table}`;
}

function textOf(x: number | null): string {
  return x === null ? "–" : x.toFixed(3);
}
