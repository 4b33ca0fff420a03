import type { RunResult } from "../../base/index.ts";
import type { OrtDevice } from "../../graph/node.ts";
import type { LearnedModel, MetaProgress } from "../../optim/index.ts";
import { runRows } from "../run-session.ts";
import { describeDesign } from "./design.ts";
import type { MetaBaselineLine, MetaValidationLine } from "./meta-log.ts";
import type { MetaPlan } from "./meta-request.ts";
import type { MetaSetup } from "./meta-setup.ts";

/** What a run came to. */
export type MetaOutcome = {
  readonly model: LearnedModel;
  readonly device: OrtDevice;
  readonly result: RunResult;
  /** The meta-update whose weights were written. */
  readonly kept: number;
  /** Report of the last meta-update; none where there was nothing left to do. */
  readonly last?: MetaProgress;
};

/**
 * The card of a learned optimizer, Markdown: what it is, how it came about, what it is worth, what it is not for.
 *
 * @param memory floats that it remembers per coordinate of what it optimizes
 * @param validation of the weights that were written; none where no validation was finite
 */
export function writeMetaCard(
  { job, plan, tasks }: MetaSetup,
  { model, device, result }: MetaOutcome,
  memory: number,
  validation: MetaValidationLine | undefined,
  baseline: MetaBaselineLine | undefined,
): string {
  const { step, seconds } = result.position;
  const hardware =
    device === "cpu" ? `cpu, ${job.threads} ${job.threads === 1 ? "thread" : "threads"}` : device;
  const { spec, options } = plan;
  const { data } = tasks;
  const images =
    data === undefined
      ? "no images"
      : `${plan.data}: the first ${data.training} training images train, the last ${data.heldOut} judge; test images are not used`;
  return `# ${plan.name}: a learned optimizer

One small network for every coordinate: gradient in, update out, ${model.layout.total} weights, ${memory} floats of memory per coordinate.

| | |
|---|---|
| design | ${describeDesign(spec)} |
| data | ${images} |
| optimizees | ${plan.optimizees.map(({ label }) => label).join(", ")}; ${plan.batch} images per step |
| meta-training | ${step} meta-updates, ${(seconds / 3600).toFixed(2)} h, ended by ${result.end}; Adam ${options.rate}, falling to a tenth by a cosine, gradient norm ${options.clipNorm}; unrolls of ${options.unroll} steps in ${options.lanes} runs side by side of ${
    options.lastRunLength === options.runLength
      ? `${options.runLength}`
      : `${options.runLength} growing to ${options.lastRunLength}`
  } steps, ${options.coordinates} coordinates of each${plan.from === null ? "" : `; began from ${plan.from}`} |
| objective | ${options.objective}${options.imitation === 0 ? "" : `, and imitation of Adam at ${options.teacherRate} with weight ${options.imitation}`}; ${
    options.scaling === 0
      ? "no random scaling"
      : `random scaling by exp(U(-${options.scaling}, ${options.scaling})) in ${Math.round(100 * options.scaledShare)}% of the runs`
  } |
${runRows(job, options.seed, hardware)}

## On runs that meta-training did not see

${validation === undefined ? "Not validated: no validation gave finite losses." : heldOutTable(plan, validation, baseline)}

## Limits

It has seen the optimizees above and runs of at most ${options.lastRunLength} steps; what it does elsewhere is to be measured (\`npx mnemosyne-mpc optimize\`). The first ${Math.max(...plan.horizons)} steps are what these figures are about.
`;
}

function heldOutTable(
  plan: MetaPlan,
  validation: MetaValidationLine,
  baseline: MetaBaselineLine | undefined,
): string {
  const number = (x: number | null | undefined): string => (x == null ? "not finite" : x.toPrecision(4));
  const rows = Object.entries(validation.losses).map(([name, losses]) => {
    const cells = plan.horizons.map((horizon) => {
      const other = baseline?.losses[name]?.[horizon];
      return `${number(losses[horizon])}${baseline === undefined ? "" : ` / ${number(other)}`}`;
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  const starts = plan.starts === 1 ? "one start" : `the median of ${plan.starts} starts`;
  const isBest = plan.keep === "best";
  return `At meta-update ${validation.step}, ${isBest ? "which had the best validation" : "the last"} (score ${number(validation.score)}, the geometric mean). Held-out loss${
    baseline === undefined ? "" : `, and behind the stroke that of ${baseline.optimizer}`
  }, ${starts}. ${isBest ? "Since these figures chose the weights they are no test; " : ""}\`npx mnemosyne-mpc optimize\` measures on test images.

| optimizee | ${plan.horizons.map((horizon) => `${horizon} steps`).join(" | ")} |
|---|${plan.horizons.map(() => "---|").join("")}
${rows.join("\n")}`;
}
