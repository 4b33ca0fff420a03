import { checkLength, wrapAngle } from "../base/index.ts";
import { distanceAt, distanceAtCell, type GridFrame, OCCUPIED, UNKNOWN, worldToCell } from "../sim/index.ts";
import { type NetFrame, netFrame } from "./net-frame.ts";
import {
  BASES,
  featureSizes,
  type NetScene,
  type NetSpec,
  type NetTrajectory,
  PATH_POINTS,
  PATH_STEP,
  PROBE_STAGES,
  predictedRows,
} from "./net-spec.ts";

/** Writes what a network sees of scenes, all of it in the robot's frame, in the units of a {@link NetFrame}, speeds in limits. */
export type FeatureWriter = {
  /**
   * Writes what the network sees of a scene.
   *
   * @param grid (window, window, channels) bytes: cells from behind to ahead, right to left
   * @param vector (FeatureSizes.vector)
   * @param bases (BASES, N, nx + nu)
   */
  write(scene: NetScene, grid: Uint8Array, vector: Float32Array, bases: Float32Array): void;
  /** A trajectory as the network is to predict it: X[1..N] and U[0..N-1] stage by stage. */
  target(x0: Float64Array, trajectory: NetTrajectory, out: Float32Array): void;
  /** The trajectory of a prediction that begins at `offset`; states only where the network predicts them. */
  decode(x0: Float64Array, output: Float32Array, offset: number): { X?: Float64Array; U: Float64Array };
};

/** Distances that a byte of the grid spans, and what probes are clipped to, in units of length. */
export const DISTANCE_BYTE = { low: -0.1, high: 0.3 } as const;
const PROBE = { low: -0.1, high: 0.35, scale: 5 } as const;
/** The writer of what networks of one kind see. */
export function createFeatureWriter(spec: NetSpec): FeatureWriter {
  const sizes = featureSizes(spec);
  const frame = netFrame(spec);
  return {
    write(scene, grid, vector, bases) {
      checkLength("grid", grid.length, sizes.grid, "window*window*channels");
      checkLength("vector", vector.length, sizes.vector, "the features");
      checkLength("bases", bases.length, sizes.bases, "BASES*N*(nx+nu)");
      writeGrid(spec, frame, scene, grid);
      checkLength("vector", writeVector(spec, frame, scene, vector), sizes.vector, "the features");
      for (let b = 0; b < BASES; b++)
        writeTrajectory(spec, frame, scene.x, base(scene, b), bases, b * sizes.target);
    },
    target(x0, trajectory, out) {
      checkLength("target", out.length, sizes.target, "N*(nx+nu)");
      writeTrajectory(spec, frame, x0, trajectory, out, 0);
    },
    decode: (x0, output, offset) => decodeTrajectory(spec, frame, x0, output, offset),
  };
}

/** The window's cells; their places in the two grids are affine in the window's rows and columns. */
function writeGrid(
  { options }: NetSpec,
  { length: L, radius }: NetFrame,
  { x, grid, field }: NetScene,
  out: Uint8Array,
): void {
  const { window, reach, channels } = options;
  const step = (2 * reach * L) / window;
  const inField = windowIn(field, x, step);
  const inGrid = windowIn(grid, x, step);
  const middle = (window - 1) / 2;
  let at = 0;
  for (let i = 0; i < window; i++) {
    const ahead = i - middle;
    for (let j = 0; j < window; j++) {
      const left = j - middle;
      const d = distanceAtCell(
        field,
        inField.u + inField.along * ahead - inField.across * left,
        inField.v + inField.across * ahead + inField.along * left,
      );
      for (let c = 0; c < channels.length; c++) {
        if (channels[c] === "distance") {
          const share = ((d - radius) / L - DISTANCE_BYTE.low) / (DISTANCE_BYTE.high - DISTANCE_BYTE.low);
          out[at++] = Math.round(255 * Math.min(1, Math.max(0, share)));
        } else {
          const known = cellValue(
            grid,
            inGrid.u + inGrid.along * ahead - inGrid.across * left,
            inGrid.v + inGrid.across * ahead + inGrid.along * left,
          );
          out[at++] = known !== UNKNOWN && d < 0.5 * step ? 255 : known === UNKNOWN ? 128 : 0;
        }
      }
    }
  }
}

