import {
  ConfigError,
  checkCount,
  checkKeys,
  checkName,
  checkNotNegative,
  checkPositive,
} from "../../base/index.ts";

/** What is made small: the mean loss along the way, or the mean of its logarithm. */
export const OBJECTIVES = ["loss", "log-loss", "none"] as const;
export type Objective = (typeof OBJECTIVES)[number];

export type MetaOptions = {
  /** Steps that are unrolled and differentiated together, T. */
  readonly unroll: number;
  /** Steps of a run before it begins anew; it grows geometrically to `lastRunLength` over the training. */
  readonly runLength: number;
  readonly lastRunLength: number;
  /** Runs side by side whose gradients are averaged; they begin staggered, so that all ages are seen. */
  readonly lanes: number;
  /** Coordinates of each lane that are differentiated, m; all others are only moved. */
  readonly coordinates: number;
  /** "none": imitation alone. */
  readonly objective: Objective;
  /** Weight of the squared distance to the teacher's updates, over the square of the teacher's rate. */
  readonly imitation: number;
  /** Learning rate of the teacher, Adam. */
  readonly teacherRate: number;
  /** Random scaling: each coordinate by `exp(U(-scaling, scaling))`; 0: none. */
  readonly scaling: number;
  /** Share of runs that are scaled. */
  readonly scaledShare: number;
  /** Meta learning rate, of Adam; it falls by a cosine to a tenth over the budget. */
  readonly rate: number;
  /** Longest meta-gradient. */
  readonly clipNorm: number;
  readonly seed: number;
};

/** The paper's: Adam 3e-4, unrolls of 5 in runs of 100, imitation of Adam at 3e-2, random scaling by exp(U(-3, 3)). */
export const META_DEFAULTS: MetaOptions = {
  unroll: 5,
  runLength: 100,
  lastRunLength: 100,
  lanes: 4,
  coordinates: 1024,
  objective: "loss",
  imitation: 0.1,
  teacherRate: 3e-2,
  scaling: 3,
  scaledShare: 0.5,
  rate: 3e-4,
  clipNorm: 1,
  seed: 0,
};

/** @throws ConfigError naming the option, what it is and what is legal */
export function checkMetaOptions(options: MetaOptions): void {
  checkKeys("meta-training", options, Object.keys(META_DEFAULTS));
  for (const name of ["unroll", "runLength", "lanes", "coordinates"] as const)
    checkCount(name, options[name], 1);
  if (options.runLength < options.unroll)
    throw new ConfigError(
      `runLength is ${options.runLength}, expected at least one unroll of ${options.unroll}`,
    );
  checkCount("lastRunLength", options.lastRunLength, options.runLength);
  checkName("objective", options.objective, OBJECTIVES);
  for (const name of ["imitation", "scaling", "scaledShare"] as const) checkNotNegative(name, options[name]);
  for (const name of ["teacherRate", "rate", "clipNorm"] as const) checkPositive(name, options[name]);
  if (options.scaledShare > 1)
    throw new ConfigError(`scaledShare is ${options.scaledShare}, expected a share in 0..1`);
  if (options.objective === "none" && options.imitation === 0)
    throw new ConfigError('objective is "none" and imitation 0, expected one of them');
}
