import { openOptimizer } from "../../optim/node.ts";
import { type Optimizer, type TensorPlaces, takesRate } from "../../rules/index.ts";

/** Which optimizer a run uses: plain data, for files and workers. */
export type OptimizerChoice = {
  /** What it is called in results: `adam`, `adam:0.03`, `mnemosyne`, a file's name without its ending. */
  readonly label: string;
} & (
  | { readonly kind: "classic"; readonly name: string; readonly learningRate?: number }
  | {
      readonly kind: "learned";
      readonly file: string;
      /** Whether it finds its steps by feedback. */
      readonly isSteered?: boolean;
    }
) & {
    /** Updates of the whole run, for optimizers that are to know. */
    readonly horizon?: number;
  };

/** Learning rates beyond this are taken for a slip. */
export const MAX_RATE = 1e6;

/** A classical optimizer at a learning rate. */
export function withRate(name: string, learningRate: number): OptimizerChoice {
  return { kind: "classic", label: `${name}:${learningRate}`, name, learningRate };
}

/** Tells an optimizer that finds its steps itself how long it is to run; the others are as they were. */
export function withHorizon(choice: OptimizerChoice, horizon: number): OptimizerChoice {
  const isTold = choice.kind === "classic" ? !takesRate(choice.name) : choice.isSteered === true;
  return isTold ? { ...choice, horizon } : choice;
}

/**
 * The optimizer that was chosen.
 *
 * @param layout the tensors, for optimizers that tell them apart
 * @throws FormatError for a damaged file; system errors where it cannot be read
 */
export async function openChoice(choice: OptimizerChoice, layout?: TensorPlaces): Promise<Optimizer> {
  const knowledge = { layout, horizon: choice.horizon };
  if (choice.kind === "learned") return openOptimizer(choice.file, knowledge);
  const { name, learningRate } = choice;
  return openOptimizer(name, { ...knowledge, ...(learningRate !== undefined && { learningRate }) });
}
