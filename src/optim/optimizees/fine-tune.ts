import { ConfigError, checkLength } from "../../base/index.ts";
import { concat, constant, cutParameters, initParameters, slice } from "../../graph/index.ts";
import { keepTensors, selectTensors } from "../../rules/index.ts";
import type { Optimizee } from "./optimizee.ts";

/** Where tensors start and which of them are trained. */
export type FineTuning = {
  /** What tensors start with, by name, row-major; the others are drawn as the layout says. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
  /** Names of the tensors that are trained: patterns with `|` between, `*` for any characters. Default: all. */
  readonly train?: string;
};

/**
 * An optimizee that starts from given weights and of which some tensors are trained. The others are constants of the loss: they are not
 * in the layout, no gradient of theirs is computed and no optimizer keeps anything for them.
 *
 * @throws ConfigError for weights of no tensor, a pattern that no tensor has, or a tensor that is neither given nor trained;
 *   ShapeError for weights of another length
 */
export function fineTune(optimizee: Optimizee, { weights = {}, train = "*" }: FineTuning): Optimizee {
  const { entries } = optimizee.layout;
  const sizes = new Map(entries.map(({ name, size }) => [name, size]));
  for (const [name, { length }] of Object.entries(weights)) {
    const size = sizes.get(name);
    if (size === undefined)
      throw new ConfigError(`weights has "${name}", expected names among ${[...sizes.keys()].join(", ")}`);
    checkLength(`weights of ${name}`, length, size, "elements of the tensor");
  }
  const isTrained = selectTensors("train", train, optimizee.layout);
  const open = entries.find((entry) => !isTrained(entry) && weights[entry.name] === undefined);
  if (open !== undefined)
    throw new ConfigError(`${open.name} is neither trained nor in weights, expected one of them`);

  const layout = keepTensors(entries, isTrained);
  const places = new Map(layout.entries.map(({ name, offset }) => [name, offset]));
  return {
    ...optimizee,
    layout,
    loss(params, inputs) {
      // The graph looks through the joined vector: its slices are slices of `params`, or the constants.
      const pieces = entries.map(({ name, size }) => {
        const offset = places.get(name);
        if (offset === undefined) return constant(params.graph, weights[name], [size]);
        return slice(params, 0, offset, offset + size);
      });
      return optimizee.loss(concat(pieces, 0), inputs);
    },
    init(rng) {
      const fresh = keepTensors(layout.entries, ({ name }) => weights[name] === undefined);
      const values = { ...weights, ...cutParameters(fresh, initParameters(fresh, rng)) };
      const start = new Float32Array(layout.total);
      for (const { name, offset } of layout.entries) start.set(values[name], offset);
      return start;
    },
  };
}
