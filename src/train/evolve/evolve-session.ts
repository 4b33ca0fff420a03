import { join } from "node:path";
import {
  checkUnchanged,
  createRng,
  FormatError,
  hashSeed,
  type RunPosition,
  runBudgeted,
} from "../../base/index.ts";
import { initParameters } from "../../graph/index.ts";
import { openRunFolder, openRunLog, type RunContext, writeFileAtomic } from "../../node/index.ts";
import {
  beginEvolution,
  candidate,
  createSteeredModel,
  type EvolutionOptions,
  type EvolutionState,
  evolve,
  evolved,
  perturbation,
  writeSteeredOptimizer,
} from "../../optim/index.ts";
import { type PlainData, packState } from "../../rules/index.ts";
import { interruptedAfter } from "../run-session.ts";
import { createCandidateScorer, createRunnerScorer } from "./candidate-scorer.ts";
import { writeEvolveCard } from "./evolve-card.ts";
import type { EvolveJob, EvolveLine } from "./evolve-job.ts";
import { medianGain, validationLosses } from "./evolve-validation.ts";
import { BANK_SIZE, walkBank } from "./open-bank.ts";
import type { ScoreJob } from "./score-job.ts";

/** What candidates and their scores depend on: a run that goes on cannot change it. */
type EvolveDesign = Pick<EvolveJob, "spec" | "from" | "pairs" | "runs" | "rate" | "synthetic" | "seed"> & {
  readonly starts?: number;
};

type Checkpoint = {
  readonly design: EvolveDesign;
  readonly position: RunPosition;
  readonly state: EvolutionState;
  readonly start: Float32Array;
  /** Log losses of the first weights in validations. */
  readonly begun?: readonly number[];
};

/** Standard deviations of perturbations: of the linear read-out, and of a memory's weights. */
const SIGMA = { linear: 0.1, memory: 0.05 } as const;
/** Half differences of log losses beyond it count as it. */
const LIMIT = 0.1;

/**
 * Evolves a steered optimizer on whole runs of the bank into a folder, or goes on with it.
 *
 * @throws InterruptedError where it was interrupted, with how to go on
 */
export async function runEvolution(job: EvolveJob, { output, signal, now }: RunContext) {
  const { out, name, spec, pairs, runs, rate, seed, budget, by, validation, keep } = job;
  const { layout } = createSteeredModel(spec);
  const design = designOf(job);
  const folder = await openRunFolder(out, job.resume, checkpointOf);
  if (folder.from !== undefined) checkDesign(folder.from.design, design);
  const start = folder.from?.start ?? initParameters(layout, createRng(hashSeed(seed, 1)));
  if (folder.from === undefined && job.linear !== undefined) start.set(job.linear);
  const sigma = Float64Array.from(start, (_, i) =>
    i < layout.entries[0].size ? SIGMA.linear : SIGMA.memory,
  );
  const options: EvolutionOptions = { pairs, sigma, rate, limit: LIMIT, seed };
  let state = folder.from?.state ?? beginEvolution(layout.total);
  let begun = folder.from?.begun;
  const scorer =
    typeof by === "number" ? createCandidateScorer(Math.min(by, 2 * pairs)) : createRunnerScorer(by);
  const log = await openRunLog<EvolveLine>(join(out, "log.jsonl"), folder.from?.position.step ?? 0);
  const write = async (position: RunPosition): Promise<void> => {
    const best = keep === "best" ? position.best : undefined;
    const weights = best?.weights ?? evolved(options, state, start);
    const generations = best?.step ?? state.generation;
    const training = { generations, seconds: position.seconds, pairs, runs, rate, seed };
    await writeFileAtomic(
      join(out, "optimizer.mnos"),
      writeSteeredOptimizer({ name, spec, weights, training }),
    );
    const checkpoint = { design, position, state, start, ...(begun && { begun }) } as unknown as PlainData;
    await writeFileAtomic(folder.checkpoint, packState(checkpoint));
  };
  const validate = async (weights: Float32Array, { step, seconds }: RunPosition) => {
    if (validation === undefined) return undefined;
    const judged = { scorer, tasks: BANK_SIZE, starts: validation.starts, synthetic: job.synthetic === true };
    const found = await validationLosses(judged, { name, spec, weights }, signal);
    begun ??= found;
    const score = medianGain(found, begun);
    log.add({ type: "validation", step, seconds, score });
    output.log(`evolve: validation at ${step}: median log ratio to the first weights ${score.toFixed(4)}`);
    return score;
  };
  output.log(`evolve: ${layout.total} weights, ${BANK_SIZE} tasks with their horizons`);
  try {
    const result = await runBudgeted({
      clock: () => now() / 1000,
      validateEvery: { steps: validation?.every },
      validateFirst: validation !== undefined,
      saveEvery: { seconds: 60 },
      signal,
      budget,
      patience: 0,
      from: folder.from?.position,
      async update() {
        const found = await scorer.score(generationJobs(job, options, state, start), signal);
        const scores = Array.from({ length: pairs }, (_, j) => [found[2 * j], found[2 * j + 1]] as const);
        state = evolve(options, state, scores);
        const difference = scores.reduce((sum, [a, b]) => sum + Math.abs(a - b) / 2 / pairs, 0);
        return { skipped: false, difference };
      },
      weights: () => evolved(options, state, start),
      validate,
      save: write,
      onStep({ step, seconds, difference }) {
        const cpu = process.cpuUsage();
        const norm = Math.hypot(...evolved(options, state, start));
        log.add({ type: "generation", step, seconds, cpu: (cpu.user + cpu.system) / 1e6, difference, norm });
      },
    });
    const { end, position } = result;
    if (end === "interrupted") throw interruptedAfter(position.step, "generations", out);
    await writeFileAtomic(join(out, "card.md"), writeEvolveCard(job, result, log.lines));
    return result;
  } finally {
    await scorer.end();
    await folder.release();
  }
}

function designOf({ spec, from, pairs, runs, rate, seed, synthetic, validation }: EvolveJob): EvolveDesign {
  return {
    ...{ spec, from, pairs, runs, rate, seed },
    ...(synthetic && { synthetic }),
    ...(validation && { starts: validation.starts }),
  };
}

/** The candidates of the generation under way, both of a pair after each other, with the same starts and batches. */
function generationJobs(
  { name, spec, seed, pairs, runs, synthetic }: EvolveJob,
  options: EvolutionOptions,
  state: EvolutionState,
  start: Float32Array,
): ScoreJob[] {
  return Array.from({ length: pairs }, (_, j) => {
    const entries = drawEntries(seed, (state.generation * pairs + j) * runs, runs);
    const direction = perturbation(options, state, j);
    return [1, -1].map((share): ScoreJob => {
      const weights = candidate(options, state, start, direction, share);
      const own = hashSeed(seed, 7919 * state.generation + j);
      return { candidate: { name, spec, weights }, entries, synthetic: synthetic === true, seed: own };
    });
  }).flat();
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
