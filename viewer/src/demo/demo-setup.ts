import { SENSORS, type SensorKind } from "mnemosyne-mpc/drive";
import { ALL_FAMILIES, MAX_WORLD_SEED, ROBOT_NAMES, type WorldFamily } from "mnemosyne-mpc/sim";

/** The ways to start the optimization that the page offers. */
export const DEMO_STARTS = ["shift", "path", "zero", "net", "best"] as const;

/** What the user chose; plain data. */
export type DemoSetup = {
  readonly family: WorldFamily;
  readonly seed: number;
  readonly robot: string;
  readonly init: (typeof DEMO_STARTS)[number];
  readonly sensor: SensorKind;
};

const FIRST: DemoSetup = { family: "cells", seed: 7, robot: "jackal", init: "best", sensor: "lidar" };

/** The setup an address asks for; what it does not say, or says wrongly, is as usual. */
export function setupOf(query: string): DemoSetup {
  const given = new URLSearchParams(query);
  const [family, seed] = (given.get("world") ?? "").split(":");
  const one = <T extends string>(legal: readonly T[], value: string | null, usual: T): T =>
    legal.find((name) => name === value) ?? usual;
  const number = seed === undefined || seed === "" ? Number.NaN : Number(seed);
  return {
    family: one(ALL_FAMILIES, family, FIRST.family),
    seed: Number.isInteger(number) && number >= 0 && number <= MAX_WORLD_SEED ? number : FIRST.seed,
    robot: one(ROBOT_NAMES, given.get("robot"), FIRST.robot),
    init: one(DEMO_STARTS, given.get("init"), FIRST.init),
    sensor: one(SENSORS, given.get("sensor"), FIRST.sensor),
  };
}

/** A drive by its setup, for people. */
export function nameOf({ family, seed, robot, init }: DemoSetup): string {
  return `${family}:${seed}, ${robot}, ${init}`;
}
