import { checkLength, wrapAngle } from "../base/index.ts";
import { distanceAt, OCCUPIED, UNKNOWN, worldToCell } from "../sim/index.ts";
import {
  BASES,
  featureSizes,
  type NetScene,
  type NetSpec,
  type NetTrajectory,
  PATH_POINTS,
  PATH_STEP,
  PROBE_STAGES,
  PROBES,
} from "./net-spec.ts";

/** Writes what a network sees of scenes, all of it in the robot's frame, lengths in lookaheads, speeds in limits. */
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

/** Distances that a byte of the grid spans [lookaheads], and what probes are clipped to. */
export const DISTANCE_BYTE = { low: -0.1, high: 0.3 } as const;
const PROBE = { low: -0.1, high: 0.35, scale: 5 } as const;
/** Unit of the margin. [m] */
const MARGIN_SCALE = 0.05;

/** The writer of what networks of one kind see. */
export function createFeatureWriter(spec: NetSpec): FeatureWriter {
  const sizes = featureSizes(spec);
  return {
    write(scene, grid, vector, bases) {
      checkLength("grid", grid.length, sizes.grid, "window*window*channels");
      checkLength("vector", vector.length, sizes.vector, "the features");
      checkLength("bases", bases.length, sizes.bases, "BASES*N*(nx+nu)");
      writeGrid(spec, scene, grid);
      checkLength("vector", writeVector(spec, scene, vector), sizes.vector, "the features");
      for (let b = 0; b < BASES; b++) writeTrajectory(spec, scene.x, base(scene, b), bases, b * sizes.target);
    },
    target(x0, trajectory, out) {
      checkLength("target", out.length, sizes.target, "N*(nx+nu)");
      writeTrajectory(spec, x0, trajectory, out, 0);
    },
    decode: (x0, output, offset) => decodeTrajectory(spec, x0, output, offset),
  };
}

function writeGrid({ lookahead: L, options }: NetSpec, { x, grid, field }: NetScene, out: Uint8Array): void {
  const { window, reach, channels } = options;
  const cell = new Float64Array(2);
  const step = (2 * reach * L) / window;
  const c = Math.cos(x[2]);
  const s = Math.sin(x[2]);
  let at = 0;
  for (let i = 0; i < window; i++) {
    const forward = (i + 0.5) * step - reach * L;
    for (let j = 0; j < window; j++) {
      const left = (j + 0.5) * step - reach * L;
      const px = x[0] + c * forward - s * left;
      const py = x[1] + s * forward + c * left;
      const d = distanceAt(field, px, py);
      for (const channel of channels) {
        if (channel === "distance") {
          const share = (d / L - DISTANCE_BYTE.low) / (DISTANCE_BYTE.high - DISTANCE_BYTE.low);
          out[at++] = Math.round(255 * Math.min(1, Math.max(0, share)));
        } else {
          const known = cellValue(grid, px, py, cell);
          out[at++] = known !== UNKNOWN && d < 0.5 * step ? 255 : known === UNKNOWN ? 128 : 0;
        }
      }
    }
  }
}

/** @returns how many numbers were written */
function writeVector(spec: NetSpec, scene: NetScene, out: Float32Array): number {
  const { nx, speedScale, options } = spec;
  const { x, goal } = scene;
  let at = 0;
  for (let i = 3; i < nx; i++) out[at++] = x[i] / speedScale[i - 3];
  at = writePoint(spec, x, goal.x, goal.y, out, at);
  const turn = goal.yaw === undefined ? undefined : goal.yaw - x[2];
  out[at++] = turn === undefined ? 0 : Math.cos(turn);
  out[at++] = turn === undefined ? 0 : Math.sin(turn);
  out[at++] = turn === undefined ? 0 : 1;
  out[at++] = scene.final ? 1 : 0;
  out[at++] = scene.margin / MARGIN_SCALE;
  out[at++] = scene.bases.shift === undefined || !options.bases ? 0 : 1;
  const afterPath = writePath(spec, scene, out, at);
  if (!options.bases) out.fill(0, at, afterPath);
  return writeProbes(spec, scene, out, afterPath);
}

