import { basename } from "node:path";
import { ConfigError, checkRunBudget, type RunBudget } from "../../base/index.ts";
import { UsageError } from "../../node/index.ts";
import {
  checkMetaOptions,
  createLearnedModel,
  type LearnedFile,
  type LearnedSpec,
  META_DEFAULTS,
  type MetaCheckpoint,
  type MetaOptions,
} from "../../optim/index.ts";
import { changeDesign, type DesignChanges, openDesign } from "./design.ts";
import { DEFAULT_OPTIMIZEES, type OptimizeeRef } from "./optimizee-list.ts";

/** What the command line says of a run; what is not there comes from the checkpoint or is usual. */
export type MetaRequest = Partial<
  Pick<
    MetaPlan,
    "name" | "optimizees" | "judgedBy" | "data" | "batch" | "horizons" | "starts" | "patience" | "keep"
  >
> & {
  /** A name or a file. */
  readonly design?: string;
  readonly changes: DesignChanges;
  /** Where the weights begin. */
  readonly from?: { readonly file: string; readonly learned: LearnedFile };
  readonly options: Partial<MetaOptions>;
  readonly budget: RunBudget;
};

/** All that decides a run; plain data. */
export type MetaPlan = {
  /** Name of the optimizer. */
  readonly name: string;
  readonly spec: LearnedSpec;
  readonly options: MetaOptions;
  readonly optimizees: readonly OptimizeeRef[];
  /** Optimizees of the validation. */
  readonly judgedBy: readonly OptimizeeRef[];
  /** A set's name, "synthetic", or a folder. */
  readonly data: string;
  /** Images per step. */
  readonly batch: number;
  /** Steps after which the validation takes losses. */
  readonly horizons: readonly number[];
  /** Runs of each optimizee in a validation. */
  readonly starts: number;
  readonly budget: RunBudget;
  readonly patience: number;
  /** Which weights are written: the last, or the best by validation. */
  readonly keep: "last" | "best";
  /** File that the first weights came from. */
  readonly from: string | null;
};

/** What a checkpoint holds of the plan beside what its fields say. */
export type PlanNotes = Omit<MetaPlan, "spec" | "options">;

const USUAL: Omit<PlanNotes, "name"> = {
  optimizees: DEFAULT_OPTIMIZEES,
  judgedBy: [],
  data: "mnist",
  batch: 128,
  horizons: [],
  starts: 1,
  budget: { minutes: 60 },
  patience: 0,
  keep: "best",
  from: null,
};

const DEFAULT_DESIGN = "mnemosyne";
/** Horizons of a validation beside the length of a run. */
const USUAL_HORIZONS = [100, 500];

/** Fills in a request. @throws ConfigError, UsageError for what is not legal or does not go together */
export async function resolveMetaPlan(
  request: MetaRequest,
  checkpoint: MetaCheckpoint | undefined,
): Promise<MetaPlan> {
  const { from, design } = request;
  if (from !== undefined && design !== undefined)
    throw new UsageError(`Give --design or --from, not both: ${from.file} has a design of its own.`);
  if (from !== undefined && checkpoint !== undefined)
    throw new UsageError("Give --from when a run begins; with --resume weights come from the checkpoint.");
  const notes = checkpoint?.notes as unknown as PlanNotes | undefined;
  const base = { ...USUAL, ...notes };
  const drawn = from?.learned.spec ?? (design === undefined ? checkpoint?.spec : undefined);
  const spec = changeDesign(drawn ?? (await openDesign(design ?? DEFAULT_DESIGN)), request.changes);
  if (from !== undefined) checkWeights(spec, from.learned, from.file);
  const optimizees = request.optimizees ?? base.optimizees;
  const { runLength: length } = request.options;
  const before = checkpoint?.options ?? { ...META_DEFAULTS, lanes: Math.max(META_DEFAULTS.lanes, optimizees.length) }; // biome-ignore format: one line
  const options: MetaOptions = {
    ...before,
    // Said alone, the length of a run is that of all; one that goes on keeps the end of its curriculum.
    ...(length !== undefined && { lastRunLength: Math.max(length, checkpoint ? before.lastRunLength : 0) }),
    ...request.options,
  };
  if (optimizees.length > options.lanes)
    throw new ConfigError(`lanes is ${options.lanes}, expected one for each of ${optimizees.length} optimizees`); // biome-ignore format: one line
  const horizons = request.horizons ?? base.horizons;
  const plan: MetaPlan = {
    name: request.name ?? notes?.name ?? from?.learned.name ?? basename(design ?? DEFAULT_DESIGN, ".json"),
    spec,
    options,
    optimizees,
    judgedBy: request.judgedBy ?? (base.judgedBy.length > 0 ? base.judgedBy : distinct(optimizees)),
    data: request.data ?? base.data,
    batch: request.batch ?? base.batch,
    horizons: horizons.length > 0 ? horizons : [...USUAL_HORIZONS, options.lastRunLength],
    starts: request.starts ?? base.starts,
    budget: Object.keys(request.budget).length > 0 ? request.budget : base.budget,
    patience: request.patience ?? base.patience,
    keep: request.keep ?? base.keep,
    from: from?.file ?? base.from,
  };
  checkMetaOptions(options);
  checkRunBudget(plan.budget);
  return { ...plan, horizons: [...new Set(plan.horizons)].sort((a, b) => a - b) };
}

function checkWeights(spec: LearnedSpec, { weights }: LearnedFile, file: string): void {
  const { total } = createLearnedModel(spec).layout;
  if (weights.length !== total)
    throw new ConfigError(
      `${file} has ${weights.length} weights, expected ${total}: the flags change its design too much`,
    );
}

function distinct(refs: readonly OptimizeeRef[]): OptimizeeRef[] {
  return refs.filter(({ label }, i) => refs.findIndex((other) => other.label === label) === i);
}