/** Where a robot stands in a grid, and the way from one of its window's cells to the next ahead. All in the grid's cells */
function windowIn(frame: GridFrame, x: Float64Array, step: number) {
  const [u, v] = worldToCell(frame, x[0], x[1]);
  const yaw = x[2] - frame.origin.yaw;
  const cells = step / frame.resolution;
  return { u, v, along: cells * Math.cos(yaw), across: cells * Math.sin(yaw) };
}

/** @returns how many numbers were written */
function writeVector(spec: NetSpec, frame: NetFrame, scene: NetScene, out: Float32Array): number {
  const { nu, speedScale, options } = spec;
  const { x, goal } = scene;
  out.fill(0, 0, nu);
  for (const [i, slot] of frame.slots.entries()) out[slot] = x[3 + i] / speedScale[slot];
  let at = writePoint(frame, x, goal.x, goal.y, out, nu);
  const turn = goal.yaw === undefined ? undefined : goal.yaw - x[2];
  out[at++] = turn === undefined ? 0 : Math.cos(turn);
  out[at++] = turn === undefined ? 0 : Math.sin(turn);
  out[at++] = turn === undefined ? 0 : 1;
  out[at++] = scene.final ? 1 : 0;
  out[at++] = scene.margin / frame.margin;
  out[at++] = scene.bases.shift === undefined || !options.bases ? 0 : 1;
  out.set(frame.words, at);
  at += frame.words.length;
  const afterPath = writePath(frame, scene, out, at);
  if (!options.bases) out.fill(0, at, afterPath);
  return writeProbes(spec, frame, scene, out, afterPath);
}

/** A point in the frame of the robot at `x`. @returns where the next number goes, as all of these do */
function writePoint(
  { length: L }: NetFrame,
  x: Float64Array,
  px: number,
  py: number,
  out: Float32Array,
  at: number,
): number {
  const c = Math.cos(x[2]);
  const s = Math.sin(x[2]);
  out[at] = (c * (px - x[0]) + s * (py - x[1])) / L;
  out[at + 1] = (-s * (px - x[0]) + c * (py - x[1])) / L;
  return at + 2;
}

/** Points at even distances along the path; its end where it is shorter. */
function writePath(frame: NetFrame, { x, path }: NetScene, out: Float32Array, from: number): number {
  let at = from;
  let segment = 0;
  let walked = 0;
  const last = path.length / 2 - 1;
  for (let p = 1; p <= PATH_POINTS; p++) {
    const wanted = p * PATH_STEP * frame.length;
    let length = 0;
    while (segment < last) {
      length = Math.hypot(
        path[2 * segment + 2] - path[2 * segment],
        path[2 * segment + 3] - path[2 * segment + 1],
      );
      if (walked + length >= wanted) break;
      walked += length;
      segment++;
    }
    const next = Math.min(last, segment + 1);
    const share = segment < last && length > 0 ? (wanted - walked) / length : 0;
    const px = path[2 * segment] + share * (path[2 * next] - path[2 * segment]);
    const py = path[2 * segment + 1] + share * (path[2 * next + 1] - path[2 * segment + 1]);
    at = writePoint(frame, x, px, py, out, at);
  }
  return at;
}

