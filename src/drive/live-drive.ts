import type { SensorSample, TickReport } from "../planner/index.ts";
import {
  type Command,
  cellIndexAt,
  footprintClearance,
  type Goal,
  isStopped,
  type Latency,
  NO_LATENCY,
  type OccupancyGrid,
  occupyDisc,
  type Robot,
  type Simulator,
} from "../sim/index.ts";
import { BY_HAND, standsAtGoal } from "./drive.ts";
import { createHandDrive, type HandWish } from "./hand-drive.ts";

/** What a viewer may ask of a run that is under way. */
export type LiveCommand =
  | { readonly kind: "goal"; readonly goal: Goal }
  /** Something round in the way. [m] */
  | { readonly kind: "obstacle"; readonly x: number; readonly y: number; readonly radius: number }
  /**
   * Drives by hand; it holds for {@link HAND_MS} only, and has to be sent again and again. `from` is who drives, `n` grows
   * with every command of theirs: what comes late and out of order is not obeyed.
   */
  | { readonly kind: "hand"; readonly from: string; readonly n: number; readonly wish: HandWish }
  /** Gives a robot that was driven by hand back to the planner. */
  | { readonly kind: "resume" };

/** How long a robot goes on as it was driven by hand last. [ms] */
export const HAND_MS = 300;

/** Whether a run goes on, or time stands still until there is a new goal. */
export type LivePhase = {
  readonly state: "driving" | "waiting";
  readonly note?: string;
  /** Whether somebody drives by hand, or did last: the planner waits to be asked. */
  readonly byHand?: boolean;
};

/** Makes a drive go at the pace of a clock and do what a viewer asks. */
export type LiveDrive = {
  /** To be called after every tick, see `DriveOptions.onTick`; time passes with its promise. */
  onTick(
    report: TickReport,
    simulator: Simulator,
    goTo: (goal: Goal) => void,
    goesOn?: boolean,
  ): Promise<void>;
  /** See `DriveOptions.byHand`. */
  byHand(sample: SensorSample): Command | undefined;
  /** Takes a command for the next tick. @returns why it is refused, for people */
  take(command: LiveCommand): string | undefined;
};

export type LiveDriveOptions = {
  readonly robot: Robot;
  /** What is believed of delay and lag; none by default. */ readonly latency?: Latency;
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
const LOOK_EVERY = 50;

export function createLiveDrive(options: LiveDriveOptions): LiveDrive {
  const { period, now, sleep, signal, watched, state } = options;
  let simulator: Simulator | undefined;
  const commands: LiveCommand[] = [];
  /** When the next tick is due. [ms] */
  let due: number | undefined;

  const hand = createHand(options);

  const refusalOf = (command: LiveCommand): string | undefined => {
    if (simulator === undefined) return "the run has not begun yet";
    if (command.kind === "hand") return hand.refusalOf(command);
    if (command.kind === "resume") return hand.held ? undefined : "nobody has driven by hand";
    const { robot, grid, pose } = simulator;
    const { x, y } = command.kind === "goal" ? command.goal : command;
    if (cellIndexAt(grid, x, y) < 0) return `(${x.toFixed(2)}, ${y.toFixed(2)}) lies outside the map`;
    if (command.kind === "goal") return undefined;
    const alone = occupyDisc({ ...grid, cells: new Int8Array(grid.cells.length) }, x, y, command.radius);
    if (footprintClearance(robot, pose, alone, MIN_GAP + grid.resolution) < MIN_GAP)
      return "that is on the robot; drop it a little further off";
    return undefined;
  };

  /** What the pages were told last: they hear of changes. */
  let told = "";
  const tell = (phase: LivePhase): void => {
    const text = JSON.stringify(phase);
    if (text !== told) state(phase);
    told = text;
  };

  /** Does what was asked for since the last time. @returns whether there is a new goal */
  const obey = (sim: Simulator, goTo: (goal: Goal) => void): boolean => {
    let sentOn = false;
    for (const command of commands.splice(0)) {
      if (command.kind === "goal" || command.kind === "resume") {
        hand.release();
        if (command.kind === "goal") goTo(command.goal);
        sentOn = true;
      } else if (command.kind === "obstacle") {
        sim.setGrid(occupyDisc(sim.grid, command.x, command.y, command.radius));
        options.mapChanged(sim.grid, sim.time);
      }
    }
    return sentOn;
  };

  return {
    take(command) {
      const refusal = refusalOf(command);
      if (refusal !== undefined) return refusal;
      if (command.kind === "hand") hand.take(command);
      else commands.push(command);
      return undefined;
    },
    byHand: (sample) => hand.command(sample),
    async onTick(report, sim, goTo, goesOn = false) {
      simulator = sim;
      due = (due ?? now()) + (1000 * period) / options.speed();
      // Behind by more than a tick the clock is set anew: a slow machine shows a slow run, not a rush later.
      if (due < now()) due = now();
      // Also where there is no time to spare: the page and the server must breathe.
      await sleep(Math.max(0, due - now()));
      const note = reasonToStand(report, sim, hand.held, goesOn);
      let sentOn = obey(sim, goTo);
      if (hand.moves) tell({ state: "driving", note: BY_HAND, byHand: true });
      else if (sentOn) tell({ state: "driving" });
      if (sentOn || hand.moves || note === undefined || !watched()) return;
      tell({ state: "waiting", note, byHand: hand.held });
      while (!sentOn && !hand.moves && watched() && !signal.aborted) {
        await sleep(LOOK_EVERY);
        sentOn = obey(sim, goTo);
      }
      due = now();
      if (sentOn) tell({ state: "driving" });
    },
  };
}

/** Why time may stand still until somebody asks for something, for people. */
function reasonToStand(
  report: TickReport,
  sim: Simulator,
  byHand: boolean,
  goesOn: boolean,
): string | undefined {
  if (byHand)
    return isStopped(sim.robot, sim.state) ? "stopped by hand: drive on, or let it go on" : undefined;
  if (!goesOn && standsAtGoal(report, sim)) return "arrived: set a goal";
  return report.phase === "stuck" ? "no way on: set another goal" : undefined;
}

/** Who drives by hand, and how; a robot that nobody drives any more is braked, and stays until it is given back. */
function createHand({ robot, period, latency = NO_LATENCY, now }: LiveDriveOptions) {
  const drive = createHandDrive(robot, period, latency);
  let last: (Extract<LiveCommand, { kind: "hand" }> & { readonly at: number }) | undefined;
  const isFresh = (): boolean => last !== undefined && now() - last.at < HAND_MS;
  const moves = (): boolean => isFresh() && Object.values(last!.wish).some((share) => share !== 0);
  return {
    /** Whether the robot is in somebody's hand, moving or not. */
    get held() {
      return last !== undefined;
    },
    /** Whether somebody asks it to move. */
    get moves() {
      return moves();
    },
    refusalOf({ from, n }: Extract<LiveCommand, { kind: "hand" }>): string | undefined {
      if (last === undefined) return undefined;
      if (last.from !== from) return moves() ? "somebody else drives it by hand" : undefined;
      return n > last.n ? undefined : "this came too late: another command was behind it";
    },
    take(command: Extract<LiveCommand, { kind: "hand" }>): void {
      last = { ...command, at: now() };
    },
    release(): void {
      last = undefined;
    },
    command(sample: SensorSample): Command | undefined {
      if (last === undefined) return undefined;
      return moves() ? drive.command(sample, last.wish) : { kind: "stop" };
    },
  };
}

/** An obstacle may not be dropped nearer to the footprint than this. [m] */
const MIN_GAP = 0.03;
