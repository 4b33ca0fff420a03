import { createRng } from "../../base/index.ts";
import { type MemformerSpec, type RegressionFamily, randomRotation } from "../../optim/index.ts";

/** What is compared, by name: everything of a memformer but its sizes. */
export const MEMFORMER_MODELS = {
  linear: { memory: "none" },
  "gd++": { memory: "none", movesFeatures: true },
  cgd: { memory: "cgd" },
  lfom: { memory: "lfom" },
  "lfom-full": { memory: "lfom", registers: "full" },
  "cgd-scalar": { memory: "cgd", preconditioner: "scalar" },
  "lfom-scalar": { memory: "lfom", preconditioner: "scalar" },
} as const satisfies Record<string, Omit<MemformerSpec, "d" | "n" | "layers">>;

export type MemformerModel = keyof typeof MEMFORMER_MODELS;
export const MEMFORMER_MODEL_NAMES = Object.keys(MEMFORMER_MODELS) as MemformerModel[];

const D = 5;
const EXAMPLES = 20;
const family = (eigenvalues: readonly number[]): RegressionFamily => ({ eigenvalues, examples: EXAMPLES });
const DECAY = [1, 1, 1 / 4, 1 / 16, 1];

/** Covariances of the features by name, d = 5 and n = 20. */
export const COVARIANCES = {
  isotropic: family([1, 1, 1, 1, 1]),
  decay: family(DECAY),
  rotated: { ...family(DECAY), rotation: randomRotation(D, createRng(1)) },
  geometric: family([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16]),
  outlier: family([4, 1, 1, 1, 1]),
} as const satisfies Record<string, RegressionFamily>;

export type CovarianceName = keyof typeof COVARIANCES;
export const COVARIANCE_NAMES = Object.keys(COVARIANCES) as CovarianceName[];

/** A network of a name for such prompts. */
export function specOf(
  model: MemformerModel,
  layers: number,
  { eigenvalues, examples }: RegressionFamily,
  heads = 1,
): MemformerSpec {
  return { ...MEMFORMER_MODELS[model], d: eigenvalues.length, n: examples, layers, heads };
}
