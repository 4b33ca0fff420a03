import { join } from "node:path";
import {
  checkUnchanged,
  createRng,
  FormatError,
  hashSeed,
  type RunBudget,
  type RunPosition,
  runBudgeted,
} from "../../base/index.ts";
import { initParameters } from "../../graph/index.ts";
import { openRunFolder, openRunLog, type RunContext, writeFileAtomic } from "../../node/index.ts";
import {
  beginEvolution,
  candidate,
  createSteeredModel,
  createSteeredOptimizer,
  type EvolutionOptions,
  type EvolutionState,
  evolve,
  evolved,
  perturbation,
  type SteeredSpec,
  writeSteeredOptimizer,
} from "../../optim/index.ts";
import { type PlainData, packState, unpackState } from "../../rules/index.ts";
import { type BankEntry, openBank, runEntry, walkBank } from "./open-bank.ts";

/** What an evolution was asked for. */
export type EvolveJob = {
  readonly name: string;
  readonly spec: SteeredSpec;
  /** Weights of the linear read-out to begin with, and where they are from. (STATISTICS * 2) */
  readonly linear?: Float32Array;
  readonly from?: string;
  readonly pairs: number;
  /** Whole runs of each candidate. */
  readonly runs: number;
  readonly rate: number;
  readonly budget: RunBudget;
  readonly seed: number;
  readonly out: string;
  readonly resume: boolean;
};

/** One generation, as the log has it. */
export type EvolveLine = {
  readonly type: "generation";
  readonly step: number;
  readonly seconds: number;
  /** Processor time of this process since it began. [s] */
  readonly cpu: number;
  /** Mean half difference of the pairs' scores: how much there is to choose between. */
  readonly difference: number;
  /** Euclidean norm of the weights. */
  readonly norm: number;
};

/** What candidates and their scores depend on: a run that goes on cannot change it. */
type EvolveDesign = Pick<EvolveJob, "spec" | "from" | "pairs" | "runs" | "rate" | "seed">;

type Checkpoint = {
  readonly design: EvolveDesign;
  readonly position: RunPosition;
  readonly state: EvolutionState;
  readonly start: Float32Array;
};

/** Standard deviations of perturbations: of the linear read-out, and of a memory's weights. */
const SIGMA = { linear: 0.1, memory: 0.05 } as const;
/** Half differences of log losses beyond it count as it. */
const LIMIT = 0.3;

/** Evolves a steered optimizer on whole runs of the bank into a folder, or goes on with it. */
export async function runEvolution(job: EvolveJob, { output, signal, now }: RunContext) {
  const { out, name, spec, pairs, runs, rate, seed, budget } = job;
  const { layout } = createSteeredModel(spec);
  const design: EvolveDesign = { spec, from: job.from, pairs, runs, rate, seed };
  const folder = await openRunFolder(out, job.resume, readCheckpoint);
  if (folder.from !== undefined) checkDesign(folder.from.design, design);
  const start = folder.from?.start ?? initParameters(layout, createRng(hashSeed(seed, 1)));
  if (folder.from === undefined && job.linear !== undefined) start.set(job.linear);
  const sigma = Float64Array.from(start, (_, i) =>
    i < layout.entries[0].size ? SIGMA.linear : SIGMA.memory,
  );
  const options: EvolutionOptions = { pairs, sigma, rate, limit: LIMIT, seed };
  let state = folder.from?.state ?? beginEvolution(layout.total);
  const bank = await openBank();
  const log = await openRunLog<EvolveLine>(join(out, "log.jsonl"), folder.from?.position.step ?? 0);
  const write = async (position: RunPosition): Promise<void> => {
    const weights = evolved(options, state, start);
    const training = { generations: state.generation, seconds: position.seconds, pairs, runs, rate, seed };
    await writeFileAtomic(
      join(out, "optimizer.mnos"),
      writeSteeredOptimizer({ name, spec, weights, training }),
    );
    const checkpoint = { design, position, state, start } as unknown as PlainData;
    await writeFileAtomic(folder.checkpoint, packState(checkpoint));
  };
  output.log(`evolve: ${layout.total} weights, ${bank.length} tasks with their horizons`);
  try {
    return await runBudgeted({
      clock: () => now() / 1000,
      validateEvery: {},
      saveEvery: { seconds: 60 },
      signal,
      budget,
      patience: 0,
      from: folder.from?.position,
      async update() {
        const scores: [number, number][] = [];
        for (let j = 0; j < pairs; j++) {
          const entries = drawEntries(bank, seed, (state.generation * pairs + j) * runs, runs);
          const direction = perturbation(options, state, j);
          const pair: number[] = [];
          for (const share of [1, -1]) {
            const weights = candidate(options, state, start, direction, share);
            pair.push(await score(entries, { name, spec, weights }, hashSeed(seed, 7919 * state.generation + j), signal)); // biome-ignore format: one line
          }
          scores.push(pair as [number, number]);
        }
        state = evolve(options, state, scores);
        const difference = scores.reduce((sum, [a, b]) => sum + Math.abs(a - b) / 2 / pairs, 0);
        return { skipped: false, difference };
      },
      weights: () => evolved(options, state, start),
      validate: async () => undefined,
      save: write,
      onStep({ step, seconds, difference }) {
        const cpu = process.cpuUsage();
        const norm = Math.hypot(...evolved(options, state, start));
        log.add({ type: "generation", step, seconds, cpu: (cpu.user + cpu.system) / 1e6, difference, norm });
      },
    });
  } finally {
    await folder.release();
  }
}

function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const found = unpackState<Partial<Checkpoint> | null>(bytes);
  for (const name of ["design", "position", "state", "start"] as const)
    if (found?.[name] === undefined)
      throw new FormatError(`checkpoint of an evolution has no ${name}: written by another version`);
  return found as Checkpoint;
}

/** @throws ConfigError naming what differs */
export function checkDesign(made: EvolveDesign, asked: EvolveDesign): void {
  const { spec: madeSpec, ...rest } = made;
  const { spec, ...own } = asked;
  checkUnchanged("the checkpoint was made with", madeSpec, spec);
  checkUnchanged("the checkpoint was made with", rest, own);
}

function drawEntries(bank: readonly BankEntry[], seed: number, from: number, runs: number): BankEntry[] {
  return Array.from({ length: runs }, (_, i) => bank[walkBank(bank.length, seed, from + i)]);
}

/** Mean log loss of whole runs, the same starts and batches for both of a pair. */
async function score(
  entries: readonly BankEntry[],
  optimizer: Parameters<typeof createSteeredOptimizer>[0],
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  let sum = 0;
  for (const [i, entry] of entries.entries())
    sum += await runEntry(
      entry,
      (layout, horizon) => createSteeredOptimizer(optimizer, { layout, horizon }),
      hashSeed(seed, i),
      signal,
    );
  return sum / entries.length;
}
