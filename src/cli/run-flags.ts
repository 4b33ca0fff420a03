import { flag, switchFlag } from "./flag-table.ts";
import { parseChoice, parseInteger, parseReal } from "./parse-values.ts";

const DEVICE_NAMES = ["auto", "cpu", "webgpu", "cuda"] as const;

/** Where a run computes. */
export const DEVICE_FLAG = flag(
  "--device <NAME>",
  `where to compute: ${DEVICE_NAMES.join(", ")}`,
  parseChoice(DEVICE_NAMES),
);

/**
 * Flags of a run that trains: how long, and when it validates and saves.
 *
 * @param updates what the verb calls its updates
 * @param falls what the help says of the time beside that it is to be trained
 */
export function runFlags(updates: string, falls: string) {
  const minutes = (flags: string, text: string, least = 0.01) =>
    flag(flags, text, parseReal(least, 1e6, "min"));
  const updatesFlag = (flags: string, text: string) => flag(flags, text, parseInteger(1, 1e9));
  return {
    resume: { resume: switchFlag("--resume", "go on from the checkpoint in --out") },
    budget: {
      minutes: minutes("--minutes <MIN>", `time to train; ${falls}`),
      steps: updatesFlag("--steps <N>", `${updates} to train`),
    },
    patience: {
      patience: flag(
        "--patience <N>",
        "end after so many validations without a better one (0: never)",
        parseInteger(0, 1e6),
      ),
    },
    keep: {
      keep: flag(
        "--keep <WHICH>",
        "weights that are written: last, or best by validation (best, where it validates)",
        parseChoice(["last", "best"] as const),
      ),
    },
    pauses: {
      validateMinutes: { ...minutes("--validate-minutes <MIN>", "time between validations"), usual: 4 },
      validateSteps: updatesFlag("--validate-steps <N>", `${updates} between validations, instead`),
      saveMinutes: { ...minutes("--save-minutes <MIN>", "time between checkpoints", 0), usual: 2 },
    },
  };
}

/** The command line as it was given, for cards. */
export function commandLine(): string {
  return `npx mnemosyne-mpc ${process.argv.slice(2).join(" ")}`;
}