/** Clearances of the probes along both bases. */
function writeProbes(
  { N, options }: NetSpec,
  { length: L, nx, probes }: NetFrame,
  scene: NetScene,
  out: Float32Array,
  from: number,
): number {
  let at = from;
  for (let b = 0; b < BASES; b++) {
    const { X } = base(scene, b);
    for (let k = PROBE_STAGES; k <= N; k += PROBE_STAGES) {
      const bc = Math.cos(X[k * nx + 2]);
      const bs = Math.sin(X[k * nx + 2]);
      for (const discs of probes) {
        let least = Number.POSITIVE_INFINITY;
        if (options.grid && options.bases)
          for (const { x, y, r } of discs) {
            const qx = X[k * nx] + (bc * x - bs * y);
            const qy = X[k * nx + 1] + (bs * x + bc * y);
            least = Math.min(least, distanceAt(scene.field, qx, qy) - r);
          }
        out[at++] = PROBE.scale * Math.min(PROBE.high, Math.max(PROBE.low, least / L));
      }
    }
  }
  return at;
}

function writeTrajectory(
  { nx: rows, nu: rates, N, speedScale, controlScale }: NetSpec,
  frame: NetFrame,
  x0: Float64Array,
  { X, U }: NetTrajectory,
  out: Float32Array,
  offset: number,
): void {
  const { nx, nu, slots } = frame;
  let yaw = wrapAngle(X[2] - x0[2]);
  out.fill(0, offset, offset + N * (rows + rates));
  for (let k = 1; k <= N; k++) {
    const at = k * nx;
    const to = offset + (k - 1) * (rows + rates);
    yaw += wrapAngle(X[at + 2] - X[at - nx + 2]);
    writePoint(frame, x0, X[at], X[at + 1], out, to);
    out[to + 2] = yaw;
    for (const [i, slot] of slots.entries()) {
      out[to + 3 + slot] = X[at + 3 + i] / speedScale[slot];
      out[to + rows + slot] = U[(k - 1) * nu + i] / controlScale[slot];
    }
  }
}

function decodeTrajectory(
  spec: NetSpec,
  { length: L, nx, nu, slots }: NetFrame,
  x0: Float64Array,
  output: Float32Array,
  offset: number,
): { X?: Float64Array; U: Float64Array } {
  const { nx: rows, N, dt, speedScale, controlScale, options } = spec;
  const { from: first, to: end } = predictedRows(spec);
  const width = end - first;
  const U = new Float64Array(N * nu);
  const X = new Float64Array((N + 1) * nx);
  X.set(x0);
  const c = Math.cos(x0[2]);
  const s = Math.sin(x0[2]);
  const states = options.predicts !== "controls";
  for (let k = 0; k < N; k++) {
    const from = offset + k * width - first;
    const at = (k + 1) * nx;
    X[at] = x0[0] + L * (c * output[from] - s * output[from + 1]);
    X[at + 1] = x0[1] + L * (s * output[from] + c * output[from + 1]);
    X[at + 2] = x0[2] + output[from + 2];
    for (const [i, slot] of slots.entries()) {
      if (states) X[at + 3 + i] = speedScale[slot] * output[from + 3 + slot];
      const limit = controlScale[slot];
      const u =
        options.predicts === "states"
          ? (X[at + 3 + i] - X[at - nx + 3 + i]) / dt // every control is the rate of a state
          : limit * output[from + rows + slot];
      U[k * nu + i] = Math.max(-limit, Math.min(limit, u));
    }
  }
  return states ? { X, U } : { U };
}

/** The path's trajectory, or the shifted last plan where there is one. */
function base({ bases }: NetScene, index: number): NetTrajectory {
  return index === 0 ? bases.path : (bases.shift ?? bases.path);
}

/** What the grid says of a place in it; beyond its border nothing is known. [cells] */
function cellValue({ width, height, cells }: NetScene["grid"], column: number, row: number): number {
  const i = Math.floor(column);
  const j = Math.floor(row);
  if (!(i >= 0 && j >= 0 && i < width && j < height)) return UNKNOWN;
  const value = cells[j * width + i];
  return value === UNKNOWN ? UNKNOWN : value >= OCCUPIED ? OCCUPIED : 0;
}