/** A point in the frame of the robot at `x`. @returns where the next number goes, as all of these do */
function writePoint(
  { lookahead: L }: NetSpec,
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
function writePath(spec: NetSpec, { x, path }: NetScene, out: Float32Array, from: number): number {
  let at = from;
  let segment = 0;
  let walked = 0;
  const last = path.length / 2 - 1;
  for (let p = 1; p <= PATH_POINTS; p++) {
    const wanted = p * PATH_STEP * spec.lookahead;
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
    at = writePoint(spec, x, px, py, out, at);
  }
  return at;
}

/** Distances to obstacles at points around both bases. */
function writeProbes(spec: NetSpec, scene: NetScene, out: Float32Array, from: number): number {
  const { nx, N, lookahead: L, options } = spec;
  let at = from;
  for (let b = 0; b < BASES; b++) {
    const { X } = base(scene, b);
    for (let k = PROBE_STAGES; k <= N; k += PROBE_STAGES) {
      const [px, py] = [X[k * nx], X[k * nx + 1]];
      const bc = Math.cos(X[k * nx + 2]);
      const bs = Math.sin(X[k * nx + 2]);
      for (const [forward, left] of PROBES) {
        const qx = px + L * (bc * forward - bs * left);
        const qy = py + L * (bs * forward + bc * left);
        const d = options.grid && options.bases ? distanceAt(scene.field, qx, qy) / L : PROBE.high;
        out[at++] = PROBE.scale * Math.min(PROBE.high, Math.max(PROBE.low, d));
      }
    }
  }
  return at;
}

function writeTrajectory(
  spec: NetSpec,
  x0: Float64Array,
  { X, U }: NetTrajectory,
  out: Float32Array,
  offset: number,
): void {
  const { nx, nu, N, speedScale, controlScale } = spec;
  let yaw = wrapAngle(X[2] - x0[2]);
  for (let k = 1; k <= N; k++) {
    const at = k * nx;
    const to = offset + (k - 1) * (nx + nu);
    yaw += wrapAngle(X[at + 2] - X[at - nx + 2]);
    writePoint(spec, x0, X[at], X[at + 1], out, to);
    out[to + 2] = yaw;
    for (let i = 3; i < nx; i++) out[to + i] = X[at + i] / speedScale[i - 3];
    for (let i = 0; i < nu; i++) out[to + nx + i] = U[(k - 1) * nu + i] / controlScale[i];
  }
}

function decodeTrajectory(
  { nx, nu, N, lookahead: L, speedScale, controlScale, options }: NetSpec,
  x0: Float64Array,
  output: Float32Array,
  offset: number,
): { X?: Float64Array; U: Float64Array } {
  const U = new Float64Array(N * nu);
  const states = options.predicts === "trajectory";
  const width = states ? nx + nu : nu;
  for (let k = 0; k < N; k++) {
    const from = offset + k * width + width - nu;
    for (let i = 0; i < nu; i++)
      U[k * nu + i] = controlScale[i] * Math.max(-1, Math.min(1, output[from + i]));
  }
  if (!states) return { U };
  const X = new Float64Array((N + 1) * nx);
  X.set(x0);
  const c = Math.cos(x0[2]);
  const s = Math.sin(x0[2]);
  for (let k = 1; k <= N; k++) {
    const from = offset + (k - 1) * width;
    const at = k * nx;
    X[at] = x0[0] + L * (c * output[from] - s * output[from + 1]);
    X[at + 1] = x0[1] + L * (s * output[from] + c * output[from + 1]);
    X[at + 2] = x0[2] + output[from + 2];
    for (let i = 3; i < nx; i++) X[at + i] = speedScale[i - 3] * output[from + i];
  }
  return { X, U };
}

/** The path's trajectory, or the shifted last plan where there is one. */
function base({ bases }: NetScene, index: number): NetTrajectory {
  return index === 0 ? bases.path : (bases.shift ?? bases.path);
}

/** What the grid says of a point; beyond its border nothing is known. */
function cellValue(grid: NetScene["grid"], x: number, y: number, cell: Float64Array): number {
  worldToCell(grid, x, y, cell);
  const i = Math.floor(cell[0]);
  const j = Math.floor(cell[1]);
  if (i < 0 || j < 0 || i >= grid.width || j >= grid.height) return UNKNOWN;
  const value = grid.cells[j * grid.width + i];
  return value === UNKNOWN ? UNKNOWN : value >= OCCUPIED ? OCCUPIED : 0;
}
