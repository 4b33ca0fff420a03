import { benchFeedback, feedbackRounds, feedbackText } from "../../bench/index.ts";
import { defineBench } from "../define-bench.ts";
import { flag } from "../flag-table.ts";
import { parseInteger, parseReal } from "../parse-values.ts";

/** `mnemosyne bench feedback`. */
export const registerBenchFeedback = defineBench({
  name: "feedback",
  summary: "the real-time split: what is prepared before a state is measured, and the answer after",
  description:
    "Prepares feedback at the optimum of problems of the zoo and answers states that are off, by a product, by another QP and " +
    "by a solve: times, and errors of the first control.",
  flags: {
    rounds: flag("--rounds <N>", "states per problem", parseInteger(1, 100_000), 40),
    offset: flag(
      "--offset <SHARE>",
      "how far states are off, of how far they move",
      parseReal(0, 1, "share"),
      0.02,
    ),
  },
  example: "npx mnemosyne-mpc bench feedback --offset 0.05",
  async measure({ seed, rounds, offset }, { output, now: clock }) {
    const result = await output.withProgress("bench feedback", feedbackRounds(rounds), (onProgress) =>
      benchFeedback({ rounds, offset, seed, clock, onProgress }),
    );
    return { object: { seed, ...result }, text: feedbackText(result) };
  },
});
