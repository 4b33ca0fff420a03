import { footprintClearance, footprintContact } from "./footprint.ts";
import type { OccupancyGrid, Pose } from "./grid.ts";
import type { Robot } from "./robot.ts";

/** Extra range of a clearance search, so that the next ones can be skipped for as far a drive. [m] */
const LOOK_AHEAD = 0.25;

/** What is known of a robot's contacts, and of its smallest clearance so far. */
type ContactJudge = {
  readonly contact: boolean;
  /** How many times contact began. */ readonly contacts: number;
  /** [m] */ readonly minClearance: number;
  /**
   * Judges the true footprint at a pose.
   *
   * @param moved how far any of its points has come at most since it was judged last; Infinity where the map
   * may be another [m]
   */
  look(pose: Pose, grid: OccupancyGrid, moved: number): void;
};

/** Creates a judge that has seen nothing. @param range where a search for clearance stops [m] */
export function createContactJudge(robot: Robot, range: number): ContactJudge {
  let contact = false;
  let contacts = 0;
  let minClearance = range;
  /** The true clearance is at least this. */
  let bound = 0;
  return {
    get contact() {
      return contact;
    },
    get contacts() {
      return contacts;
    },
    get minClearance() {
      return minClearance;
    },
    look(pose, grid, moved) {
      bound = Math.max(0, bound - moved);
      const touching = footprintContact(robot, pose, grid);
      if (touching) {
        if (!contact) contacts++;
        minClearance = 0;
      } else if (bound < minClearance) {
        bound = footprintClearance(robot, pose, grid, minClearance + LOOK_AHEAD);
        minClearance = Math.min(minClearance, bound);
      }
      contact = touching;
    },
  };
}
