import { openOptimizer } from "../../optim/node.ts";
import type { Optimizer } from "../../rules/index.ts";

/** Which optimizer a run uses: plain data, for files and workers. */
export type OptimizerChoice = {
  /** What it is called in results: `adam`, `adam:0.03`, `mnemosyne`, a file's name without its ending. */
  readonly label: string;
} & (
  | { readonly kind: "classic"; readonly name: string; readonly learningRate?: number }
  | { readonly kind: "learned"; readonly file: string }
);

/** Learning rates beyond this are taken for a slip. */
export const MAX_RATE = 1e6;

/** A classical optimizer at a learning rate. */
export function withRate(name: string, learningRate: number): OptimizerChoice {
  return { kind: "classic", label: `${name}:${learningRate}`, name, learningRate };
}

/** The optimizer that was chosen. @throws FormatError for a damaged file; system errors where it cannot be read */
export async function openChoice(choice: OptimizerChoice): Promise<Optimizer> {
  if (choice.kind === "learned") return openOptimizer(choice.file);
  const { name, learningRate } = choice;
  return openOptimizer(name, learningRate === undefined ? {} : { learningRate });
}
