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
import {
  type JobRunner,
  openRunFolder,
  openRunLog,
  type RunContext,
  writeFileAtomic,
} from "../../node/index.ts";
import {
  beginEvolution,
  candidate,
  createSteeredModel,
  type EvolutionOptions,
  type EvolutionState,
  evolve,
  evolved,
  perturbation,
  type SteeredSpec,
  writeSteeredOptimizer,
} from "../../optim/index.ts";
import { type PlainData, packState } from "../../rules/index.ts";
import { createCandidateScorer, createRunnerScorer } from "./candidate-scorer.ts";
import { BANK_SIZE, walkBank } from "./open-bank.ts";
import type { ScoreJob } from "./score-job.ts";

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
  /** Whether runs are on drawn images, to try it without published ones. */
  readonly synthetic?: true;
  /** Candidates that are scored at a time, or what has them scored elsewhere; changes nothing but the time. */
  readonly by: number | JobRunner;
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
type EvolveDesign = Pick<EvolveJob, "spec" | "from" | "pairs" | "runs" | "rate" | "synthetic" | "seed">;

type Checkpoint = {
  readonly design: EvolveDesign;
  readonly position: RunPosition;
  readonly state: EvolutionState;
  readonly start: Float32Array;
};

/** Standard deviations of perturbations: of the linear read-out, and of a memory's weights. */
const SIGMA = { linear: 0.1, memory: 0.05 } as const;
/** Half differences of log losses beyond it count as it. */
const LIMIT = 0.1;

/** Evolves a steered optimizer on whole runs of the bank into a folder, or goes on with it. */
export async function runEvolution(job: EvolveJob, { output, signal, now }: RunContext) {
  const { out, name, spec, pairs, runs, rate, seed, budget } = job;
  const { layout } = createSteeredModel(spec);
  const { by, from, synthetic } = job;
  const design: EvolveDesign = { spec, from, pairs, runs, rate, seed, ...(synthetic && { synthetic }) };
  const folder = await openRunFolder(out, job.resume, checkpointOf);
  if (folder.from !== undefined) checkDesign(folder.from.design, design);
  const start = folder.from?.start ?? initParameters(layout, createRng(hashSeed(seed, 1)));
  if (folder.from === undefined && job.linear !== undefined) start.set(job.linear);
  const sigma = Float64Array.from(start, (_, i) =>
    i < layout.entries[0].size ? SIGMA.linear : SIGMA.memory,
  );
  const options: EvolutionOptions = { pairs, sigma, rate, limit: LIMIT, seed };
  let state = folder.from?.state ?? beginEvolution(layout.total);
  const scorer =
    typeof by === "number" ? createCandidateScorer(Math.min(by, 2 * pairs)) : createRunnerScorer(by);
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
  output.log(`evolve: ${layout.total} weights, ${BANK_SIZE} tasks with their horizons`);
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
        const jobs = Array.from({ length: pairs }, (_, j) => {
          const entries = drawEntries(seed, (state.generation * pairs + j) * runs, runs);
          const direction = perturbation(options, state, j);
          return [1, -1].map((share): ScoreJob => {
            const weights = candidate(options, state, start, direction, share);
            // The same starts and batches for both of a pair.
            return {
              candidate: { name, spec, weights },
              entries,
              synthetic: synthetic === true,
              seed: hashSeed(seed, 7919 * state.generation + j),
            };
          });
        });
        const found = await scorer.score(jobs.flat(), signal);
        const scores = jobs.map((_, j) => [found[2 * j], found[2 * j + 1]] as const);
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
    await scorer.end();
    await folder.release();
  }
}

function checkpointOf(data: PlainData): Checkpoint {
  const found = data as unknown as Partial<Checkpoint> | null;
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

function drawEntries(seed: number, from: number, runs: number): number[] {
  return Array.from({ length: runs }, (_, i) => walkBank(BANK_SIZE, seed, from + i));
}
