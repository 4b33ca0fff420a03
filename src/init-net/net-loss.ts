import { checkName } from "../base/index.ts";
import {
  add,
  exp,
  greater,
  log,
  max,
  mean,
  min,
  mul,
  reshape,
  scalar,
  slice,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from "../graph/index.ts";
import { type NetOutputs, predicted } from "./net-model.ts";
import { type NetSpec, predictedRows } from "./net-spec.ts";

export type LossOptions = {
  /**
   * `squared`: mean squared error (the paper); `robust`: of every stage the norm of the position error and the
   * size of the others, so that one mode of several is learned rather than their mean.
   */
  readonly kind: "squared" | "robust";
  /** Share of the loss that hypotheses other than the best get, so that none is never trained. */
  readonly spread: number;
  /** Weight of the cross-entropy between scores and the best hypothesis. */
  readonly score: number;
};

export const DEFAULT_LOSS: LossOptions = { kind: "robust", spread: 0.02, score: 0.05 };

/** What errors are measured in: units of length (lookaheads), radians, limits, limits. A twentieth of a lookahead is 15 cm on a Jackal. */
const UNIT = { position: 0.05, yaw: 0.25, speed: 0.25, control: 1 } as const;
/** Errors well below this share of their unit count as squares. */
const ROUND = 0.1;

/**
 * Winner takes all: of every example the hypothesis nearest to the target is corrected, and scored up.
 *
 * @param target (B, N * (nx + nu))
 * @returns the mean loss (1), and of every example and hypothesis its error (B, H)
 */
export function netLoss(
  { trajectories, scores }: NetOutputs,
  target: Tensor,
  spec: NetSpec,
  options: Partial<LossOptions> = {},
): { readonly loss: Tensor; readonly errors: Tensor } {
  const o = { ...DEFAULT_LOSS, ...options };
  checkName("loss", o.kind, ["squared", "robust"]);
  const [B, H, output] = trajectories.shape;
  const wanted = reshape(predicted(target, [B], spec), [B, 1, output]);
  const errors = trajectoryError(sub(trajectories, wanted), [B, H], spec, o.kind);
  if (H === 1) return { loss: mean(errors, [0, 1]), errors };
  const least = min(errors, [1], true);
  const won = stopGradient(where(greater(errors, least), scalar(errors.graph, 0), scalar(errors.graph, 1)));
  const best = mean(least, [0, 1]);
  const all = mean(errors, [0, 1]);
  // log softmax, shifted by the largest score
  const shifted = sub(scores, stopGradient(max(scores, [1], true)));
  const logSum = log(sum(exp(shifted), [1], true));
  const entropy = mul(sum(mul(won, sub(logSum, shifted)), [0, 1]), 1 / B);
  return {
    loss: add(add(mul(best, 1 - o.spread), mul(all, o.spread)), mul(entropy, o.score)),
    errors,
  };
}

/** The mean over stages of the error of differences (B, H, output): (B, H). */
function trajectoryError(
  e: Tensor,
  [B, H]: readonly number[],
  spec: NetSpec,
  kind: LossOptions["kind"],
): Tensor {
  if (kind === "squared") return mean(square(e), [2]);
  const { nx, nu, N, options } = spec;
  const { from: first, to: end } = predictedRows(spec);
  const rows = end - first;
  const stages = reshape(e, [B, H, N, rows]);
  const part = (from: number, to: number, unit: number): Tensor => {
    const scaled = mul(square(slice(stages, 3, from, to)), 1 / (unit * unit));
    return mean(size(sum(scaled, [3])), [2]);
  };
  const controls = options.predicts === "states" ? undefined : part(rows - nu, rows, UNIT.control);
  if (controls !== undefined && options.predicts === "controls") return controls;
  const pose = add(part(0, 2, UNIT.position), part(2, 3, UNIT.yaw));
  const states = add(pose, part(3, nx, UNIT.speed));
  return controls === undefined ? states : add(states, controls);
}

/** sqrt(s + r^2) - r: the root of a sum of squares, but smooth at 0. */
function size(squares: Tensor): Tensor {
  return sub(sqrt(add(squares, ROUND * ROUND)), ROUND);
}
