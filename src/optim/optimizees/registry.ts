import { ConfigError, checkName } from "../../base/index.ts";
import type { DigitSet } from "../digits/digit-set.ts";
import { createAutoencoder } from "./autoencoder.ts";
import { createConvnet } from "./convnet.ts";
import { createLogistic } from "./logistic.ts";
import { createMlp, type MlpOptions } from "./mlp.ts";
import type { Optimizee } from "./optimizee.ts";
import { createQuadratic } from "./quadratic.ts";
import { createRosenbrock } from "./rosenbrock.ts";
import { createVit } from "./vit.ts";

/** What any optimizee can be made with; those without images ignore `batch`. */
export type OptimizeeOptions = {
  /** Images per step, >= 1. */
  readonly batch?: number;
};

/** An optimizee that can be asked for by name. */
export type OptimizeeEntry = {
  /** One line for a help text. */
  readonly summary: string;
  /** Whether `create` needs images. */
  readonly needsDigits: boolean;
  create(digits?: DigitSet, options?: OptimizeeOptions): Optimizee;
};

const formula = (summary: string, create: () => Optimizee): OptimizeeEntry => ({
  summary,
  needsDigits: false,
  create: () => create(),
});
const onDigits = (
  summary: string,
  create: (options: OptimizeeOptions & { readonly digits: DigitSet }) => Optimizee,
): OptimizeeEntry => ({
  summary,
  needsDigits: true,
  create(digits, { batch } = {}) {
    if (digits === undefined)
      throw new ConfigError("this optimizee needs digits, a set of images and labels");
    return create({ digits, ...(batch !== undefined && { batch }) });
  },
});
const mlp = (summary: string, options: Omit<MlpOptions, "digits">): OptimizeeEntry =>
  onDigits(summary, (given) => createMlp({ ...options, ...given }));

/** The optimizees that {@link getOptimizee} knows. */
export const OPTIMIZEES: Readonly<Record<string, OptimizeeEntry>> = {
  quadratic: formula("random quadratics, 10 dimensions", createQuadratic),
  rosenbrock: formula("Rosenbrock's valley, 2 dimensions", createRosenbrock),
  logistic: formula("logistic regression, 10 features", createLogistic),
  "mlp-1x20": mlp("784-20-10, sigmoid", { hidden: [20] }),
  "mlp-2x20": mlp("784-20-20-10, sigmoid", { hidden: [20, 20] }),
  "mlp-1x40": mlp("784-40-10, sigmoid", { hidden: [40] }),
  "mlp-1x20-relu": mlp("784-20-10, relu", { hidden: [20], activation: "relu" }),
  "mlp-128-64-relu": mlp("784-128-64-10, relu", { hidden: [128, 64], activation: "relu", gain: Math.SQRT2 }),
  "mlp-3x64-tanh": mlp("784-64-64-64-10, tanh", { hidden: [64, 64, 64], activation: "tanh" }),
  softmax: mlp("784-10: logistic regression", { hidden: [] }),
  autoencoder: onDigits("784-64-784, relu", createAutoencoder),
  "vit-3x16": onDigits("Vision Transformer, 3 layers, width 16, 2 heads, patches of 7 x 7", createVit),
  "vit-4x32": onDigits(
    "Vision Transformer, 4 layers, width 32, 4 heads, patches of a quarter of a side, read out of a token of its own",
    (given) =>
      createVit({
        ...given,
        layers: 4,
        width: 32,
        heads: 4,
        patch: given.digits.height / 4,
        readout: "token",
      }),
  ),
  "vit-3x16-hf+": onDigits("the same with the associative memory for attention", (given) =>
    createVit({ ...given, attention: "hf+" }),
  ),
  convnet: onDigits("two convolutions of 3 x 3 with 8 and 16 channels, relu", createConvnet),
};

/**
 * The optimizee of a name.
 *
 * @param digits images and labels, for those that need them
 * @throws ConfigError that lists the legal names, or says that digits are missing
 */
export function getOptimizee(name: string, digits?: DigitSet, options?: OptimizeeOptions): Optimizee {
  checkName("optimizee", name, Object.keys(OPTIMIZEES));
  const { needsDigits, create } = OPTIMIZEES[name];
  if (needsDigits && digits === undefined)
    throw new ConfigError(`optimizee ${name} needs digits: MNIST, Fashion-MNIST or synthetic ones`);
  return { ...create(digits, options), name };
}
