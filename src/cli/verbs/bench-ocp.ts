import { benchOcp, benchScale, OCP_SOLVER_NAMES, ocpText, scaleText } from "../../bench/index.ts";
import { ZOO_NAMES } from "../../zoo/index.ts";
import { defineBench } from "../define-bench.ts";
import { flag, switchFlag } from "../flag-table.ts";
import { parseInteger, parseList, parseReal } from "../parse-values.ts";

/** Which problems of the zoo, and how they are solved; `bench peers` asks the same. */
export const ZOO_FLAGS = {
  problems: flag(
    "--problems <LIST>",
    `some of ${ZOO_NAMES.join(", ")}`,
    parseList(ZOO_NAMES),
    [...ZOO_NAMES],
    "all",
  ),
  repeats: flag("--repeats <N>", "timed solves of each, after one that is not", parseInteger(0, 1000), 3),
  maxIterations: flag("--max-iterations <N>", "largest number of iterations", parseInteger(1, 100_000), 500),
  limit: flag("--limit <S>", "the longest that a solve may take [s]", parseReal(0.01, 3600, "s"), 20),
};

const { problems, repeats, maxIterations, limit } = ZOO_FLAGS;

/** `mnemosyne bench ocp`. */
export const registerBenchOcp = defineBench({
  name: "ocp",
  summary: "every solver on the problem zoo, each answer judged by an independent check",
  description:
    "Solves the problems of the zoo with every solver, from the plain guess and from noisy ones, the solvers " +
    "taking turns. An independent check works out each answer's optimality; what says converged and is not " +
    "is named. --scale solves each problem in other units instead and says what changes.",
  flags: {
    problems,
    solvers: flag(
      "--solvers <LIST>",
      `some of ${OCP_SOLVER_NAMES.join(", ")} (all; with --scale sqp)`,
      parseList(OCP_SOLVER_NAMES),
    ),
    seeds: flag("--seeds <N>", "noisy starts of each problem beside the plain one", parseInteger(0, 1000), 0),
    repeats,
    tol: flag("--tol <T>", "relative tolerance (each solver's default)", parseReal(1e-12, 1, "1")),
    maxIterations,
    limit,
    scale: switchFlag(
      "--scale",
      "cost times 1e-8 to 1e8, units of controls, states and rows times 1e-6 to 1e6: what differs?",
    ),
  },
  example: "npx mnemosyne-mpc bench ocp --problems pendulum,turn90 --seeds 2",
  measure(flags, { output, signal, now: clock }) {
    const { problems, seeds: starts, repeats, tol, maxIterations, seed, scale = false } = flags;
    const solvers = flags.solvers ?? (scale ? (["sqp"] as const) : OCP_SOLVER_NAMES);
    const common = { problems, solvers, tol, maxIterations, limit: 1000 * flags.limit, clock, signal };
    const solves = problems.length * solvers.length * (scale ? 1 : 1 + starts);
    const head = { seed, ...(tol === undefined ? {} : { tol }) };
    return output.withProgress("bench ocp", solves, (onProgress) => {
      if (scale) {
        const scales = benchScale({ ...common, onProgress });
        return { object: { ...head, scales }, text: scaleText(scales) };
      }
      const rows = benchOcp({ ...common, starts, repeats, seed, onProgress });
      return { object: { ...head, rows }, text: ocpText(rows) };
    });
  },
});
