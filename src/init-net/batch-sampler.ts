import { ConfigError, createRng, hashSeed, shuffle } from "../base/index.ts";

/** Which examples a step learns from: a pure function of the step, so that a run can go on anywhere. */
export type BatchSampler = {
  /** Steps in which as many examples are drawn as there are. */
  readonly stepsPerEpoch: number;
  /**
   * @param rows (batch) numbers of the examples of a step
   * @param mirrors (batch) 1 where an example is to be mirrored
   */
  draw(step: number, rows: Uint32Array, mirrors: Uint8Array): void;
};

export type BatchSamplerOptions = {
  /** Numbers of the examples to draw from; at least one. */
  readonly examples: Uint32Array;
  readonly batch: number;
  readonly seed: number;
  /** Whether to mirror every other example, by chance. */
  readonly mirror: boolean;
  /** By class of an example, how often it is drawn; without them every example is drawn once an epoch. */
  readonly weighting?: { readonly classes: Uint8Array; readonly weights: ArrayLike<number> };
};

/**
 * Draws batches. Without weights each epoch goes through all examples in an order of its own (Fisher and
 * Yates); with weights first a class is drawn, then one of its examples, with replacement.
 *
 * @throws ConfigError where there is nothing to draw from
 */
export function createBatchSampler(options: BatchSamplerOptions): BatchSampler {
  const { examples, batch, seed, mirror } = options;
  if (examples.length === 0) throw new ConfigError("there is no example to train on");
  const pick = options.weighting === undefined ? inOrder(options) : byWeight(options, options.weighting);
  return {
    stepsPerEpoch: Math.ceil(examples.length / batch),
    draw(step, rows, mirrors) {
      for (let i = 0; i < batch; i++) {
        const place = step * batch + i;
        rows[i] = examples[pick(place)];
        mirrors[i] = mirror ? hashSeed(hashSeed(seed, 0x6d6972), place) & 1 : 0;
      }
    },
  };
}

function inOrder({ examples, seed }: BatchSamplerOptions): (place: number) => number {
  const order = new Uint32Array(examples.length);
  let shuffled = -1;
  return (place) => {
    const epoch = Math.floor(place / order.length);
    if (epoch !== shuffled) {
      for (let i = 0; i < order.length; i++) order[i] = i;
      shuffle(order, createRng(hashSeed(hashSeed(seed, 0x65706f), epoch)));
      shuffled = epoch;
    }
    return order[place % order.length];
  };
}

function byWeight(
  { examples, seed }: BatchSamplerOptions,
  { classes, weights }: NonNullable<BatchSamplerOptions["weighting"]>,
): (place: number) => number {
  const members: number[][] = [];
  for (let i = 0; i < examples.length; i++) {
    const own = classes[i];
    if (members[own] === undefined) members[own] = [];
    members[own].push(i);
  }
  const present = members.map((rows, own) => (rows === undefined ? 0 : Math.max(0, weights[own] ?? 0)));
  const total = present.reduce((a, b) => a + (b ?? 0), 0);
  if (!(total > 0)) throw new ConfigError("no kind that occurs in the data has a weight above 0");
  return (place) => {
    const rng = createRng(hashSeed(hashSeed(seed, 0x776569), place));
    let left = rng.uniform() * total;
    let chosen = -1;
    for (let own = 0; own < members.length; own++) {
      if (!(present[own] > 0)) continue;
      chosen = own;
      left -= present[own];
      if (left < 0) break;
    }
    return members[chosen][rng.int(members[chosen].length)];
  };
}
