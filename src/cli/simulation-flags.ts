import { MAX_LATENCY } from "../sim/index.ts";
import { type FlagValues, flag, switchFlag } from "./flag-table.ts";
import { parseChoice, parseLatency, parseReal } from "./parse-values.ts";
import type { RunRequest } from "./run-scenario.ts";

/** Flags of `navigate` and `evaluate` beyond the shared ones: what the simulated robot suffers and knows. */
export const SIMULATION_FLAGS = {
  prior: flag(
    "--prior <KNOWN>",
    "what the global path knows beforehand: map, none (only what was seen)",
    parseChoice(["map", "none"] as const),
    "map",
  ),
  delay: flag("--delay <S>", "age of a command at the motors [s]", parseReal(0, MAX_LATENCY, "s")),
  lag: flag("--lag <S>", "time constant of the actuators [s] (0.03)", parseReal(0, MAX_LATENCY, "s")),
  latency: flag(
    "--latency <DELAY,LAG>",
    "what the planner believes of both [s] (as the robot's file says, else the truth)",
    parseLatency,
  ),
  slip: flag("--slip <SHARE>", "share of the wheels' speed that is lost", parseReal(0, 0.9, "share")),
  noise: flag(
    "--noise <STD>",
    "standard deviation of disturbances of speed and turn rate",
    parseReal(0, 5, "m/s, rad/s"),
  ),
  poseNoise: flag("--pose-noise <STD>", "standard deviation of the measured pose", parseReal(0, 5, "m, rad")),
  shocks: switchFlag(
    "--shocks",
    "every few seconds another goal for a while, a shove, or something in the way",
  ),
};
export type SimulationFlags = FlagValues<typeof SIMULATION_FLAGS>;

/** The flags as options of the run. */
export function simulationRequest(
  flags: SimulationFlags,
): Pick<RunRequest, "prior" | "simulator" | "shocks" | "latency"> {
  const { prior, delay, lag, latency, slip, noise, poseNoise, shocks } = flags;
  return {
    prior,
    shocks: shocks === true ? {} : undefined,
    ...(latency === undefined ? {} : { latency }),
    simulator: {
      ...(delay === undefined ? {} : { delay_s: delay }),
      ...(lag === undefined ? {} : { lag_s: lag }),
      ...(slip === undefined ? {} : { slip }),
      ...(noise === undefined ? {} : { noise: { linear: noise, angular: noise } }),
      ...(poseNoise === undefined ? {} : { measurement: { position: poseNoise, yaw: poseNoise, speed: 0 } }),
    },
  };
}
