import {
  advanceTour,
  beginTour,
  type TickReport,
  type Tour,
  tourGoal,
  type Waypoint,
} from "../planner/index.ts";
import type { Goal } from "../sim/index.ts";
import type { DriveOptions } from "./drive-options.ts";

/** A waypoint, and when the robot was there. */
export type WaypointFigures = Pick<Waypoint, "name" | "x" | "y"> & {
  /** [s]; null where it never was. */ readonly reached_s: number | null;
};

/** Where a run leads: to a goal, or from waypoint to waypoint. */
export type Course = {
  /** Where to, at first. */ readonly goal: Goal;
  /** Whether there are waypoints left, or a wait at one. */ readonly goesOn: boolean;
  /** What became of the waypoints, where there are any. */ readonly figures?: readonly WaypointFigures[];
  /** Looks at a tick. @returns the next goal, where it changes */
  after(report: TickReport): Goal | undefined;
  /** Somebody sends the robot elsewhere: the rest of the waypoints is given up. */
  leave(): void;
};

/** The course of a run's options. @throws ConfigError for a route that is none */
export function createCourse({ goal, route }: Pick<DriveOptions, "goal" | "route">): Course {
  if (route === undefined) return { goal: goal!, goesOn: false, after: () => undefined, leave: () => {} };
  let tour: Tour = beginTour(route);
  let left = false;
  return {
    goal: tourGoal(tour),
    get goesOn() {
      return !left && !tour.done;
    },
    get figures() {
      return route.map(({ name, x, y }, n) => ({
        ...(name !== undefined && { name }),
        ...{ x, y, reached_s: round(tour.reached[n]) },
      }));
    },
    after(report) {
      const { at } = tour;
      if (!left) tour = advanceTour(tour, report);
      return tour.at === at ? undefined : tourGoal(tour);
    },
    leave() {
      left = true;
    },
  };
}

function round(time: number | undefined): number | null {
  return time === undefined ? null : Number(time.toFixed(3));
}
