import { benchDerivatives, derivativesText } from "../../bench/index.ts";
import { defineBench } from "../define-bench.ts";
import { flag } from "../flag-table.ts";
import { parseInteger } from "../parse-values.ts";

/** `mnemosyne bench derivatives`. */
export const registerBenchDerivatives = defineBench({
  name: "derivatives",
  summary: "derivatives of a problem in expressions against finite differences",
  description:
    "Times first and second derivatives of a quadrotor (12 states, 4 controls, RK4) along a trajectory: those of " +
    "expressions, generated and interpreted, against finite differences.",
  flags: {
    rounds: flag(
      "--rounds <N>",
      "trajectories measured, after as many to warm up",
      parseInteger(1, 100_000),
      40,
    ),
    horizon: flag("--horizon <N>", "stages of the trajectory", parseInteger(1, 10_000), 100),
  },
  example: "npx mnemosyne-mpc bench derivatives --rounds 100",
  async measure({ seed, rounds, horizon: N }, { output, now: clock }) {
    const result = await output.withProgress("bench derivatives", 2 * rounds, (onProgress) =>
      benchDerivatives({ N, rounds, seed, clock, onProgress }),
    );
    return { object: { seed, ...result }, text: derivativesText(result) };
  },
});
