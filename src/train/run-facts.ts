import type { RunResult } from "../base/index.ts";
import { describeMachine, type Machine, readPackageJson } from "../node/index.ts";
import type { RunJob } from "./run-session.ts";

/** What the card of anything trained says of its run. */
export type RunFacts = {
  readonly command: string;
  readonly step: number;
  readonly seconds: number;
  readonly end: string;
  readonly machine: Machine;
  readonly version: string;
};

/** What a card says of a run that ended. */
export function runFacts({ command }: RunJob, { end, position }: RunResult): RunFacts {
  const { step, seconds } = position;
  return { command, step, seconds, end, machine: describeMachine(), version: readPackageJson().version };
}

/** The rows of a card that are the same of everything trained. @param hardware what computed, beside the processor */
export function runRows({ command, machine, version }: RunFacts, seed: number, hardware: string): string {
  return `| seed | ${seed} |
| hardware | ${hardware}; ${machine.cpu}, Node ${machine.node} |
| command | \`${command}\` |
| version | mnemosyne-mpc ${version} |`;
}
