import { check, checkKeys } from "../base/index.ts";
import type { Pose } from "./grid.ts";
import { RANGE_SENSOR_DEFAULTS } from "./range-sensor.ts";

/** A planar lidar as it is mounted: what it sees, and its pose in the body frame (x forward, y left). */
export type Lidar = {
  /** Field of view, centred on the lidar's own x axis, 0 < fov <= 2 pi. [rad] */ readonly fov: number;
  /** How far it sees. [m] */ readonly range: number;
  /** Beams per scan. */ readonly beams: number;
  /** Standard deviation of a return. [m] */ readonly noise: number;
  /** Where it is mounted. [m] */ readonly x: number;
  readonly y: number;
  /** Where it looks, counter-clockwise from the robot's x axis. [rad] */ readonly yaw: number;
};

const { fov, range, beams, noise } = RANGE_SENSOR_DEFAULTS;

/** A lidar that looks all round from the robot's reference point. */
export const LIDAR_DEFAULTS: Lidar = { fov, range, beams, noise, x: 0, y: 0, yaw: 0 };

/** What each number of a {@link Lidar} may be. */
export const LIDAR_LIMITS: Readonly<
  Record<keyof Lidar, { readonly least: number; readonly most: number; readonly unit: string }>
> = {
  fov: { least: 0.01, most: 2 * Math.PI, unit: "rad" },
  range: { least: 0.1, most: 1000, unit: "m" },
  beams: { least: 1, most: 65_536, unit: "1" },
  noise: { least: 0, most: 10, unit: "m" },
  x: { least: -100, most: 100, unit: "m" },
  y: { least: -100, most: 100, unit: "m" },
  yaw: { least: -2 * Math.PI, most: 2 * Math.PI, unit: "rad" },
};

/** Rounding of an angle that was given in degrees. */
const ROUNDING = 1e-9;

/**
 * Checks what is given of a lidar.
 *
 * @returns it
 * @throws ConfigError naming the number and its legal range
 */
export function checkLidar(name: string, given: Readonly<Record<string, unknown>>): Partial<Lidar> {
  const legalKeys = Object.keys(LIDAR_LIMITS) as (keyof Lidar)[];
  checkKeys(name, given, legalKeys);
  for (const key of legalKeys) {
    const value = given[key];
    if (value === undefined) continue;
    const { least, most, unit } = LIDAR_LIMITS[key];
    const whole = key === "beams";
    const within = typeof value === "number" && value >= least - ROUNDING && value <= most + ROUNDING;
    const legal = within && (!whole || Number.isInteger(value));
    const range = `${least} .. ${Number(most.toFixed(6))}`;
    check(`${name}.${key}`, value, legal, `a ${whole ? "whole number" : "number"} ${range} [${unit}]`);
  }
  return given;
}

/** The pose of what is mounted on a robot, in the frame of the robot's own pose. */
export function mountedPose({ x, y, yaw }: Pose, mount: Pose): Pose {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  return { x: x + c * mount.x - s * mount.y, y: y + s * mount.x + c * mount.y, yaw: yaw + mount.yaw };
}
