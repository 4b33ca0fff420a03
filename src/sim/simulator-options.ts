import { check, checkDecay, checkNotNegative } from "../base/index.ts";
import type { DriveTrainOptions } from "./drive-train.ts";
import type { Latency } from "./latency.ts";

/** How the simulated robot differs from the planner's model, and how finely it is simulated. */
export type SimulatorOptions = DriveTrainOptions & {
  /** Age of a command when the actuators see it, >= 0. [s] */ readonly delay_s: number;
  /** Longest integration step, 0 < .. <= 0.005; shortened where a point could move half a cell. [s] */
  readonly substep_s: number;
  /** Standard deviations of `measure`: [m], [rad], speeds and steering [m/s, rad/s, rad]. */
  readonly measurement: { readonly position: number; readonly yaw: number; readonly speed: number };
  /** Clearances are looked for up to here, and reported as this where there is nothing nearer. [m] */
  readonly clearanceRange_m: number;
  /** Keep time and state at the end of every step in `history`. */
  readonly history: boolean;
};

/** Defaults, with legal ranges in {@link SimulatorOptions}. */
export const SIMULATOR_DEFAULTS: SimulatorOptions = {
  lag_s: 0.03,
  delay_s: 0,
  slip: 0,
  noise: { linear: 0, angular: 0 },
  substep_s: 0.005,
  measurement: { position: 0, yaw: 0, speed: 0 },
  clearanceRange_m: 5,
  history: false,
};

/** A latency as the simulator's options say it. */
export function simulatedLatency({ delay, lag }: Latency): Pick<SimulatorOptions, "delay_s" | "lag_s"> {
  return { delay_s: delay, lag_s: lag };
}

/** Checks the options of a simulator. @throws ConfigError for an option outside its range */
export function checkSimulatorOptions(options: SimulatorOptions): void {
  const { noise, measurement } = options;
  for (const name of ["lag_s", "delay_s", "clearanceRange_m"] as const) checkNotNegative(name, options[name]);
  for (const name of ["linear", "angular"] as const) checkNotNegative(`noise.${name}`, noise[name]);
  for (const name of ["position", "yaw", "speed"] as const)
    checkNotNegative(`measurement.${name}`, measurement[name]);
  checkDecay("slip", options.slip);
  const { substep_s } = options;
  check("substep_s", substep_s, substep_s > 0 && substep_s <= 0.005, "0 < substep_s <= 0.005");
}
