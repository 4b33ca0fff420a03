import { type Command, Option } from "commander";
import {
  benchOcp,
  benchScale,
  OCP_SOLVER_NAMES,
  type OcpSolverName,
  ocpText,
  scaleText,
} from "../../bench/index.ts";
import { describeMachine } from "../../node/index.ts";
import { ZOO_NAMES, type ZooName } from "../../zoo/index.ts";
import { finishBench } from "../bench-source.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { parseInteger, parseList, parseReal } from "../parse-values.ts";
import { exampleText, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";

type Flags = Pick<SharedOptions, "seed" | "out" | "json"> & {
  readonly problems: readonly ZooName[];
  readonly solvers?: readonly OcpSolverName[];
  readonly seeds: number;
  readonly repeats: number;
  readonly tol?: number;
  readonly maxIterations: number;
  /** [s] */
  readonly limit: number;
  readonly scale?: boolean;
};

/** `--problems` of the zoo. */
export const problemsOption = (): Option =>
  new Option("--problems <LIST>", `some of ${ZOO_NAMES.join(", ")}`)
    .argParser(parseList(ZOO_NAMES))
    .default(ZOO_NAMES, "all");

/** `mnemosyne bench ocp`. */
export function registerBenchOcp(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("ocp")
    .summary("every solver on the problem zoo, each answer judged by an independent check")
    .description(
      "Solves the problems of the zoo with every solver, from the plain guess and from noisy ones, the solvers " +
        "taking turns. An independent check works out each answer's optimality; what says converged and is not " +
        "is named. --scale solves each problem in other units instead and says what changes. --out writes the " +
        "JSON to a file.",
    )
    .addOption(problemsOption())
    .addOption(
      new Option(
        "--solvers <LIST>",
        `some of ${OCP_SOLVER_NAMES.join(", ")} (all; with --scale sqp)`,
      ).argParser(parseList(OCP_SOLVER_NAMES)),
    )
    .option("--seeds <N>", "noisy starts of each problem beside the plain one", parseInteger(0, 1000), 0)
    .option("--repeats <N>", "timed solves of each, after one that is not", parseInteger(0, 1000), 3)
    .option("--tol <T>", "relative tolerance (each solver's default)", parseReal(1e-12, 1, "1"))
    .option("--max-iterations <N>", "largest number of iterations", parseInteger(1, 100_000), 500)
    .option("--limit <S>", "the longest that a solve may take [s]", parseReal(0.01, 3600, "s"), 20)
    .option(
      "--scale",
      "cost times 1e-8 to 1e8, units of controls, states and rows times 1e-6 to 1e6: what differs?",
    );
  addShared(verb, "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne bench ocp --problems pendulum,turn90 --seeds 2"));
  verb.action((flags: Flags, command: Command) => run(command, flags, (context) => runOcp(flags, context)));
}

async function runOcp(flags: Flags, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now: clock } = context;
  const machine = describeMachine();
  const { problems, seeds: starts, repeats, tol, maxIterations, seed, scale = false } = flags;
  const solvers = flags.solvers ?? (scale ? (["sqp"] as const) : OCP_SOLVER_NAMES);
  const common = { problems, solvers, tol, maxIterations, limit: 1000 * flags.limit, clock, signal };
  const progress = output.progress("bench ocp", problems.length * solvers.length * (scale ? 1 : 1 + starts));
  const onProgress = (done: number): void => progress.update(done);
  const head = { verb: "bench ocp", seed, ...(tol === undefined ? {} : { tol }) };
  if (scale) {
    const rows = benchScale({ ...common, onProgress });
    progress.finish();
    return finishBench(flags, context, machine, { ...head, scales: rows, ...machine }, scaleText(rows));
  }
  const rows = benchOcp({ ...common, starts, repeats, seed, onProgress });
  progress.finish();
  return finishBench(flags, context, machine, { ...head, rows, ...machine }, ocpText(rows));
}
