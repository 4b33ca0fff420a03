import type { TickReport } from "../planner/index.ts";
import {
  cellIndexAt,
  footprintClearance,
  type Goal,
  type OccupancyGrid,
  occupyDisc,
  type Simulator,
} from "../sim/index.ts";
import { standsAtGoal } from "./drive.ts";

/** What a viewer may ask of a run that is under way. */
export type LiveCommand =
  | { readonly kind: "goal"; readonly goal: Goal }
  /** Something round in the way. [m] */
  | { readonly kind: "obstacle"; readonly x: number; readonly y: number; readonly radius: number };

/** Whether a run goes on, or time stands still until there is a new goal. */
export type LivePhase = { readonly state: "driving" | "waiting"; readonly note?: string };

/** Makes a drive go at the pace of a clock and do what a viewer asks. */
export type LiveDrive = {
  /** To be called after every tick, see `DriveOptions.onTick`; time passes with its promise. */
  onTick(report: TickReport, simulator: Simulator, goTo: (goal: Goal) => void): Promise<void>;
  /** Takes a command for the next tick. @returns why it is refused, for people */
  take(command: LiveCommand): string | undefined;
};

export type LiveDriveOptions = {
  /** Duration of a tick. [s] */ readonly period: number;
  /** Simulated seconds per second, asked at every tick. */ readonly speed: () => number;
  /** Monotonic clock. [ms] */ readonly now: () => number;
  /** Waits [ms], or less where the run is to end. */ readonly sleep: (ms: number) => Promise<unknown>;
  readonly signal: AbortSignal;
  /** Whether anybody watches: a robot that has arrived waits for a new goal only then. */
  readonly watched: () => boolean;
  readonly state: (state: LivePhase) => void;
  /** Told at once of every obstacle. */ readonly mapChanged: (grid: OccupancyGrid, time: number) => void;
};

/** How long a wait may last before it looks whether somebody still watches. [ms] */
const LOOK_EVERY = 200;

export function createLiveDrive(options: LiveDriveOptions): LiveDrive {
  const { period, now, sleep, signal, watched, state } = options;
  let simulator: Simulator | undefined;
  const commands: LiveCommand[] = [];
  /** When the next tick is due. [ms] */
  let due: number | undefined;

  const refusalOf = (command: LiveCommand): string | undefined => {
    if (simulator === undefined) return "the run has not begun yet";
    const { robot, grid, pose } = simulator;
    const { x, y } = command.kind === "goal" ? command.goal : command;
    if (cellIndexAt(grid, x, y) < 0) return `(${x.toFixed(2)}, ${y.toFixed(2)}) lies outside the map`;
    if (command.kind === "goal") return undefined;
    const alone = occupyDisc({ ...grid, cells: new Int8Array(grid.cells.length) }, x, y, command.radius);
    if (footprintClearance(robot, pose, alone, MIN_GAP + grid.resolution) < MIN_GAP)
      return "that is on the robot; drop it a little further off";
    return undefined;
  };

  /** Does what was asked for since the last time. @returns whether there is a new goal */
  const obey = (sim: Simulator, goTo: (goal: Goal) => void): boolean => {
    let sentOn = false;
    for (const command of commands.splice(0)) {
      if (command.kind === "goal") {
        goTo(command.goal);
        sentOn = true;
      } else {
        sim.setGrid(occupyDisc(sim.grid, command.x, command.y, command.radius));
        options.mapChanged(sim.grid, sim.time);
      }
    }
    return sentOn;
  };

  return {
    take(command) {
      const refusal = refusalOf(command);
      if (refusal === undefined) commands.push(command);
      return refusal;
    },
    async onTick(report, sim, goTo) {
      simulator = sim;
      due = (due ?? now()) + (1000 * period) / options.speed();
      // Behind by more than a tick the clock is set anew: a slow machine shows a slow run, not a rush later.
      if (due < now()) due = now();
      // Also where there is no time to spare: the page and the server must breathe.
      await sleep(Math.max(0, due - now()));
      const still = standsAtGoal(report, sim);
      let sentOn = obey(sim, goTo);
      if (sentOn || !(still || report.phase === "stuck") || !watched()) return;
      state({ state: "waiting", note: still ? "arrived: set a goal" : "no way on: set another goal" });
      while (!sentOn && watched() && !signal.aborted) {
        await sleep(LOOK_EVERY);
        sentOn = obey(sim, goTo);
      }
      due = now();
      if (sentOn) state({ state: "driving" });
    },
  };
}

/** An obstacle may not be dropped nearer to the footprint than this. [m] */
const MIN_GAP = 0.03;
