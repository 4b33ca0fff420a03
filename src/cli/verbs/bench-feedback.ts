import type { Command } from "commander";
import { benchFeedback, feedbackRounds, feedbackText } from "../../bench/index.ts";
import { describeMachine } from "../../node/index.ts";
import { finishBench } from "../bench-source.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseInteger, parseReal } from "../parse-values.ts";
import { exampleText, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";

type FeedbackFlags = Pick<SharedOptions, "seed" | "json" | "out"> & {
  readonly rounds: number;
  readonly offset: number;
};

/** `mnemosyne bench feedback`. */
export function registerBenchFeedback(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("feedback")
    .summary("the real-time split: what is prepared before a state is measured, and the answer after")
    .description(
      "Prepares feedback at the optimum of problems of the zoo and answers states that are off, by a product, by another QP and " +
        "by a solve: times, and errors of the first control. --out writes the JSON to a file.",
    )
    .option("--rounds <N>", "states per problem", parseInteger(1, 100_000), 40)
    .option(
      "--offset <SHARE>",
      "how far states are off, of how far they move",
      parseReal(0, 1, "share"),
      0.02,
    );
  addShared(verb, "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne bench feedback --offset 0.05"));
  verb.action((flags: FeedbackFlags, command: Command) =>
    run(command, flags, (context) => runFeedback(flags, context)),
  );
}

async function runFeedback(flags: FeedbackFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, now } = context;
  const machine = describeMachine();
  const { seed, rounds, offset } = flags;
  const progress = output.progress("bench feedback", feedbackRounds(rounds));
  const result = benchFeedback({
    rounds,
    offset,
    seed,
    clock: now,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  return finishBench(
    flags,
    context,
    machine,
    { verb: "bench feedback", seed, ...result, ...machine },
    feedbackText(result),
  );
}
