import { hashSeed } from "../../base/index.ts";
import { openData } from "../../node/index.ts";
import { poolDigits, TASK_BANK } from "../../optim/index.ts";
import { heldOutDigits, openWorkbench, runOptimizee, type Workbench } from "../../optim/node.ts";
import type { Optimizer, TensorPlaces } from "../../rules/index.ts";

/** A task of the bank at one of its horizons, opened. */
export type BankEntry = { readonly name: string; readonly horizon: number; readonly bench: Workbench };

/** Images of the last sixth of the training images that a run is judged by. */
const JUDGED = 1000;
/** The loss of a run that is not finite, and the largest that counts. */
const WORST = 50;

/** Entries of the bank. */
export const BANK_SIZE = TASK_BANK.reduce((sum, { horizons }) => sum + horizons.length, 0);

/** Opens all tasks, on the training images but the last sixth, judged by some of these; `synthetic`: on drawn ones. */
export async function openBank(synthetic = false): Promise<BankEntry[]> {
  const entries: BankEntry[] = [];
  const opened = new Map<string, Awaited<ReturnType<typeof openData>>>();
  for (const { name, data: published, pool, batch, horizons, create } of TASK_BANK) {
    const data = synthetic ? "synthetic" : published;
    const images =
      opened.get(data) ?? (await openData({ data, pool: 1, heldOut: "validation", most: JUDGED }));
    opened.set(data, images);
    const digits = poolDigits(images.train, pool);
    const bench = await openWorkbench(
      (size = batch) => create(digits, size),
      batch,
      heldOutDigits(poolDigits(images.heldOut, pool)),
    );
    for (const horizon of horizons) entries.push({ name, horizon, bench });
  }
  return entries;
}

/** The logarithm of the loss at the end of a whole run. */
export async function runEntry(
  { bench, horizon }: BankEntry,
  create: (layout: TensorPlaces, horizon: number) => Optimizer,
  seed: number,
  signal?: AbortSignal,
): Promise<number> {
  const optimizer = create(bench.optimizee.layout, horizon);
  const now = (): number => 0;
  const record = await runOptimizee(bench, optimizer, { steps: horizon, checkpoints: [horizon], seed, signal, now }); // biome-ignore format: one line
  const { loss } = record.checkpoints[0];
  return Math.log(Math.min(WORST, loss ?? WORST));
}

/** Which entry is the n-th of an endless walk that meets every entry once in a round, each round in an order of its own. */
export function walkBank(entries: number, seed: number, n: number): number {
  const round = hashSeed(seed, Math.floor(n / entries));
  const order = Array.from({ length: entries }, (_, i) => i).sort(
    (a, b) => hashSeed(round, a) - hashSeed(round, b),
  );
  return order[n % entries];
}
