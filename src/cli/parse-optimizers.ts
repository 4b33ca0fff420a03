import { basename } from "node:path";
import { InvalidArgumentError } from "commander";
import { didYouMean } from "../base/index.ts";
import { MAX_RATE, type OptimizerChoice, withRate } from "../bench/index.ts";
import { LEARNED_ENDING } from "../optim/index.ts";
import { shippedOptimizerFile, shippedOptimizers } from "../optim/node.ts";
import { OPTIMIZERS } from "../rules/index.ts";
import { parsePath, parseReal } from "./parse-values.ts";

/**
 * Optimizers with commas between: names with or without a learning rate, shipped learned ones, files.
 *
 * @throws InvalidArgumentError that lists what is legal
 */
export function parseOptimizers(text: string): OptimizerChoice[] {
  if (text.length > 10_000) throw new InvalidArgumentError("Expected at most 10000 characters.");
  const choices = withOwnLabels(text.split(",").map((entry) => parseOptimizer(entry.trim())));
  const twice = choices.find((one, i) => choices.findIndex(({ label }) => label === one.label) < i);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice.label} is named twice.`);
  return choices;
}

/** Files of one name in several folders are called by their paths. */
function withOwnLabels(choices: readonly OptimizerChoice[]): OptimizerChoice[] {
  return choices.map((choice) => {
    const same = choices.filter(({ label }) => label === choice.label).length;
    return choice.kind === "learned" && same > 1 ? { ...choice, label: choice.file } : choice;
  });
}

function parseOptimizer(entry: string): OptimizerChoice {
  if (entry.toLowerCase().endsWith(LEARNED_ENDING))
    return { kind: "learned", label: basename(entry, LEARNED_ENDING), file: parsePath(entry) };
  const [name = "", rate, ...rest] = entry.slice(0, 100).split(":");
  if (Object.hasOwn(OPTIMIZERS, name) && rest.length === 0) {
    if (rate === undefined) return { kind: "classic", label: name, name };
    return withRate(name, parseReal(1e-12, MAX_RATE, "learning rate")(rate));
  }
  const shipped = shippedOptimizers();
  if (shipped.includes(name)) {
    if (rate !== undefined)
      throw new InvalidArgumentError(`${name} has no learning rate: write ${name} alone.`);
    return { kind: "learned", label: name, file: shippedOptimizerFile(name) };
  }
  const names = [...Object.keys(OPTIMIZERS), ...shipped];
  const legal = `${names.join(", ")}, NAME:LEARNING_RATE, or a file that ends in ${LEARNED_ENDING}`;
  throw new InvalidArgumentError(`Legal: ${legal}${didYouMean(name, names)}.`);
}
