import { benchQp, qpText } from "../../bench/index.ts";
import { defineBench } from "../define-bench.ts";
import { flag } from "../flag-table.ts";
import { parseInteger } from "../parse-values.ts";

/** `mnemosyne bench qp`. */
export const registerBenchQp = defineBench({
  name: "qp",
  summary: "QP solvers on a robot's QPs, cold and warm-started",
  description:
    "Solves the same quadratic programs with every QP solver: those of first SQP iterations, cold, and " +
    "those of closed-loop drives, from the shifted last solution.",
  flags: { count: flag("--count <N>", "QPs of each kind", parseInteger(1, 1_000_000), 600) },
  example: "npx mnemosyne-mpc bench qp --count 200 --json",
  async measure({ seed, count }, { output, signal, now: clock }) {
    const result = await output.withProgress("bench qp", 2 * count, (onProgress) =>
      benchQp({ seed, count, clock, onProgress, signal }),
    );
    return { object: result, text: qpText(result) };
  },
});
