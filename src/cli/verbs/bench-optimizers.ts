import { createRng } from "../../base/index.ts";
import {
  benchOptimizers,
  GRADIENT_SOURCES,
  type GradientSourceName,
  type OptimizerChoice,
  openChoice,
  optimizerRounds,
  optimizersText,
} from "../../bench/index.ts";
import { initParameters } from "../../graph/index.ts";
import {
  createLearnedModel,
  createLearnedOptimizer,
  createSteeredModel,
  createSteeredOptimizer,
  LEARNED_SPECS,
  STEERED_DESIGNS,
} from "../../optim/index.ts";
import { openOptimizer, shippedOptimizers } from "../../optim/node.ts";
import { getOptimizer, OPTIMIZERS, type Optimizer, type TensorPlaces } from "../../rules/index.ts";
import { defineBench } from "../define-bench.ts";
import { flag, listFlag } from "../flag-table.ts";
import { parseOptimizers } from "../parse-optimizers.ts";
import { parseInteger, parseList } from "../parse-values.ts";

const PROBLEMS = Object.keys(GRADIENT_SOURCES) as GradientSourceName[];
const FORMS = ["arrays", "graph"] as const;

/** `mnemosyne bench optimizers`. */
export const registerBenchOptimizers = defineBench({
  name: "optimizers",
  summary: "what one step of each optimizer costs, beside Adam's and the gradient",
  description:
    "Times single steps of every optimizer, in TypeScript and as a graph on ONNX Runtime (one thread " +
    "each), on gradients of perceptrons of 15,910, 143,110 and 1,000,120 numbers and of warm-start networks of about 142,000 and 999,380. " +
    "Learned optimizers that do not come with this version are timed untrained: that costs the same.",
  flags: {
    optimizers: flag(
      "--optimizers <LIST>",
      "as for optimize (all); adam is always among them",
      parseOptimizers,
    ),
    problems: listFlag("--problems <LIST>", `some of ${PROBLEMS.join(", ")}`, parseList(PROBLEMS), [
      "mlp-1x20",
      "warm-start",
    ]),
    forms: listFlag("--forms <LIST>", "arrays, graph", parseList(FORMS), FORMS),
    rounds: flag("--rounds <N>", "steps measured of each", parseInteger(1, 100_000), 30),
  },
  example: "npx mnemosyne-mpc bench optimizers --problems mlp-1x20 --rounds 100",
  async measure(flags, { output, signal, now: clock }) {
    const { problems, rounds, seed } = flags;
    const forms = [...flags.forms].sort(); // arrays first: what the others are measured by
    const optimizers = openAll(flags.optimizers, seed);
    const steps = optimizerRounds({ problems, rounds });
    const costs = await output.withProgress("bench optimizers", steps, (onProgress) =>
      benchOptimizers({
        problems,
        rounds,
        seed,
        forms,
        optimizers,
        clock,
        cpu: processorMs,
        signal,
        onProgress,
      }),
    );
    return { object: { rounds, seed, problems: costs }, text: optimizersText(costs) };
  },
});

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

type Opener = (layout: TensorPlaces) => Optimizer | Promise<Optimizer>;

/** Adam first. */
function openAll(choices: readonly OptimizerChoice[] | undefined, seed: number): Map<string, Opener> {
  const found = new Map<string, Opener>([["adam", () => getOptimizer("adam")]]);
  if (choices !== undefined) {
    for (const choice of choices) found.set(choice.label, (layout) => openChoice(choice, layout));
    return found;
  }
  for (const name of Object.keys(OPTIMIZERS)) found.set(name, (layout) => openOptimizer(name, { layout }));
  for (const name of shippedOptimizers()) found.set(name, (layout) => openOptimizer(name, { layout }));
  for (const [name, spec] of Object.entries(LEARNED_SPECS)) {
    if (found.has(name)) continue;
    const weights = initParameters(createLearnedModel(spec).layout, createRng(seed));
    found.set(`${name}, untrained`, () => createLearnedOptimizer({ name, spec, weights }));
  }
  for (const [name, spec] of Object.entries(STEERED_DESIGNS)) {
    const weights = initParameters(createSteeredModel(spec).layout, createRng(seed));
    found.set(`${name}, untrained`, (layout) => createSteeredOptimizer({ name, spec, weights }, { layout }));
  }
  return found;
}
