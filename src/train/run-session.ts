import { join } from "node:path";
import type { RunResult, RunSchedule } from "../base/index.ts";
import {
  createRunProgress,
  describeMachine,
  formatDuration,
  InterruptedError,
  openRunFolder,
  type RunContext,
  type RunFolder,
  readPackageJson,
  writeFileAtomic,
} from "../node/index.ts";
import type { PlainData } from "../rules/index.ts";

/** What every run that trains is asked for, whatever it trains. */
export type RunJob = {
  /** Folder of all that it writes. */
  readonly out: string;
  /** Whether it goes on from the checkpoint there, if there is one. */
  readonly resume?: boolean;
  readonly validateMinutes: number;
  /** Updates between validations, instead. */
  readonly validateSteps?: number;
  readonly saveMinutes: number;
  /** The command line, for the card. */
  readonly command: string;
};

/** The files of a run that trains. */
export type SessionFolder<C> = RunFolder<C> & {
  readonly log: string;
  readonly curves: string;
  /** What is trained, at its best so far. */
  readonly product: string;
  readonly card: string;
};

/** A run that trains, as people see it: what it says, where it writes, and when it validates and saves. */
export type RunSession<C> = {
  readonly job: RunJob;
  readonly verb: "train" | "meta-train";
  readonly folder: SessionFolder<C>;
  readonly schedule: RunSchedule;
  /** Says one line to a person. */
  say(line: string): void;
  readonly meter: ReturnType<typeof createRunProgress>;
};

/**
 * Opens the folder of a run and settles when it validates and saves.
 *
 * @param product name of the file of what is trained
 * @param decode makes a checkpoint of what its file holds
 * @throws ConfigError where another run is in the folder; FormatError for a damaged checkpoint
 */
export async function openSession<C>(
  verb: RunSession<C>["verb"],
  job: RunJob,
  { output, stderr, now, signal }: RunContext,
  product: string,
  decode: (found: PlainData) => C,
): Promise<RunSession<C>> {
  const { out, resume = false, validateSteps, validateMinutes, saveMinutes } = job;
  const file = (name: string): string => join(out, name);
  const folder = {
    ...(await openRunFolder(out, resume, decode)),
    log: file("log.jsonl"),
    curves: file("curves.svg"),
    product: file(product),
    card: file("card.md"),
  };
  const meter = createRunProgress(stderr, now);
  const say = (line: string): void => {
    meter.clear();
    output.log(`${verb}: ${line}`);
  };
  if (resume && folder.from === undefined) say(`no checkpoint in ${out} yet, ${verb}ing begins`);
  const schedule: RunSchedule = {
    clock: () => now() / 1000,
    validateEvery: validateSteps === undefined ? { seconds: 60 * validateMinutes } : { steps: validateSteps },
    saveEvery: { seconds: 60 * saveMinutes },
    signal,
  };
  return { job, verb, folder, schedule, say, meter };
}

/** What the end of a run leaves: the text of its card, its learning curves, and what is printed. */
export type SessionEnd<S> = { readonly card: string; readonly curves: string; readonly summary: S };

/** What a run in a folder ends with that was interrupted: how to go on. @param updates what its updates are called */
export function interruptedAfter(step: number, updates: string, out: string): InterruptedError {
  return new InterruptedError(
    `interrupted after ${step} ${updates}; the checkpoint is in ${out}, the same command with --resume goes on`,
  );
}

/**
 * Ends a run: writes what `finish` makes of it and says how it ended.
 *
 * @param updates what its updates are called
 * @throws InterruptedError where it was interrupted, with how to go on
 */
export async function endSession<S>(
  { job, folder, meter, say }: RunSession<unknown>,
  { end, position }: RunResult,
  updates: string,
  finish: () => Promise<SessionEnd<S>>,
): Promise<S> {
  meter.clear();
  const { step, seconds } = position;
  if (end === "interrupted") {
    await folder.release();
    throw interruptedAfter(step, updates, job.out);
  }
  const { card, curves, summary } = await finish();
  await writeFileAtomic(folder.curves, curves);
  await writeFileAtomic(folder.card, card);
  await folder.release();
  say(`${step} ${updates} in ${formatDuration(1000 * seconds)}, ended by ${end}`);
  return summary;
}

/** The rows of a card that are the same of everything trained. @param hardware what computed, beside the processor */
export function runRows({ command }: Pick<RunJob, "command">, seed: number, hardware: string): string {
  const { cpu, node } = describeMachine();
  return `| seed | ${seed} |
| hardware | ${hardware}; ${cpu}, Node ${node} |
| command | \`${command}\` |
| version | mnemosyne-mpc ${readPackageJson().version} |`;
}
