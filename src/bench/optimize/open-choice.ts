import { openOptimizer } from "../../optim/node.ts";
import type { Optimizer } from "../../rules/index.ts";
import type { OptimizerChoice } from "./optimizer-list.ts";

/** The optimizer that was chosen. @throws FormatError for a damaged file; system errors where it cannot be read */
export async function openChoice(choice: OptimizerChoice): Promise<Optimizer> {
  if (choice.kind === "learned") return openOptimizer(choice.file);
  const { name, learningRate } = choice;
  return openOptimizer(name, learningRate === undefined ? {} : { learningRate });
}
