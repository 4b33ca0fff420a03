import { checkKeys, checkName } from "../base/index.ts";
import { ADAM_DEFAULTS, ADAMW_DEFAULTS, createAdam, createAdamw } from "./adam.ts";
import { createFeedback, type FeedbackOptions } from "./feedback/feedback.ts";
import { createMomentum, createNesterov, MOMENTUM_DEFAULTS } from "./momentum.ts";
import { createMuon, MUON_DEFAULTS } from "./muon.ts";
import type { Optimizer } from "./optimizer.ts";
import { createRmsprop, RMSPROP_DEFAULTS } from "./rmsprop.ts";
import { createSgd, SGD_DEFAULTS } from "./sgd.ts";

/** An optimizer that can be asked for by name. */
export type OptimizerEntry = {
  /** One line for a help text. */
  readonly summary: string;
  /** Names of the options that `create` takes. */
  readonly options: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: each entry has an options type of its own
  create(options?: any): Optimizer;
};

const entry = (
  summary: string,
  defaults: object,
  create: OptimizerEntry["create"],
  more: readonly string[] = [],
): OptimizerEntry => ({ summary, options: [...Object.keys(defaults), "clipNorm", ...more], create });

/** The optimizers that {@link getOptimizer} knows. */
export const OPTIMIZERS: Readonly<Record<string, OptimizerEntry>> = {
  sgd: entry("gradient descent", SGD_DEFAULTS, createSgd),
  momentum: entry("gradient descent with a heavy ball", MOMENTUM_DEFAULTS, createMomentum),
  nesterov: entry("gradient descent with Nesterov's momentum", MOMENTUM_DEFAULTS, createNesterov),
  rmsprop: entry("gradients over their root mean square", RMSPROP_DEFAULTS, createRmsprop),
  adam: entry("mean gradient over root mean square", ADAM_DEFAULTS, createAdam),
  adamw: entry("Adam with decoupled weight decay", ADAMW_DEFAULTS, createAdamw, ["decayRanges"]),
  muon: entry("matrices along their mean gradient made orthogonal, Adam for the rest", MUON_DEFAULTS, createMuon, ["layout"]), // biome-ignore format: one line
  feedback: entry("Adam's direction, steps found by feedback: no learning rate", {}, createFeedback, [
    "layout",
    "horizon",
  ]),
  "feedback-orthogonal": entry(
    "as feedback, matrices moved along their mean gradient made orthogonal",
    {},
    (options: FeedbackOptions) => createFeedback({ ...options, direction: "orthogonal" }),
    ["layout", "horizon"],
  ),
};

/** Whether the optimizer of a name has a learning rate. */
export function takesRate(name: string): boolean {
  return OPTIMIZERS[name]?.options.includes("learningRate") ?? false;
}

/**
 * The optimizer of a name, with options of its own (`AdamOptions` for "adam", and so on).
 *
 * @throws ConfigError that lists the legal names, option names or values
 */
export function getOptimizer(name: string, options: Readonly<Record<string, unknown>> = {}): Optimizer {
  checkName("optimizer", name, Object.keys(OPTIMIZERS));
  const { options: legal, create } = OPTIMIZERS[name];
  checkKeys(`optimizer ${name}`, options, legal);
  return create(options);
}
