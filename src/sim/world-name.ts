import { ConfigError, checkName } from "../base/index.ts";

/** The kinds of generated worlds in which nothing moves but the robot. */
export const WORLD_FAMILIES = ["cells", "clutter", "rooms", "corridor", "maze"] as const;
/** The kinds of generated worlds that people walk in. */
export const MOVER_FAMILIES = ["crowd", "crossing", "doorway", "dynabarn"] as const;
/** All kinds of generated worlds; each is known by its place here, new ones come last. */
export const ALL_FAMILIES = [...WORLD_FAMILIES, ...MOVER_FAMILIES] as const;
/** One of {@link ALL_FAMILIES}. */
export type WorldFamily = (typeof ALL_FAMILIES)[number];

/** What makes one world: its family and the seed of its stream. */
export type WorldId = { readonly family: WorldFamily; readonly seed: number };

/** Largest seed of a world. */
export const MAX_WORLD_SEED = 2 ** 31 - 1;
/** Longest list of worlds in one range. */
const MAX_RANGE = 100_000;

/**
 * Reads a world's name, `FAMILY:SEED`.
 *
 * @param name for example "cells:17"
 * @throws ConfigError for an unknown family (with the nearest legal one) or an illegal seed
 */
export function parseWorldName(name: string): WorldId {
  const { family, rest } = splitName(name, "FAMILY:SEED, for example cells:17");
  return { family, seed: parseSeed(rest, name) };
}

/**
 * Reads a range of worlds, `FAMILY:FROM-TO` with both ends included, or a single `FAMILY:SEED`.
 *
 * @param text for example "rooms:0-99"
 * @throws ConfigError for an unknown family, an illegal seed or an empty range
 */
export function parseWorldRange(text: string): WorldId[] {
  const { family, rest } = splitName(text, "FAMILY:FROM-TO, for example cells:0-99");
  const dash = rest.indexOf("-", 1);
  const first = parseSeed(dash < 0 ? rest : rest.slice(0, dash), text);
  const last = dash < 0 ? first : parseSeed(rest.slice(dash + 1), text);
  if (last < first || last - first >= MAX_RANGE) {
    throw new ConfigError(
      `worlds "${text}" is not a range: expected FROM <= TO and at most ${MAX_RANGE} worlds`,
    );
  }
  return Array.from({ length: last - first + 1 }, (_, n) => ({ family, seed: first + n }));
}

/** Checks the name of a family. @throws ConfigError with the legal families and the nearest one */
export function checkWorldFamily(family: string): WorldFamily {
  checkName("world family", family, ALL_FAMILIES);
  return family;
}

/** Checks a seed. @throws ConfigError unless it is an integer 0 .. 2^31 - 1 */
export function checkWorldSeed(seed: number, shown: unknown = seed): number {
  if (Number.isInteger(seed) && seed >= 0 && seed <= MAX_WORLD_SEED) return seed;
  throw new ConfigError(`world seed is ${shown}, expected an integer 0 .. ${MAX_WORLD_SEED}`);
}

function splitName(name: string, form: string): { family: WorldFamily; rest: string } {
  const colon = name.indexOf(":");
  if (colon < 0) {
    throw new ConfigError(
      `world "${name}" has no seed, expected ${form}; FAMILY is one of ${ALL_FAMILIES.join(", ")}`,
    );
  }
  return { family: checkWorldFamily(name.slice(0, colon)), rest: name.slice(colon + 1) };
}

function parseSeed(text: string, name: string): number {
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return checkWorldSeed(seed, `"${text}" in "${name}"`);
}
