import { type Command, Option } from "commander";
import { benchPeers, OCP_SOLVER_NAMES, type OcpSolverName, peersText } from "../../bench/index.ts";
import { describeMachine } from "../../node/index.ts";
import type { ZooName } from "../../zoo/index.ts";
import { finishBench } from "../bench-source.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseInteger, parseList, parseReal } from "../parse-values.ts";
import { exampleText, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";
import { problemsOption } from "./bench-ocp.ts";

type Flags = Pick<SharedOptions, "seed" | "out" | "json"> & {
  readonly problems: readonly ZooName[];
  readonly solvers: readonly OcpSolverName[];
  readonly repeats: number;
  readonly tol: number;
  readonly maxIterations: number;
  /** [s] */
  readonly limit: number;
};

/** `mnemosyne bench peers`. */
export function registerBenchPeers(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("peers")
    .summary("the same problems on IPOPT where it is installed, on other solvers through a file")
    .description(
      "Solves the problems of the zoo with this program and with IPOPT in turn (gcc and coinor-libipopt-dev), at the " +
        "same tolerance and from the same plain guess, and judges all answers alike. What is absent is named. " +
        "--out writes the JSON to a file.",
    )
    .addOption(problemsOption())
    .addOption(
      new Option("--solvers <LIST>", `some of ${OCP_SOLVER_NAMES.join(", ")}`)
        .argParser(parseList(OCP_SOLVER_NAMES))
        .default(["sqp", "al-ilqr"], "sqp,al-ilqr"),
    )
    .option("--repeats <N>", "timed solves of each, after one that is not", parseInteger(0, 1000), 3)
    .option("--tol <T>", "relative tolerance of all", parseReal(1e-12, 1, "1"), 1e-6)
    .option("--max-iterations <N>", "largest number of iterations", parseInteger(1, 100_000), 500)
    .option("--limit <S>", "the longest that a solve may take [s]", parseReal(0.01, 3600, "s"), 20);
  addShared(verb, "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne bench peers --problems car-among-discs,quadrotor"));
  verb.action((flags: Flags, command: Command) => run(command, flags, (context) => runPeers(flags, context)));
}

async function runPeers(flags: Flags, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now: clock } = context;
  const machine = describeMachine();
  const { problems, solvers, repeats, tol, maxIterations, seed } = flags;
  const progress = output.progress("bench peers", problems.length);
  const result = await benchPeers({
    problems,
    solvers,
    repeats,
    tol,
    maxIterations,
    limit: 1000 * flags.limit,
    clock,
    signal,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  const object = { verb: "bench peers", seed, tol, ...result, ...machine };
  return finishBench(flags, context, machine, object, peersText(result));
}
