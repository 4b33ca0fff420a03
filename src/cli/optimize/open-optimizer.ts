import { readFile } from "node:fs/promises";
import { getOptimizer, type Optimizer, readLearnedOptimizer } from "../../optim/index.ts";
import { complainAbout } from "../errors.ts";
import type { OptimizerChoice } from "./optimizer-list.ts";

/** The optimizer that was chosen. @throws FormatError for a damaged file; system errors where it cannot be read */
export async function openOptimizer(choice: OptimizerChoice): Promise<Optimizer> {
  if (choice.kind === "learned") {
    const bytes = await readFile(choice.file);
    return complainAbout(choice.file, () => readLearnedOptimizer(bytes));
  }
  const { name, learningRate } = choice;
  return getOptimizer(name, learningRate === undefined ? {} : { learningRate });
}
