import { readForeign } from "../../node/index.ts";
import { openOptimizer } from "../../optim/node.ts";
import {
  createPartition,
  keepTensors,
  type Optimizer,
  selectTensors,
  type TensorPlaces,
  takesRate,
} from "../../rules/index.ts";

/** How a learning rate goes over a run: constant, down by half a cosine, or so after a rise over the first tenth. */
export type RateSchedule = "constant" | "cosine" | "warm-up, cosine";

/** Share of the largest rate at step t of a run. */
function rateShare(schedule: RateSchedule, t: number, horizon: number): number {
  if (schedule === "constant") return 1;
  const fall = 0.5 * (1 + Math.cos((Math.PI * t) / horizon));
  return schedule === "cosine" ? fall : Math.min(1, (t + 1) / (0.1 * horizon)) * fall;
}

/** Which optimizer a run uses: plain data, for files and workers. */
export type OptimizerChoice = SingleChoice | GroupedChoice;

/** One optimizer for what it is given. */
export type SingleChoice = ClassicChoice | LearnedFileChoice;

type AnyChoice = {
  /** What it is called in results: `adam`, `adam:0.03`, `mnemosyne`, a file's name without its ending. */
  readonly label: string;
  /** Updates of the whole run, for optimizers that are to know. */
  readonly horizon?: number;
};

/** An optimizer of `src/rules`. */
export type ClassicChoice = AnyChoice & {
  readonly kind: "classic";
  readonly name: string;
  /** The largest, where there is a schedule. */
  readonly learningRate?: number;
  /** How the rate goes over the horizon; constant where it is not said. */
  readonly schedule?: RateSchedule;
  /** Adam's shares. */
  readonly betas?: readonly [number, number];
};

/** A learned optimizer, shipped or not. */
export type LearnedFileChoice = AnyChoice & {
  readonly kind: "learned";
  readonly file: string;
  /** Whether it finds its steps by feedback. */
  readonly isSteered?: boolean;
};

/** An optimizer for each group of tensors; a tensor belongs to the first group whose pattern it has. */
export type GroupedChoice = AnyChoice & {
  readonly kind: "grouped";
  readonly groups: readonly { readonly tensors: string; readonly choice: SingleChoice }[];
};

/** Learning rates beyond this are taken for a slip. */
export const MAX_RATE = 1e6;

/** A classical optimizer at a learning rate. */
export function withRate(name: string, learningRate: number): ClassicChoice {
  return { kind: "classic", label: `${name}:${learningRate}`, name, learningRate };
}

/** Tells an optimizer that finds its steps itself how long it is to run; the others are as they were. */
export function withHorizon<C extends OptimizerChoice>(choice: C, horizon: number): C {
  if (choice.kind === "grouped") {
    const groups = choice.groups.map((group) => ({ ...group, choice: withHorizon(group.choice, horizon) }));
    return { ...choice, groups };
  }
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
  if (choice.kind === "grouped") return openGroups(choice, layout);
  const knowledge = { layout, horizon: choice.horizon };
  if (choice.kind === "learned") {
    await readForeign("optimizer", choice.file); // apart, before it is read here
    return openOptimizer(choice.file, knowledge);
  }
  const { name, learningRate, schedule = "constant", betas, horizon = 1 } = choice;
  return openOptimizer(name, {
    ...knowledge,
    ...(learningRate !== undefined && {
      learningRate: (t: number) => learningRate * rateShare(schedule, t, horizon),
    }),
    ...(betas && { beta1: betas[0], beta2: betas[1] }),
  });
}

/** Each group's optimizer, told the tensors of its own. Without a layout it is only seen whether all can be opened. */
async function openGroups(
  { label, groups }: GroupedChoice,
  layout: TensorPlaces = { total: 0, entries: [] },
): Promise<Optimizer> {
  const isKnown = layout.total > 0;
  const fits = groups.map(({ tensors }) =>
    isKnown ? selectTensors(`tensors of ${label}`, tensors, layout) : () => false,
  );
  const parts = await Promise.all(
    groups.map(async ({ choice }, p) => {
      const isOwn = (tensor: { name: string }): boolean => fits.findIndex((has) => has(tensor)) === p;
      const own = keepTensors(layout.entries, isOwn);
      return { select: fits[p], optimizer: await openChoice(choice, isKnown ? own : undefined) };
    }),
  );
  return createPartition({ layout, parts, name: label });
}
