import { readFile } from "node:fs/promises";
import {
  answersText,
  benchPeers,
  exchangeLines,
  judgeAnswers,
  OCP_SOLVER_NAMES,
  peersText,
} from "../../bench/index.ts";
import { checkWritable, describeMachine, UsageError, writeFileAtomic } from "../../node/index.ts";
import { BENCH_FLAGS, finishBench } from "../define-bench.ts";
import { type FlagValues, flag, listFlag } from "../flag-table.ts";
import { toJsonLine } from "../output.ts";
import { parseFile, parseInteger, parseList, parseReal } from "../parse-values.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";
import { ZOO_FLAGS } from "./bench-ocp.ts";

const { problems, repeats, maxIterations, limit } = ZOO_FLAGS;

const FLAGS = {
  problems,
  solvers: listFlag(
    "--solvers <LIST>",
    `some of ${OCP_SOLVER_NAMES.join(", ")}`,
    parseList(OCP_SOLVER_NAMES),
    ["sqp", "al-ilqr"],
  ),
  repeats,
  tol: flag("--tol <T>", "relative tolerance of all", parseReal(1e-12, 1, "1"), 1e-6),
  maxIterations,
  limit,
  write: flag("--write <FILE.jsonl>", "write the problems for others to solve, and end", parseFile(".jsonl")),
  qps: flag("--qps <N>", "QPs of a robot among them", parseInteger(0, 100_000), 10),
  read: flag("--read <FILE.jsonl>", "judge answers", parseFile(".jsonl")),
  of: flag("--of <FILE.jsonl>", "the problems that they answer", parseFile(".jsonl")),
  ...BENCH_FLAGS,
};

type PeersFlags = FlagValues<typeof FLAGS>;

/** `mnemosyne bench peers`. */
export const registerBenchPeers = defineVerb({
  name: "peers",
  summary: "the same problems on IPOPT where it is installed, on other solvers through a file",
  description:
    "Solves the problems of the zoo with this program and with IPOPT in turn (gcc and coinor-libipopt-dev), at the " +
    "same tolerance and from the same plain guess, and judges all answers alike. What is absent is named. " +
    "Any other solver may join through a file: --write writes problems and QPs as JSON Lines, --read judges " +
    "the answers to them (docs/formats.md). --out writes the JSON to a file.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc bench peers --problems car-among-discs,quadrotor",
  async action(flags, context) {
    if (flags.write !== undefined) return writeProblems(flags.write, flags, context);
    if (flags.read !== undefined) return judgeFile(flags.read, flags, context);
    return measure(flags, context);
  },
});

async function measure(flags: PeersFlags, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now: clock } = context;
  await checkWritable(flags.out);
  const machine = describeMachine();
  const { problems, solvers, repeats, tol, maxIterations, seed } = flags;
  const limit = 1000 * flags.limit;
  const result = await output.withProgress("bench peers", problems.length, (onProgress) =>
    benchPeers({ problems, solvers, repeats, tol, maxIterations, limit, clock, signal, onProgress }),
  );
  const object = { verb: "bench peers", seed, tol, ...result, ...machine };
  return finishBench(flags, context, machine, object, peersText(result));
}

async function writeProblems(file: string, flags: PeersFlags, { output }: VerbContext): Promise<VerbEnd> {
  const lines = exchangeLines(flags.problems, flags.qps, flags.seed);
  await writeFileAtomic(file, lines.map(toJsonLine).join(""));
  output.object({ verb: "bench peers", written: file, lines: lines.length });
  output.text(`${lines.length} problems in ${file}`);
  return "done";
}

/** Ends as failed where an answer is no optimum. */
async function judgeFile(file: string, flags: PeersFlags, context: VerbContext): Promise<VerbEnd> {
  if (flags.of === undefined)
    throw new UsageError("--read needs --of FILE.jsonl, the problems that are answered");
  const [problems, answers] = await Promise.all([flags.of, file].map((path) => readFile(path, "utf8")));
  const rows = judgeAnswers(problems, answers);
  const object = { verb: "bench peers", answers: rows };
  await finishBench(flags, context, describeMachine(), object, answersText(rows));
  return rows.every(({ optimal }) => optimal) ? "done" : "failed";
}
