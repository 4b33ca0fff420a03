import { UsageError } from "../node/index.ts";
import { MAX_LATENCY } from "../sim/index.ts";
import { type FlagValues, flag, switchFlag } from "./flag-table.ts";
import type { SharedOptions } from "./options.ts";
import {
  parseChoice,
  parseLatency,
  parseLidar,
  parseMovers,
  parsePoseNoise,
  parseReal,
} from "./parse-values.ts";
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
  poseNoise: flag(
    "--pose-noise <M,RAD>",
    "standard deviations of the measured place and yaw [m, rad]; one number is both",
    parsePoseNoise,
  ),
  lidar: flag(
    "--lidar <NAME=NUMBER,...>",
    "sees with a lidar: fov=270,range=10,beams=720,noise=0.01 and its mount x=0.1,y=0,yaw=0 [deg, m] (as the robot's file says)",
    parseLidar,
  ),
  movers: flag(
    "--movers <N[,NAME=NUMBER...]>",
    "people and robots that walk about, and which share of them is blind=0.2 to the robot or walks straight=0 on (as many as the world has)",
    parseMovers,
  ),
  shocks: switchFlag(
    "--shocks",
    "every few seconds another goal for a while, a shove, or something in the way",
  ),
};
export type SimulationFlags = FlagValues<typeof SIMULATION_FLAGS> & Pick<SharedOptions, "sensor">;

/**
 * The flags as options of the run. Who describes a lidar means to see with it.
 *
 * @throws UsageError where that is not what `--sensor` says
 */
export function simulationRequest(
  flags: SimulationFlags,
  isGiven: (flag: string) => boolean,
): Pick<RunRequest, "sensor" | "prior" | "simulator" | "shocks" | "latency" | "lidar" | "crowd"> {
  const { prior, delay, lag, latency, lidar, slip, noise, poseNoise, movers, shocks } = flags;
  if (lidar !== undefined && flags.sensor === "truth" && isGiven("sensor"))
    throw new UsageError(
      "--lidar says what a lidar sees, --sensor truth that there is none: give one of the two.",
    );
  return {
    prior,
    shocks: shocks === true ? {} : undefined,
    ...(movers === undefined ? {} : { crowd: movers }),
    ...(latency === undefined ? {} : { latency }),
    ...(lidar === undefined ? {} : { lidar, sensor: "lidar" }),
    simulator: {
      ...(delay === undefined ? {} : { delay_s: delay }),
      ...(lag === undefined ? {} : { lag_s: lag }),
      ...(slip === undefined ? {} : { slip }),
      ...(noise === undefined ? {} : { noise: { linear: noise, angular: noise } }),
      ...(poseNoise === undefined ? {} : { measurement: { ...poseNoise, speed: 0 } }),
    },
  };
}
