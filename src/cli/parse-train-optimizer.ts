import { existsSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { didYouMean } from "../base/index.ts";
import { LEARNED_ENDING, LEARNED_SPECS } from "../optim/index.ts";
import { shippedOptimizerFile, shippedOptimizers } from "../optim/node.ts";
import { OPTIMIZERS } from "../rules/index.ts";
import { parsePath } from "./parse-values.ts";

/** What `--optimizer` names: an optimizer of `src/optim`, or the file of a learned one. */
export type TrainOptimizer = { readonly name: string } | { readonly file: string };

/** Names of the optimizers that `--optimizer` takes. */
export function trainOptimizerNames(): string[] {
  return [...new Set([...Object.keys(OPTIMIZERS), ...Object.keys(LEARNED_SPECS), ...shippedOptimizers()])];
}

/** A classical optimizer's name, that of a learned one, or a file. */
export function parseTrainOptimizer(text: string): TrainOptimizer {
  if (text.toLowerCase().endsWith(LEARNED_ENDING)) return { file: parsePath(text) };
  if (Object.hasOwn(OPTIMIZERS, text)) return { name: text };
  const names = trainOptimizerNames();
  if (!names.includes(text)) {
    const legal = `${names.join(", ")}, or a file that ends in ${LEARNED_ENDING}`;
    throw new InvalidArgumentError(`Legal: ${legal}${didYouMean(text.slice(0, 100), names)}.`);
  }
  const file = shippedOptimizerFile(text);
  if (!existsSync(file))
    throw new InvalidArgumentError(
      `${text} is not part of this version: train one by \`mnemosyne meta-train --design ${text}\` and name its file.`,
    );
  return { file };
}
