import { ConfigError } from "../base/index.ts";
import { type Disc, discRadius, footprintDiscs, type Robot, robotSizes } from "../sim/index.ts";
import { isShared, type NetSpec, PROBES } from "./net-spec.ts";
import { robotLength, robotWords, speedSlots } from "./robot-words.ts";

/**
 * How a robot's scenes and trajectories are told to a network: in which units, and where it finds what.
 *
 * A network for one robot measures in lookaheads, has that robot's states and controls, and reads distances at points. One
 * for any robot measures in lookahead and reach together, finds the robot's speeds among those that all kinds share, with
 * zeros elsewhere, reads what is left beside the robot's discs, and is told which robot it is.
 */
export type NetFrame = {
  /** Unit of length. [m] */ readonly length: number;
  /** The robot's states and controls. */ readonly nx: number;
  readonly nu: number;
  /** (nu) which of the network's speeds and controls each of the robot's is. */ readonly slots: readonly number[];
  /** Unit of the margin. [m] */ readonly margin: number;
  /** Taken off the distances in the grid. [m] */ readonly radius: number;
  /** Of each probe the discs, body frame, of which the least clearance counts. [m] */
  readonly probes: readonly (readonly Disc[])[];
  /** (`ROBOT_WORDS`) which robot it is; empty where there is but one. */ readonly words: Float32Array;
};

/** Unit of the margin: metres, or a share of the unit of length. */
const MARGIN = 0.05;
/** Probes of the robot moved aside, left and right in turn, in units of length. */
const ASIDE = [0.08, -0.08, 0.2, -0.2, 0.4, -0.4] as const;

/** @throws ConfigError for the specification of a network for any robot that is not yet a robot's, see `specFor` */
export function netFrame(spec: NetSpec): NetFrame {
  const { options, lookahead, body, N, dt, nx, nu } = spec;
  if (isShared(spec))
    throw new ConfigError(
      `the network is for ${spec.robot}, expected one that is told which: specFor(spec, robot, sizes)`,
    );
  if (options.robots === "one")
    return {
      length: lookahead,
      nx,
      nu,
      slots: Array.from({ length: nu }, (_, i) => i),
      margin: MARGIN,
      radius: 0,
      probes: PROBES.map(([forward, left]) => [{ x: lookahead * forward, y: lookahead * left, r: 0 }]),
      words: new Float32Array(0),
    };
  const robot = { name: spec.robot, source: "", ...body } as Robot;
  const length = robotLength(robot, lookahead);
  return {
    length,
    ...robotSizes(robot),
    slots: speedSlots(robot, "any"),
    margin: MARGIN * length,
    radius: discRadius(robot),
    probes: discProbes(footprintDiscs(robot), length),
    words: robotWords(robot, N * dt, lookahead),
  };
}

/** The front half, the rear half, and all of the discs moved aside; left and right as in {@link PROBES}. */
function discProbes(discs: readonly Disc[], length: number): Disc[][] {
  const middle = discs.reduce((sum, { x }) => sum + x, 0) / discs.length;
  const slack = 1e-9 * length;
  return [
    discs.filter(({ x }) => x >= middle - slack),
    discs.filter(({ x }) => x <= middle + slack),
    ...ASIDE.map((left) => discs.map(({ x, y, r }) => ({ x, y: y + left * length, r }))),
  ];
}
