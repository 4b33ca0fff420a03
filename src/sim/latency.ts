import { check } from "../base/index.ts";

/**
 * When a robot does what it is told: a command begins to act `delay` after the sample that it answers, and the actuators
 * follow with a first-order lag, `effort' = (command - effort) / lag`. [s]
 */
export type Latency = { readonly delay: number; readonly lag: number };

/** A robot that does at once what it is told. */
export const NO_LATENCY: Latency = { delay: 0, lag: 0 };

/** Nobody drives by what is older than this. [s] */
export const MAX_LATENCY = 2;

/** Checks a latency and fills in what is not given with 0. @throws ConfigError naming the number and its legal range */
export function checkLatency(name: string, given: Partial<Latency>): Latency {
  const latency = { ...NO_LATENCY, ...given };
  for (const key of ["delay", "lag"] as const) {
    const value: unknown = latency[key];
    const legal = typeof value === "number" && value >= 0 && value <= MAX_LATENCY;
    check(`${name}.${key}`, value, legal, `a number 0 .. ${MAX_LATENCY} [s]`);
  }
  return latency;
}
