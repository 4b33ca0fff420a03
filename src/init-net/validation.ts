import type { Evaluation } from "./evaluator.ts";
import { createFeatureIndex, type FeatureSet } from "./feature-set.ts";
import type { LossOptions } from "./net-loss.ts";
import { featureSizes, predictedRows } from "./net-spec.ts";

/** How near a network's predictions come to the optima of held-out examples of one kind of scene. */
export type KindFigures = {
  readonly examples: number;
  readonly loss: number;
  /** Share of the examples whose nearest hypothesis is the one of the highest score. */
  readonly scoredIsNearest: number;
  /** Largest position error along the trajectory, of the nearest and of the scored hypothesis; only where states are predicted. [m] */
  readonly position?: {
    readonly nearest: { readonly p50: number; readonly p90: number };
    readonly scored: { readonly p50: number; readonly p90: number };
  };
};

/** Figures by kind, the kinds that occur alone; `loss` is their mean, each kind counting alike. */
export type Figures = { readonly loss: number; readonly kinds: Readonly<Record<string, KindFigures>> };

/** Compares what a network makes of examples with their optima. */
export function measureFigures(
  set: FeatureSet,
  examples: Uint32Array,
  evaluation: Evaluation,
  options: LossOptions,
): Figures {
  const { spec, kinds, shards } = set;
  const sizes = featureSizes(spec);
  const H = spec.options.hypotheses;
  const row = spec.nx + spec.nu;
  const { from: first, to: end } = predictedRows(spec);
  const index = createFeatureIndex(shards);
  const states = first === 0;
  type Tally = { losses: number[]; agreed: number; nearest: number[]; scored: number[] };
  const tallies = kinds.map((): Tally => ({ losses: [], agreed: 0, nearest: [], scored: [] }));

  const positionError = (example: number, h: number, target: Float32Array, from: number): number => {
    const at = (example * H + h) * sizes.output;
    let worst = 0;
    for (let k = 0; k < spec.N; k++) {
      const dx = evaluation.trajectories[at + k * end] - target[from + k * row];
      const dy = evaluation.trajectories[at + k * end + 1] - target[from + k * row + 1];
      worst = Math.max(worst, dx * dx + dy * dy);
    }
    return Math.sqrt(worst);
  };

  for (let i = 0; i < examples.length; i++) {
    const { shard, row: place } = index.locate(examples[i]);
    const { kind, target, unit } = shards[shard];
    const errors = evaluation.errors.subarray(i * H, (i + 1) * H);
    const scores = evaluation.scores.subarray(i * H, (i + 1) * H);
    const nearest = smallest(errors, 1);
    const scored = smallest(scores, -1);
    const tally = tallies[kind[place]];
    tally.losses.push(exampleLoss(errors, scores, nearest, options));
    if (nearest === scored) tally.agreed++;
    if (!states) continue;
    tally.nearest.push(unit[place] * positionError(i, nearest, target, place * sizes.target));
    tally.scored.push(unit[place] * positionError(i, scored, target, place * sizes.target));
  }
  const result: Record<string, KindFigures> = {};
  for (const [k, { losses, agreed, nearest, scored }] of tallies.entries()) {
    if (losses.length === 0) continue;
    result[kinds[k]] = {
      examples: losses.length,
      loss: mean(losses),
      scoredIsNearest: agreed / losses.length,
      ...(states && {
        position: {
          nearest: { p50: quantile(nearest, 0.5), p90: quantile(nearest, 0.9) },
          scored: { p50: quantile(scored, 0.5), p90: quantile(scored, 0.9) },
        },
      }),
    };
  }
  const all = Object.values(result);
  return { loss: all.length === 0 ? Number.NaN : mean(all.map(({ loss }) => loss)), kinds: result };
}

/** The loss of one example, as `netLoss` has it. */
function exampleLoss(
  errors: Float32Array,
  scores: Float32Array,
  nearest: number,
  { spread, score }: LossOptions,
): number {
  if (errors.length === 1) return errors[0];
  const top = Math.max(...scores);
  const logSum = Math.log(scores.reduce((sum, s) => sum + Math.exp(s - top), 0));
  const entropy = logSum - (scores[nearest] - top);
  return (1 - spread) * errors[nearest] + spread * mean(errors) + score * entropy;
}

/** Place of the least of `sign * values`; NaN counts as worst. */
function smallest(values: Float32Array, sign: 1 | -1): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (sign * values[i] < sign * values[best] || Number.isNaN(values[best])) best = i;
  }
  return best;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
