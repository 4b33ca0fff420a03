import type { Command } from "commander";
import { parseChoice, parseReal } from "./parse-values.ts";
import type { RunRequest } from "./run-scenario.ts";

/** Flags of `navigate` and `evaluate` beyond the shared ones: what the simulated robot suffers and knows. */
export type SimulationFlags = {
  readonly prior: "map" | "none";
  /** [s] */ readonly delay?: number;
  readonly slip?: number;
  /** [m/s] and [rad/s] */ readonly noise?: number;
  readonly shocks?: boolean;
};

/** Adds the flags. */
export function addSimulation(verb: Command): Command {
  return verb
    .option(
      "--prior <KNOWN>",
      "what the global path knows beforehand: map, none (only what was seen)",
      parseChoice(["map", "none"] as const),
      "map",
    )
    .option("--delay <S>", "age of a command at the motors [s]", parseReal(0, 2, "s"))
    .option("--slip <SHARE>", "share of the wheels' speed that is lost", parseReal(0, 0.9, "share"))
    .option(
      "--noise <STD>",
      "standard deviation of disturbances of speed and turn rate",
      parseReal(0, 5, "m/s, rad/s"),
    )
    .option("--shocks", "every few seconds another goal for a while, a shove, or something in the way");
}

/** The flags as options of the run. */
export function simulationRequest(
  flags: SimulationFlags,
): Pick<RunRequest, "prior" | "simulator" | "shocks"> {
  const { prior, delay, slip, noise, shocks } = flags;
  return {
    prior,
    shocks: shocks === true ? {} : undefined,
    simulator: {
      ...(delay === undefined ? {} : { delay_s: delay }),
      ...(slip === undefined ? {} : { slip }),
      ...(noise === undefined ? {} : { noise: { linear: noise, angular: noise } }),
    },
  };
}
