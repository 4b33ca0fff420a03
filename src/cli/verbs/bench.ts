import { exampleText, type RegisterVerb } from "../verb.ts";
import { registerBenchBank } from "./bench-bank.ts";
import { registerBenchDerivatives } from "./bench-derivatives.ts";
import { registerBenchFeedback } from "./bench-feedback.ts";
import { registerBenchFigures } from "./bench-figures.ts";
import { registerBenchLoop } from "./bench-loop.ts";
import { registerBenchNet } from "./bench-net.ts";
import { registerBenchOcp } from "./bench-ocp.ts";
import { registerBenchOptimizers } from "./bench-optimizers.ts";
import { registerBenchPeers } from "./bench-peers.ts";
import { registerBenchQp } from "./bench-qp.ts";
import { registerBenchSqp } from "./bench-sqp.ts";

const BENCHMARKS = [
  registerBenchSqp,
  registerBenchQp,
  registerBenchOcp,
  registerBenchPeers,
  registerBenchNet,
  registerBenchLoop,
  registerBenchOptimizers,
  registerBenchBank,
  registerBenchDerivatives,
  registerBenchFeedback,
  registerBenchFigures,
];

/** `mnemosyne bench`, with a verb below it for each benchmark. */
export const registerBench: RegisterVerb = (program, run) => {
  const bench = program
    .command("bench")
    .summary(
      "benchmarks: warm starts (sqp), QP solvers (qp), all solvers (ocp), others' (peers), the network (net), the control tick (loop), optimizers, derivatives",
    )
    .description("Benchmarks: medians and tails, the variants taking turns, after a warm-up.");
  bench.addHelpText("after", exampleText("npx mnemosyne-mpc bench sqp --scenes 60"));
  for (const register of BENCHMARKS) register(bench, run);
};
