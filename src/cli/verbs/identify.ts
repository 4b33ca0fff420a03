import { ConfigError, messageOf } from "../../base/index.ts";
import { identifyLatency, type Latency, type LatencyEstimate } from "../../sim/index.ts";
import { choiceFlag, type FlagValues } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseFile } from "../parse-values.ts";
import { readResponses } from "../response-file.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = {
  commands: choiceFlag(
    "--commands <KIND>",
    "what a table's commands are",
    ["speed", "rate"] as const,
    "speed",
  ),
  ...shared("seed", "json"),
};

/** `mnemosyne identify`: a robot's delay and lag, out of a log. */
export const registerIdentify = defineVerb({
  name: "identify",
  summary: "a robot's delay and lag, out of a log of what it was told and did",
  description:
    "Estimates when a robot does what it is told: the delay from a sample to when its command begins to act, and the " +
    "time constant of the actuators, by least squares over delayed first-order responses. LOG is an MCAP log of this " +
    "program (`--record`), or a table with the columns time [s] and, of each actuator, what it was told and did, such " +
    "as v_cmd, v, w_cmd, w. Prints what each actuator says, with its spread, and the latency for the robot's file, " +
    "lower rather than higher.",
  word: { name: "<LOG>", text: "FILE.mcap or FILE.csv", parse: parseFile(".mcap", ".csv") },
  flags: FLAGS,
  example: "npx mnemosyne-mpc identify run.mcap --json",
  action: identify,
});

type Found = { readonly name: string } & ({ readonly estimate: LatencyEstimate } | { readonly note: string });

async function identify(
  { commands, seed }: FlagValues<typeof FLAGS>,
  { output }: VerbContext,
  file: string,
): Promise<VerbEnd> {
  const { responses, problems } = await readResponses(file, commands);
  for (const problem of problems) output.log(`${file}: ${problem}`);
  const found: Found[] = responses.map(({ name, log }) => {
    try {
      return { name, estimate: identifyLatency(log, { seed }) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { name, note: messageOf(error) };
    }
  });
  const estimates = found.flatMap((one) => ("estimate" in one ? [one.estimate.cautious] : []));
  const latency = leastOf(estimates);
  output.object({
    verb: "identify",
    status: latency === undefined ? "failed" : "done",
    file,
    ...(latency && { latency }),
    actuators: found.map((one) => ({
      name: one.name,
      ...("estimate" in one ? rowOf(one.estimate) : { note: one.note }),
    })),
  });
  output.text(found.map(lineOf).join("\n"));
  if (latency === undefined) return "failed";
  output.text(`for the robot's file:  "latency": ${JSON.stringify(latency)}`);
  return "done";
}

/** Of several actuators, the one that is the soonest: the state is predicted for all at once. */
function leastOf(estimates: readonly Latency[]): Latency | undefined {
  const total = ({ delay, lag }: Latency): number => delay + lag;
  return estimates.toSorted((a, b) => total(a) - total(b)).at(0);
}

function rowOf({ delay, lag, spread, cautious, residual, samples }: LatencyEstimate) {
  return {
    delay_s: round(delay),
    lag_s: round(lag),
    delay_std_s: round(spread.delay),
    lag_std_s: round(spread.lag),
    total_std_s: round(spread.total),
    cautious,
    residual: round(residual),
    samples,
  };
}

function lineOf(one: Found): string {
  if ("note" in one) return `${one.name.padEnd(6)} ${one.note}`;
  const { delay, lag, spread, residual, samples } = one.estimate;
  const with_ = (value: number, deviation: number): string =>
    `${value.toFixed(3)} +- ${deviation.toFixed(3)} s`;
  return (
    `${one.name.padEnd(6)} delay ${with_(delay, spread.delay)}, lag ${with_(lag, spread.lag)}, both together ` +
    `${with_(delay + lag, spread.total)}; ${samples} samples, ${(100 * residual).toFixed(1)}% unexplained`
  );
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
