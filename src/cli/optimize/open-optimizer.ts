import { readFile } from "node:fs/promises";
import * as optim from "../../optim/index.ts";
import { complainAbout } from "../errors.ts";
import type { OptimizerChoice } from "./optimizer-list.ts";

/** The optimizer that was chosen. @throws FormatError for a damaged file; system errors where it cannot be read */
export async function openOptimizer(choice: OptimizerChoice): Promise<optim.Optimizer> {
  if (choice.kind === "learned") {
    const bytes = await readFile(choice.file);
    const { readLearnedOptimizer } = optim as unknown as {
      readLearnedOptimizer(bytes: Uint8Array): optim.Optimizer;
    };
    return complainAbout(choice.file, () => readLearnedOptimizer(bytes));
  }
  const { name, learningRate } = choice;
  return optim.getOptimizer(name, learningRate === undefined ? {} : { learningRate });
}
