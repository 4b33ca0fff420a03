import { gateText, runGate } from "../../bench/index.ts";
import { TASK_BANK } from "../../optim/index.ts";
import { defineBench } from "../define-bench.ts";
import { flag } from "../flag-table.ts";
import { parseOptimizers } from "../parse-optimizers.ts";
import { parseInteger } from "../parse-values.ts";

/** `mnemosyne bench bank`. */
export const registerBenchBank = defineBench({
  name: "bank",
  summary: "optimizers with equal rights on the tasks that `evolve` trains on",
  description:
    "Whole runs of the tasks of `evolve`, from starts that it does not use and judged on images that it does not train " +
    "on. Optimizers with a rate have rate, schedule and betas searched for each task and horizon from other starts, " +
    "as `optimize --fair` does. Ratios are to the first of the list.",
  flags: {
    optimizers: flag("--optimizers <LIST>", "as for optimize", parseOptimizers, parseOptimizers("adam,feedback"), "adam,feedback"), // biome-ignore format: one line
    seeds: flag("--seeds <K>", "runs that are reported", parseInteger(1, 1000), 2),
    tuneSeeds: flag("--tune-seeds <K>", "runs per setting", parseInteger(1, 1000), 3),
  },
  example: "npx mnemosyne-mpc bench bank --optimizers adam,feedback,runs/cam/optimizer.mnos",
  async measure(flags, { output, signal }) {
    const { optimizers, seeds, tuneSeeds, seed } = flags;
    const count = TASK_BANK.reduce((sum, { horizons }) => sum + horizons.length, 0);
    const result = await output.withProgress("bench bank", count, (onProgress) =>
      runGate({ optimizers, seeds, tuneSeeds, seed, signal, onProgress }),
    );
    return { object: { seeds, tune_seeds: tuneSeeds, seed, ...result }, text: gateText(result) };
  },
});
