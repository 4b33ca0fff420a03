import type { RunResult } from "../../base/index.ts";
import { createSteeredModel, type SteeredSpec } from "../../optim/index.ts";
import { runRows } from "../run-session.ts";
import type { EvolveJob, EvolveLine } from "./evolve-job.ts";
import { BANK_SIZE } from "./open-bank.ts";

/** The card of an evolved optimizer, Markdown: what it is, how it came about, what validations said, what it is not for. */
export function writeEvolveCard(
  job: EvolveJob,
  { end, position }: RunResult,
  lines: readonly EvolveLine[],
): string {
  const { name, spec, pairs, runs, rate, seed, from, synthetic, validation, keep } = job;
  const { step, seconds, best } = position;
  const kept = keep === "best" && best !== undefined ? best.step : step;
  const images = synthetic
    ? "drawn digits, to try it"
    : "MNIST and Fashion-MNIST made smaller, training images only";
  const machine = typeof job.by === "number" ? `${job.by} at a time` : "by workers";
  return `# ${name}: what evolution found on top of feedback

Steps found by feedback, without a learning rate, corrected by ${createSteeredModel(spec).layout.total} evolved numbers.

| | |
|---|---|
| design | ${describeSteered(spec)} |
| evolved on | whole runs of ${BANK_SIZE} pairs of a task and a horizon, on ${images} |
| evolution | ${step} generations of ${pairs} antithetic pairs, ${runs} runs each, first step ${rate} standard deviations; ${(seconds / 3600).toFixed(2)} h, ended by ${end}${from === undefined ? "" : `; began from ${from}`} |
| weights | of generation ${kept}${kept === step ? ", the last" : ", the best by validation"} |
${runRows(job, seed, `candidates ${machine}`)}

## On runs that no generation had

${validation === undefined ? "Not validated: `--validate-steps N` does it on the way." : validationTable(lines, validation.starts)}

## Limits

It wants to know the tensors and the number of updates. The tasks' horizons are 60 to 500 updates; what it does elsewhere is to be measured: \`npx mnemosyne-mpc bench bank\` from other starts, \`npx mnemosyne-mpc optimize\` on other problems.
`;
}

function validationTable(lines: readonly EvolveLine[], starts: number): string {
  const rows = lines.flatMap((line) =>
    line.type === "validation" ? [`| ${line.step} | ${line.score.toFixed(4)} |`] : [],
  );
  return `Median, over ${BANK_SIZE} tasks with ${starts} ${starts === 1 ? "start" : "starts"}, of the logarithm of the loss over that of the first weights. Where it chose the weights it is no test.

| generation | median |
|---|---|
${rows.join("\n")}`;
}

/** A design in words. */
function describeSteered({ memory, direction = "adam", tensorwise, coordinates }: SteeredSpec): string {
  const tensors = `statistics of tensors: ${memory === "none" ? "a linear reading" : `a memory over time, ${memory}`}`;
  const pooled = tensorwise ? ", their coordinates pooled, and attention over tensors" : "";
  const own = coordinates === undefined ? "" : `; directions of coordinates: ${coordinates.memory}`;
  return `directions ${direction}; ${tensors}${pooled}${own}`;
}
