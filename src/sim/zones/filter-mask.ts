import { ConfigError, check, FormatError } from "../../base/index.ts";
import { type OccupancyGrid, validateGrid } from "../grid.ts";

/**
 * A mask of Nav2's costmap filters: a map whose cells say what holds there, in its own resolution and place. What a value v
 * from 1 to 100 means in a speed mask is `base + multiplier v`; 0 and unknown (-1) mean nothing, and so does what lies outside.
 */
export type FilterMask = {
  readonly grid: OccupancyGrid;
  /** 0: keepout; 1: speed limits in percent of the robot's largest speed; 2: speed limits [m/s]. */
  readonly type?: number;
  readonly base?: number;
  readonly multiplier?: number;
};

/** Names of {@link FilterMask.type}, as Nav2's costmap filter info server numbers them. */
export const FILTER_TYPES = { keepout: 0, speedPercent: 1, speed: 2 } as const;

/** The value of a keepout mask that nobody may enter: what Nav2 makes lethal. Lower ones are mere preferences there. */
export const KEPT_OUT = 100;

/** Speed masks without numbers of their own are read as in Nav2's tutorial: the darker, the slower, in percent. */
export const SPEED_MASK_DEFAULTS = { type: FILTER_TYPES.speedPercent, base: 100, multiplier: -1 } as const;

/**
 * Checks that a mask is one that keeps robots out.
 *
 * @param name what messages call it
 * @throws ConfigError or ShapeError naming what is wrong
 */
export function checkKeepoutMask(
  { grid, type = 0, base = 0, multiplier = 1 }: FilterMask,
  name: string,
): void {
  validateGrid(grid);
  check(`${name}: type`, type, type === FILTER_TYPES.keepout, "0 (keepout)", FormatError);
  check(`${name}: base`, base, base === 0, "0, as a keepout filter has", FormatError);
  check(`${name}: multiplier`, multiplier, multiplier === 1, "1, as a keepout filter has", FormatError);
  const most = grid.cells.reduce((a, b) => Math.max(a, b), 0);
  if (most > 0 && most < KEPT_OUT)
    throw new FormatError(
      `${name}: the largest value is ${most}, expected ${KEPT_OUT} where nobody may go: lower ones are preferences, ` +
        "which mean nothing here",
    );
}

/**
 * The speed limits that a mask's values stand for.
 *
 * @param top the robot's largest speed [m/s]
 * @param name what messages call it
 * @returns limit of each value in use, none where that is no limit, by the value [m/s]
 * @throws FormatError for a limit that nobody can drive at, and a type that has none
 */
export function speedLimits(mask: FilterMask, top: number, name: string): ReadonlyMap<number, number> {
  validateGrid(mask.grid);
  const { type, base, multiplier } = { ...SPEED_MASK_DEFAULTS, ...mask };
  const legal = type === FILTER_TYPES.speedPercent || type === FILTER_TYPES.speed;
  check(`${name}: type`, type, legal, "1 (percent of the largest speed) or 2 (m/s)", FormatError);
  check(`${name}: base`, base, Number.isFinite(base), "a finite number", FormatError);
  check(`${name}: multiplier`, multiplier, Number.isFinite(multiplier), "a finite number", FormatError);
  const percent = type === FILTER_TYPES.speedPercent;
  const limits = new Map<number, number>();
  for (const value of new Set(mask.grid.cells)) {
    if (value <= 0) continue;
    const meant = base + multiplier * value;
    if (!(meant > 1e-9 && (!percent || meant <= 100 + 1e-9)))
      throw new FormatError(
        `${name}: cells of value ${value} mean ${Number(meant.toPrecision(6))} ${percent ? "%" : "m/s"} ` +
          `(base ${base} + multiplier ${multiplier} x ${value}), expected ${percent ? "> 0 and <= 100 %" : "> 0 m/s"}; ` +
          "where nobody may drive is a keepout mask's to say, and mode: trinary knows 0 and 100 only",
      );
    const limit = percent ? (meant / 100) * top : meant;
    if (limit < top) limits.set(value, limit);
  }
  return limits;
}

/** @throws ConfigError for a mask that is none, in words for people who write programs */
export function checkMask(name: string, mask: unknown): asserts mask is FilterMask {
  const grid = (mask as FilterMask | undefined)?.grid;
  if (typeof grid !== "object" || grid === null)
    throw new ConfigError(`${name} is ${typeof mask}, expected {grid, type?, base?, multiplier?}`);
}
