import {
  add,
  createGraph,
  gradients,
  input,
  mul,
  reshape,
  type StatefulExecutor,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  writeOnnx,
} from "../../graph/index.ts";
import type { LearnedModel } from "../learned/learned-model.ts";
import type { Feeds } from "../optimizees/optimizee.ts";

/** Names of the inputs and outputs that hold the state of a learned optimizer. */
export function stateNames(model: LearnedModel): string[] {
  return model.sizes.map((_, i) => `state${i}`);
}

/**
 * Several steps of a learned optimizer with their backward pass, as one model. The optimizee's gradients are
 * constants, so coordinates do not see each other, and any subset of them can be unrolled.
 *
 *     objective = sum_t sum_j pull_tj u_tj + sum_t sum_j share_j (u_tj - target_tj)^2
 *
 * Inputs: `weights` (P), `grads`, `pull`, `target` (T, m), `share` (m), `hyper` (T, h, m) where h > 0, `state{i}` (m sizes[i]).
 * With `pull_t = sum_{s > t} grad f(theta_s)` the first sum has the gradient of `sum_s f(theta_s)`.
 * Outputs: `gradient` (P), `imitation` (1), the second sum.
 *
 * @param coordinates m
 * @param steps T
 */
export function writeUnroll(model: LearnedModel, coordinates: number, steps: number): Uint8Array {
  const g = createGraph();
  const weights = input(g, "weights", [model.layout.total]);
  const share = input(g, "share", [coordinates]);
  const [grads, pull, target] = ["grads", "pull", "target"].map((name) =>
    input(g, name, [steps, coordinates]),
  );
  const { hyperSize } = model;
  const hyper = hyperSize > 0 ? input(g, "hyper", [steps, hyperSize, coordinates]) : undefined;
  const row = (x: Tensor, t: number): Tensor => reshape(slice(x, 0, t, t + 1), [coordinates]);
  let state: readonly Tensor[] = stateNames(model).map((name, i) =>
    input(g, name, [coordinates * model.sizes[i]]),
  );
  const pulls: Tensor[] = [];
  const imitations: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    const step = model.tensors(weights, row(grads, t), state, hyper ? stepHyper(hyper, t) : []);
    state = step.state;
    pulls.push(sum(mul(step.updates, row(pull, t)), [0], true));
    imitations.push(sum(mul(square(sub(step.updates, row(target, t))), share), [0], true));
  }
  const total = (parts: readonly Tensor[]): Tensor => parts.reduce((a, b) => add(a, b));
  const imitation = total(imitations);
  const [gradient] = gradients(add(total(pulls), imitation), [weights]);
  return writeOnnx(g, { gradient, imitation });
}

/**
 * One step of a learned optimizer, weights as an input, as a model: inputs `weights` (P), `grads` (n), `hyper`
 * (h) where h > 0, `state{i}`; outputs `updates` (n) and `nextState{i}`, to be fed back.
 *
 * @param coordinates n
 */
export function writeLearnedStep(model: LearnedModel, coordinates: number): Uint8Array {
  const g = createGraph();
  const weights = input(g, "weights", [model.layout.total]);
  const grads = input(g, "grads", [coordinates]);
  const { hyperSize } = model;
  const hyper = hyperSize > 0 ? input(g, "hyper", [hyperSize]) : undefined;
  const names = stateNames(model);
  const step = model.tensors(
    weights,
    grads,
    names.map((name, i) => input(g, name, [coordinates * model.sizes[i]])),
    hyper ? Array.from({ length: hyperSize }, (_, i) => slice(hyper, 0, i, i + 1)) : [],
  );
  const next = step.state.map((tensor, i) => [nextName(names[i]), tensor] as const);
  return writeOnnx(g, { updates: step.updates, ...Object.fromEntries(next) });
}

/** Row t of (T, h, m) as h tensors (m). */
function stepHyper(hyper: Tensor, t: number): Tensor[] {
  const [, h, m] = hyper.shape;
  const step = reshape(slice(hyper, 0, t, t + 1), [h, m]);
  return Array.from({ length: h }, (_, i) => reshape(slice(step, 0, i, i + 1), [m]));
}

/** The output that is fed back as a state input. */
export function nextName(state: string): string {
  return `next${state[0].toUpperCase()}${state.slice(1)}`;
}

/** Feeds of a model of {@link writeLearnedStep}, but for the state. */
export function stepFeeds(weights: Float32Array, grads: Float32Array, hyper: Float32Array): Feeds {
  const vectors = { weights, grads, ...(hyper.length > 0 && { hyper }) };
  return Object.fromEntries(
    Object.entries(vectors).map(([name, data]) => [name, { data, shape: [data.length] }]),
  );
}

/** Puts a learned optimizer of n coordinates into a state; without one, to its beginning. */
export function writeStepState(
  stepper: StatefulExecutor,
  model: LearnedModel,
  n: number,
  state?: readonly Float32Array[],
): void {
  stateNames(model).forEach((name, i) => {
    const data = state?.[i] ?? new Float32Array(n * model.sizes[i]).fill(model.fills[i]);
    stepper.writeState(nextName(name), { data, shape: [data.length] });
  });
}
