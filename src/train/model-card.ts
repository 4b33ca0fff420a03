import type { RunResult } from "../base/index.ts";
import { isShared, netFrame, type TrainOptions } from "../init-net/index.ts";
import { takesRate } from "../rules/index.ts";
import { runRows } from "./run-session.ts";
import type { TrainJudge } from "./train-judge.ts";
import type { ValidationLine } from "./train-log.ts";
import type { TrainSetup } from "./train-setup.ts";

/** What a run came to. */
export type TrainOutcome = {
  readonly result: RunResult;
  /** For people: how it was computed. */
  readonly engine: string;
  readonly perSecond: number;
  readonly parity: number;
};

/** The optimizer and how its rate went. */
function describeOptimizer(options: TrainOptions): string {
  const { optimizer, learned, learningRate, schedule, warmup, weightDecay } = options;
  const way = [
    ...(warmup > 0 ? [`${warmup} updates warm-up`] : []),
    schedule === "cosine" ? "cosine" : "no schedule",
  ].join(", ");
  if (learned === undefined && !takesRate(optimizer)) return `${optimizer}, no learning rate`;
  if (learned === undefined)
    return `${optimizer}, learning rate ${learningRate}, ${way}; weight decay ${weightDecay}`;
  const parts = learned.hybrid ? `for matrices, Adam at ${learningRate} for the rest` : "for all parameters";
  return `learned optimizer ${optimizer} (SHA-256 ${learned.id}) ${parts}, ${way}`;
}

/** The card of a model, Markdown: what it is, how it came about, what it is worth, what it is not for. */
export function writeModelCard(
  { job, spec, options, data }: TrainSetup,
  { baselines }: TrainJudge,
  { result, engine, parity }: TrainOutcome,
  parameters: number,
  validation: ValidationLine | undefined,
): string {
  const { step, seconds } = result.position;
  const { options: net } = spec;
  const hours = seconds / 3600;
  const percent = (share: number | undefined): string =>
    share === undefined ? "–" : `${(100 * share).toFixed(0)}%`;
  const cm = (metres: number | undefined): string => (metres === undefined ? "–" : (100 * metres).toFixed(1));
  const rows = Object.entries(validation?.quality ?? {}).map(([kind, q]) => {
    const { path, shift } = baselines[kind] ?? {};
    const position = validation?.figures.kinds[kind]?.position;
    return [
      kind,
      q.scenes,
      q.net.qps.toFixed(2),
      percent(q.net.good),
      percent(q.hypotheses.good),
      percent(q.best.good),
      shift === undefined ? "–" : `${shift.qps.toFixed(2)} / ${percent(shift.good)}`,
      path === undefined ? "–" : `${path.qps.toFixed(2)} / ${percent(path.good)}`,
      `${cm(q.position.p50)} / ${cm(q.position.p90)}`,
      position === undefined ? "–" : `${cm(position.nearest.p50)} / ${cm(position.nearest.p90)}`,
      percent(validation?.figures.kinds[kind]?.scoredIsNearest),
    ].join(" | ");
  });
  const unit = isShared(spec) ? undefined : netFrame(spec).length;
  const side =
    unit === undefined
      ? `${2 * net.reach} lookaheads and reaches of the robot a side`
      : `${(2 * net.reach * unit).toFixed(1)} m a side`;
  return `# A warm-start network for ${spec.robot}

It proposes trajectories from which the planner's SQP begins: ${parameters} parameters, ${net.hypotheses} ${
    net.hypotheses === 1 ? "hypothesis" : "hypotheses"
  } of ${net.predicts === "trajectory" ? "states and controls" : net.predicts} over N = ${spec.N} stages${unit === undefined ? "" : ` of ${spec.dt} s`}.

| | |
|---|---|
| sees | ${
    net.grid
      ? `a grid of ${net.window} x ${net.window} cells, ${side} (${net.channels.join(", ")})`
      : "no grid"
  }; speeds, goal, path, clearances along the path and the last plan${net.bases ? "; both trajectories, which it corrects" : ""}${net.robots === "any" ? "; which robot it is" : ""} |
| network | width ${net.width}, ${net.layers} ${net.layers === 1 ? "layer" : "layers"}, ${net.heads} heads, attention ${net.map}${net.map === "softmax" ? "" : ` (${net.features} projections)`}, fusion ${net.fusion}, readout ${net.readout}, hidden ${net.hidden} |
| data | ${data.training} examples of ${data.worlds.training} ${data.worlds.training === 1 ? "world" : "worlds"}; held out: ${data.heldOut} of ${data.worlds.heldOut} other worlds (${Object.entries(
    data.kinds,
  )
    .map(([kind, n]) => `${kind} ${n}`)
    .join(
      ", ",
    )}); ${data.skipped} left out for NaN; folders ${data.folders.join(", ")} (${data.shards} ${data.shards === 1 ? "shard" : "shards"}) |
| training | ${step} updates of ${options.batch} examples (${((step * options.batch) / Math.max(1, data.training)).toFixed(1)} epochs), ${hours.toFixed(2)} h, ended by ${result.end}; ${describeOptimizer(options)}, gradient norm ${options.clipNorm}, averaged weights ${options.ema}${options.mirror ? ", mirror images" : ""}; loss ${options.loss.kind} |
${runRows(job, options.seed, engine)}
| written model against trainer | ${parity.toExponential(1)} (largest difference) |

## On held-out worlds

${
  validation === undefined
    ? `Not validated: ${data.heldOut === 0 ? "there is no held-out world in the data" : "no validation gave a finite loss"}.`
    : `At update ${validation.step}; mean loss ${validation.figures.loss.toFixed(4)}. "Good" is the share of scenes whose plan after exactly one QP has a cost gap below 2% and a violation below 2 cm; QPs are to a relative KKT tolerance of 1e-2, at most 10. The reference is the expert's optimum in the data set. \`bench sqp\` gives the figures on unseen worlds.

| scene | n | QPs | good, network alone | good, best hypothesis | good, best of all starts | shifted plan: QPs / good | path: QPs / good | position error, median / p90 cm | nearest hypothesis, cm | scored is nearest |
|---|---|---|---|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join("\n")}`
}

## Limits

For ${unit === undefined ? "robots within what it was trained on, and this number of stages" : "this robot, these stages and this lookahead"} only; a planner with others refuses it. It knows the kinds of worlds in its data. It only proposes: the solver and the safety check decide, and where a prediction fails the planner starts from the shifted last plan.
`;
}
