import { footprintReach } from "../footprint.ts";
import { footprintDiscGap } from "../footprint-disc-gap.ts";
import type { OccupancyGrid } from "../grid.ts";
import type { Robot } from "../robot.ts";
import { bodyTwist, poseOf } from "../robot-state.ts";
import { createCrowd } from "./crowd.ts";
import { createFaultJudge } from "./fault-judge.ts";
import type { Mover } from "./mover.ts";
import type { Body } from "./walk.ts";
import type { Walker } from "./walker.ts";

/** What has come of a robot among movers. */
export type MoverTally = {
  /** How many times the footprint began to touch a mover. */ readonly contacts: number;
  /** How many of them the robot has caused; see `FaultJudge`. */ readonly caused: number;
  /** Smallest distance between footprint and mover so far; Infinity where there is none. [m] */
  readonly minClearance: number;
};

/** The movers around a simulated robot, and the judge of what happens between them. */
export type MovingWorld = {
  readonly movers: readonly Mover[];
  readonly tally: MoverTally;
  /** The robot touches a mover, and has caused that. */ readonly caused: boolean;
  /** Distance from the footprint to the nearest mover, now. [m] */
  clearance(x: Float64Array): number | undefined;
  /** Lets time pass, after the robot has moved. @param x (nx) @param braking whether it brakes as hard as it can */
  step(h: number, x: Float64Array, braking: boolean): void;
  /** Judges a robot that has been set down elsewhere. */ look(x: Float64Array): void;
  setGrid(grid: OccupancyGrid): void;
};

/** A mover that has bumped into the robot is set down so far from it. [m] */
const SET_BACK = 0.02;
/** A contact has ended where they are so far apart: what touches again before that is the same contact. [m] */
const ENDED = 0.1;

/** Movers around a robot. @param latency delay and lag of the true robot [s] */
export function createMovingWorld(
  robot: Robot,
  grid: OccupancyGrid,
  walkers: readonly Walker[],
  latency: { readonly delay_s: number; readonly lag_s: number },
): MovingWorld {
  const crowd = createCrowd(walkers, grid);
  const judge = createFaultJudge(robot, walkers.length, latency);
  const reach = footprintReach(robot);
  const middle = middleOf(robot);
  /** 0 apart, 1 in a contact that the robot has not caused, 2 in one that it has. */
  const touching = new Uint8Array(walkers.length);
  const at = new Float64Array(4);
  let movers = crowd.movers;
  let time = 0;
  let contacts = 0;
  let causedSoFar = 0;
  let minClearance = Number.POSITIVE_INFINITY;
  let caused = false;

  const gapTo = (x: Float64Array, n: number, out?: Float64Array): number => {
    const { x: mx, y: my, radius } = movers[n];
    return footprintDiscGap(robot, poseOf(x), mx, my, radius, out);
  };

  /** Sees who touches the robot; those who do step back. A robot that was set down on somebody has not caused it. */
  const look = (x: Float64Array, setDown = false): void => {
    const body = bodyOf(robot, x, middle);
    let bumped = false;
    for (let n = 0; n < movers.length; n++) {
      const { x: mx, y: my, radius } = movers[n];
      const least = Math.hypot(mx - x[0], my - x[1]) - reach - radius;
      if (least > ENDED && least >= minClearance) {
        touching[n] = 0;
        continue;
      }
      const gap = gapTo(x, n, at);
      minClearance = Math.min(minClearance, Math.max(0, gap));
      if (gap > ENDED) touching[n] = 0;
      if (gap > 0) continue;
      if (touching[n] === 0) contacts++;
      if (!setDown && touching[n] < 2 && judge.isCaused(n, x, body, poseOf(x), at)) {
        causedSoFar++;
        touching[n] = 2;
      }
      touching[n] ||= 1;
      const out = radius + SET_BACK;
      crowd.bump(n, at[0] + out * at[2], at[1] + out * at[3], at[2], at[3]);
      bumped = true;
    }
    caused = touching.includes(2);
    if (bumped) movers = crowd.movers;
  };

  return {
    get movers() {
      return movers;
    },
    get tally() {
      return { contacts, caused: causedSoFar, minClearance };
    },
    get caused() {
      return caused;
    },
    clearance(x) {
      if (movers.length === 0) return undefined;
      let least = Number.POSITIVE_INFINITY;
      for (let n = 0; n < movers.length; n++) least = Math.min(least, Math.max(0, gapTo(x, n)));
      return least;
    },
    step(h, x, braking) {
      if (walkers.length === 0) return;
      const body = bodyOf(robot, x, middle);
      crowd.step(h, body);
      movers = crowd.movers;
      time += h;
      judge.watch(time, body, movers, braking);
      look(x);
    },
    look: (x) => look(x, true),
    setGrid: crowd.setGrid,
  };
}

/** Middle of the footprint and the radius of the disc around it that holds it, body frame. [m] */
function middleOf({ footprint }: Robot): { x: number; y: number; radius: number } {
  const of = (axis: 0 | 1): number => {
    const values = footprint.map((corner) => corner[axis]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  };
  const [x, y] = [of(0), of(1)];
  return { x, y, radius: Math.max(...footprint.map(([u, v]) => Math.hypot(u - x, v - y))) };
}

/** The robot as people see it: the disc around it, with its velocity over ground. */
function bodyOf(robot: Robot, x: Float64Array, middle: { x: number; y: number; radius: number }): Body {
  const c = Math.cos(x[2]);
  const s = Math.sin(x[2]);
  const { vx, vy } = bodyTwist(robot, x);
  return {
    x: x[0] + c * middle.x - s * middle.y,
    y: x[1] + s * middle.x + c * middle.y,
    vx: c * vx - s * vy,
    vy: s * vx + c * vy,
    radius: middle.radius,
  };
}
