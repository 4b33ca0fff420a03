import { type Keepout, type OccupancyGrid, poseOf, type Robot } from "../sim/index.ts";
import { type Belief, createBelief } from "./belief.ts";
import type { SensorSample } from "./scene.ts";

/** What is believed of a map with zones in it that nobody may enter: obstacles, whatever maps and sensors say. */
export type GuardedBelief = Belief & {
  /** The same without the zones, for who has to leave one. */ readonly open: Belief;
};

/** Makes zones that nobody may enter obstacles of all that a navigator sees and believes. */
export type ZoneGuard = {
  readonly keepout: Keepout;
  /**
   * The sample with the zones in its grid; where the robot is in one, with what lies deeper in it than the robot was since it
   * came to be there: a car must turn, and may have to come back to where it was. The same sample again is the same one.
   */
  sample(of: SensorSample): SensorSample;
  /** How deep in a zone the robot of a sample is. [m] */
  depth(of: SensorSample): number;
  /** @throws as {@link createBelief} */
  belief(map: OccupancyGrid): GuardedBelief;
};

/** Creates the guard of one robot. */
export function createZoneGuard(robot: Robot, keepout: Keepout): ZoneGuard {
  /** What the sensors saw, by what the zones made of it. */
  const seen = new WeakMap<OccupancyGrid, OccupancyGrid>();
  let last: { readonly of: SensorSample; readonly stamp: number; readonly sample: SensorSample } | undefined;
  let deepest = 0;
  const depth = ({ x, grid }: SensorSample): number => keepout.depth(grid, robot, poseOf(x));
  const guarded = (open: Belief, closed: Belief): GuardedBelief => ({
    ...closed,
    open,
    overlay(local) {
      const plain = seen.get(local) ?? local;
      open.overlay(plain);
      closed.overlay(keepout.stamp(plain));
    },
    isOf: (map) => open.isOf(map),
    withMap: (map) => guarded(open.withMap(map), closed.withMap(keepout.stamp(map))),
  });
  return {
    keepout,
    depth,
    sample(of) {
      if (last?.of === of && last.stamp === of.time) return last.sample;
      const now = depth(of);
      deepest = now > 0 ? Math.max(deepest, now) : 0;
      const grid = keepout.stamp(of.grid, deepest);
      if (grid !== of.grid) seen.set(grid, of.grid);
      last = { of, stamp: of.time, sample: grid === of.grid ? of : { ...of, grid } };
      return last.sample;
    },
    belief: (map) => guarded(createBelief(map), createBelief(keepout.stamp(map))),
  };
}
