import type { Command } from "commander";
import { benchDerivatives, derivativesText } from "../../bench/index.ts";
import { describeMachine } from "../../node/index.ts";
import { finishBench } from "../bench-source.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseInteger } from "../parse-values.ts";
import { exampleText, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";

type DerivativesFlags = Pick<SharedOptions, "seed" | "json" | "out"> & {
  readonly rounds: number;
  readonly horizon: number;
};

/** `mnemosyne bench derivatives`. */
export function registerBenchDerivatives(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("derivatives")
    .summary("derivatives of a problem in expressions against finite differences")
    .description(
      "Times first and second derivatives of a quadrotor (12 states, 4 controls, RK4) along a trajectory: those of " +
        "expressions, generated and interpreted, against finite differences. --out writes the JSON to a file.",
    )
    .option("--rounds <N>", "trajectories measured, after as many to warm up", parseInteger(1, 100_000), 40)
    .option("--horizon <N>", "stages of the trajectory", parseInteger(1, 10_000), 100);
  addShared(verb, "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne bench derivatives --rounds 100"));
  verb.action((flags: DerivativesFlags, command: Command) =>
    run(command, flags, (context) => runDerivatives(flags, context)),
  );
}

async function runDerivatives(flags: DerivativesFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, now } = context;
  const machine = describeMachine();
  const { seed, rounds, horizon } = flags;
  const progress = output.progress("bench derivatives", 2 * rounds);
  const result = benchDerivatives({
    N: horizon,
    rounds,
    seed,
    clock: now,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  const object = { verb: "bench derivatives", seed, ...result, ...machine };
  return finishBench(flags, context, machine, object, derivativesText(result));
}
