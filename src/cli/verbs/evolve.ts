import { availableParallelism } from "node:os";
import { type JobRunner, readForeign, UsageError } from "../../node/index.ts";
import {
  DIRECTION_MEMORIES,
  DIRECTION_SPEC,
  type DirectionSpec,
  LEARNED_ENDING,
  STEERED_DESIGNS,
  STEERED_SPEC,
  type SteeredDesign,
  TENSOR_MEMORIES,
  type TensorMemory,
} from "../../optim/index.ts";
import { FEEDBACK_DIRECTIONS, type FeedbackDirection, STATISTICS } from "../../rules/index.ts";
import { runEvolution } from "../../train/index.ts";
import { flag, switchFlag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseChoice, parseFile, parseInteger, parseReal } from "../parse-values.ts";
import { QUEUE_FLAGS, withRunner } from "../queue-flags.ts";
import { commandLine, runFlags } from "../run-flags.ts";
import { defineVerb } from "../verb.ts";

const { resume, budget, pauses, keep } = runFlags("generations", "generations under way are finished");
const FLAGS = {
  memory: flag(
    "--memory <KIND>",
    `what remembers a tensor's statistics: ${TENSOR_MEMORIES.join(", ")} (none)`,
    parseChoice<TensorMemory>(TENSOR_MEMORIES),
  ),
  direction: flag(
    "--direction <KIND>",
    `what matrices are moved along: ${FEEDBACK_DIRECTIONS.join(", ")}`,
    parseChoice<FeedbackDirection>(FEEDBACK_DIRECTIONS),
    "orthogonal",
  ),
  coordinates: flag(
    "--coordinates <KIND>",
    `what corrects the direction of every coordinate: none, ${DIRECTION_MEMORIES.join(", ")} (none)`,
    parseChoice<"none" | DirectionSpec["memory"]>(["none", ...DIRECTION_MEMORIES]),
  ),
  design: flag(
    "--design <NAME>",
    `instead of --memory and --coordinates: ${Object.keys(STEERED_DESIGNS).join(", ")}`,
    parseChoice<SteeredDesign>(Object.keys(STEERED_DESIGNS) as SteeredDesign[]),
  ),
  from: flag(
    "--from <FILE.mnos>",
    "begin with the linear read-out of an evolved one",
    parseFile(LEARNED_ENDING),
  ),
  pairs: flag("--pairs <N>", "pairs of opposite candidates in a generation", parseInteger(1, 10_000), 6),
  runs: flag("--runs <N>", "whole runs of each candidate", parseInteger(1, 1000), 2),
  threads: flag(
    "--threads <N>",
    "candidates at a time; the result is the same (all cores)",
    parseInteger(1, 1024),
  ),
  synthetic: switchFlag("--synthetic", "on drawn digits, to try it without published ones"),
  rate: flag("--rate <R>", "step, in standard deviations", parseReal(1e-6, 10, "standard deviations"), 0.12),
  ...budget,
  validateSteps: {
    ...pauses.validateSteps,
    text: "generations between validations: whole runs of every task from starts that no generation has (never)",
  },
  starts: flag("--starts <N>", "a validation's runs of each task (1)", parseInteger(1, 1000)),
  ...keep,
  ...resume,
  ...shared("seed", "out", "json"),
  ...QUEUE_FLAGS,
};

/** `mnemosyne evolve`: what is learned on top of `feedback`. */
export const registerEvolve = defineVerb({
  name: "evolve",
  summary: "what is learned on top of the optimizer feedback: evolution on whole runs",
  description:
    "Evolves a small network that reads statistics of every tensor and corrects the steps that feedback finds. Its " +
    "tasks are perceptrons, autoencoders and a transformer on MNIST and Fashion-MNIST made smaller (`mnemosyne " +
    "download`), its score the loss at the end of whole runs. Writes into --out: checkpoint.bin, log.jsonl, " +
    "optimizer.mnos and card.md. --resume goes on as if nothing had happened. With --queue workers score candidates, to the same bytes. `bench bank` says what it is worth. Validations take the median over tasks and starts of the loss over that of the first weights.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc evolve --memory cam --steps 80 --out runs/cam",
  async action(flags, context) {
    const {
      out,
      from,
      memory = "none",
      direction,
      coordinates = "none",
      design,
      minutes,
      steps,
      pairs,
      runs,
      rate,
      threads = availableParallelism(),
      synthetic,
      seed,
      validateSteps: every,
      starts,
      keep = every === undefined ? "last" : "best",
      resume: goesOn,
    } = flags;
    if (out === undefined) throw new UsageError("Say where to write: --out FOLDER.");
    if (minutes === undefined && steps === undefined)
      throw new UsageError("Say how long: --steps GENERATIONS or --minutes MIN.");
    if (design !== undefined && (flags.memory ?? flags.coordinates) !== undefined)
      throw new UsageError("--design says what --memory and --coordinates say: give the one or the others.");
    if (every === undefined && (starts !== undefined || keep === "best"))
      throw new UsageError(
        "--starts and --keep best are of validations: say how often by --validate-steps N.",
      );
    const own = {
      ...{ ...STEERED_SPEC, memory },
      ...(coordinates !== "none" && { coordinates: { ...DIRECTION_SPEC, memory: coordinates } }),
    };
    const begun = from === undefined ? undefined : await readForeign("evolved", from);
    const evolve = (run: JobRunner) =>
      runEvolution(
        {
          name: `feedback-${design ?? `${memory}${coordinates === "none" ? "" : `-${coordinates}`}`}`,
          spec: {
            ...(design === undefined ? own : STEERED_DESIGNS[design]),
            direction,
          },
          from,
          linear: begun?.weights.slice(0, 2 * STATISTICS),
          ...{ pairs, runs, rate, seed, out, keep },
          ...(every !== undefined && { validation: { every, starts: starts ?? 1 } }),
          ...(synthetic && { synthetic }),
          by: flags.queue === undefined ? threads : run,
          budget: { minutes, steps },
          resume: goesOn === true,
          command: commandLine(),
        },
        context,
      );
    const { end, position } = await withRunner(flags, context, evolve, "threads");
    context.output.object({
      verb: "evolve",
      status: end,
      out,
      generations: position.step,
      seconds: position.seconds,
    });
    context.output.text(`${out}: ${position.step} generations, ended by ${end}`);
    return "done";
  },
});
