import { ConfigError, checkName, checkNotNegative } from "../base/index.ts";

/**
 * What has just happened to the robot: nothing (`ordinary`), its first tick (`first`, no last plan), another
 * goal (`goal`), a shove (`displaced`), something in its way (`obstacle`).
 */
export const SCENE_KINDS = ["ordinary", "first", "goal", "displaced", "obstacle"] as const;
export type SceneKind = (typeof SCENE_KINDS)[number];

/** How often each kind is drawn; shares that add up to 1. */
export type KindShares = Readonly<Record<SceneKind, number>>;

/** Shares of the kinds in a data set where nobody says which. */
export const DEFAULT_KIND_SHARES: KindShares = {
  ordinary: 0.25,
  first: 0.15,
  goal: 0.2,
  displaced: 0.2,
  obstacle: 0.2,
};

/**
 * Makes weights into shares; a kind that is not named gets none.
 *
 * @throws ConfigError for an unknown kind, a weight that is not a number >= 0, or weights that are all 0
 */
export function resolveKindShares(weights: Readonly<Record<string, number>>): KindShares {
  const shares: Record<string, number> = Object.fromEntries(SCENE_KINDS.map((kind) => [kind, 0]));
  let sum = 0;
  for (const [kind, weight] of Object.entries(weights)) {
    checkName("kind of scene", kind, SCENE_KINDS);
    checkNotNegative(`share of ${kind}`, weight);
    shares[kind] = weight;
    sum += weight;
  }
  if (!(sum > 0)) throw new ConfigError("every kind of scene has share 0, expected one above it");
  for (const kind of SCENE_KINDS) shares[kind] /= sum;
  return shares as KindShares;
}

/** The kind at a place of [0, 1). */
export function kindAt(shares: KindShares, place: number): SceneKind {
  let left = place;
  for (const kind of SCENE_KINDS) {
    left -= shares[kind];
    if (left < 0) return kind;
  }
  return SCENE_KINDS.findLast((kind) => shares[kind] > 0)!;
}
