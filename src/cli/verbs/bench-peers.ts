import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import {
  answersText,
  benchPeers,
  exchangeLines,
  judgeAnswers,
  OCP_SOLVER_NAMES,
  type OcpSolverName,
  peersText,
} from "../../bench/index.ts";
import { describeMachine, UsageError, writeFileAtomic } from "../../node/index.ts";
import type { ZooName } from "../../zoo/index.ts";
import { finishBench } from "../bench-source.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { toJsonLine } from "../output.ts";
import { parseFile, parseInteger, parseList, parseReal } from "../parse-values.ts";
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
  readonly write?: string;
  readonly qps: number;
  readonly read?: string;
  readonly of?: string;
};

/** `mnemosyne bench peers`. */
export function registerBenchPeers(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("peers")
    .summary("the same problems on IPOPT where it is installed, on other solvers through a file")
    .description(
      "Solves the problems of the zoo with this program and with IPOPT in turn (gcc and coinor-libipopt-dev), at the " +
        "same tolerance and from the same plain guess, and judges all answers alike. What is absent is named. " +
        "Any other solver may join through a file: --write writes problems and QPs as JSON Lines, --read judges " +
        "the answers to them (docs/formats.md). --out writes the JSON to a file.",
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
    .option("--limit <S>", "the longest that a solve may take [s]", parseReal(0.01, 3600, "s"), 20)
    .option("--write <FILE.jsonl>", "write the problems for others to solve, and end", parseFile(".jsonl"))
    .option("--qps <N>", "QPs of a robot among them", parseInteger(0, 100_000), 10)
    .option("--read <FILE.jsonl>", "judge answers", parseFile(".jsonl"))
    .option("--of <FILE.jsonl>", "the problems that they answer", parseFile(".jsonl"));
  addShared(verb, "seed", "out", "json");
  verb.addHelpText("after", exampleText("mnemosyne bench peers --problems car-among-discs,quadrotor"));
  verb.action((flags: Flags, command: Command) => run(command, flags, (context) => runPeers(flags, context)));
}

async function runPeers(flags: Flags, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now: clock } = context;
  const machine = describeMachine();
  const { problems, solvers, repeats, tol, maxIterations, seed, write, read } = flags;
  if (write !== undefined) return writeProblems(write, flags, context);
  if (read !== undefined) return judgeFile(read, flags, context);
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

async function writeProblems(file: string, flags: Flags, { output }: VerbContext): Promise<VerbEnd> {
  const lines = exchangeLines(flags.problems, flags.qps, flags.seed);
  await writeFileAtomic(file, lines.map(toJsonLine).join(""));
  output.object({ verb: "bench peers", written: file, lines: lines.length });
  output.text(`${lines.length} problems in ${file}`);
  return "done";
}

/** Ends as failed where an answer is no optimum. */
async function judgeFile(file: string, flags: Flags, context: VerbContext): Promise<VerbEnd> {
  if (flags.of === undefined)
    throw new UsageError("--read needs --of FILE.jsonl, the problems that are answered");
  const [problems, answers] = await Promise.all([flags.of, file].map((path) => readFile(path, "utf8")));
  const rows = judgeAnswers(problems, answers);
  await finishBench(
    flags,
    context,
    describeMachine(),
    { verb: "bench peers", answers: rows },
    answersText(rows),
  );
  return rows.every(({ optimal }) => optimal) ? "done" : "failed";
}
