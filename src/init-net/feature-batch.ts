import { PATCH } from "./net-options.ts";
import {
  BASES,
  featureSizes,
  type NetSpec,
  PATH_POINTS,
  PROBE_STAGES,
  PROBES,
  SCENE_FEATURES,
} from "./net-spec.ts";

/** What a byte of each channel means: `byte / 255 - center`, so that an average cell is near 0. */
const CENTER = { occupancy: 0.15, distance: 0.6 } as const;

/**
 * Unpacks the bytes of a grid into patches.
 *
 * @param bytes (window, window, channels) from `offset` on
 * @param out (tokens, PATCH * PATCH * channels) from `outOffset` on
 * @param mirror left and right swapped
 */
export function fillPatches(
  { options }: NetSpec,
  bytes: Uint8Array,
  offset: number,
  out: Float32Array,
  outOffset: number,
  mirror = false,
): void {
  const { window, channels } = options;
  const C = channels.length;
  const centers = channels.map((channel) => CENTER[channel]);
  let to = outOffset;
  for (let a = 0; a < window; a += PATCH) {
    for (let b = 0; b < window; b += PATCH) {
      for (let i = a; i < a + PATCH; i++) {
        for (let j = b; j < b + PATCH; j++) {
          const from = offset + (i * window + (mirror ? window - 1 - j : j)) * C;
          for (let c = 0; c < C; c++) out[to++] = bytes[from + c] / 255 - centers[c];
        }
      }
    }
  }
}

/** For each kind of features, +1 or -1 by which a mirror image (left and right swapped) multiplies them, and from where. */
export type Mirror = {
  readonly vector: { readonly sign: Float32Array; readonly from: Uint32Array };
  /** Signs of one trajectory's N * (nx + nu) numbers. */
  readonly trajectory: Float32Array;
};

/** Mirror images double the data: in the robot's frame y, yaw, turn rates and lateral speeds change sign. */
export function createMirror(spec: NetSpec): Mirror {
  const { nx, nu, N } = spec;
  const sizes = featureSizes(spec);
  const sign = new Float32Array(sizes.vector).fill(1);
  const from = Uint32Array.from({ length: sizes.vector }, (_, i) => i);
  let at = 0;
  for (let i = 3; i < nx; i++, at++) if (i > 3) sign[at] = -1;
  sign[at + 1] = -1; // goal y
  sign[at + 3] = -1; // sine of the goal's yaw
  at += SCENE_FEATURES;
  for (let p = 0; p < PATH_POINTS; p++, at += 2) sign[at + 1] = -1;
  const opposite = PROBES.map(([f, l]) => PROBES.findIndex(([g, m]) => g === f && m === -l));
  for (let knot = 0; knot < BASES * Math.floor(N / PROBE_STAGES); knot++, at += PROBES.length) {
    for (let p = 0; p < PROBES.length; p++) from[at + p] = at + opposite[p];
  }
  const trajectory = new Float32Array(sizes.target);
  const width = nx + nu;
  for (let i = 0; i < trajectory.length; i++) {
    const j = i % width;
    trajectory[i] = j === 0 || j === 3 || j === nx ? 1 : -1;
  }
  return { vector: { sign, from }, trajectory };
}

/** Copies a row of the vector, mirrored or not. */
export function fillVector(
  mirror: Mirror | undefined,
  vector: Float32Array,
  offset: number,
  out: Float32Array,
  outOffset: number,
  length: number,
): void {
  if (mirror === undefined) {
    out.set(vector.subarray(offset, offset + length), outOffset);
    return;
  }
  const { sign, from } = mirror.vector;
  for (let i = 0; i < length; i++) out[outOffset + i] = sign[i] * vector[offset + from[i]];
}

/** Copies `count` trajectories (bases, or a target), mirrored or not. */
export function fillTrajectories(
  mirror: Mirror | undefined,
  rows: Float32Array,
  offset: number,
  out: Float32Array,
  outOffset: number,
  length: number,
): void {
  if (mirror === undefined) {
    out.set(rows.subarray(offset, offset + length), outOffset);
    return;
  }
  const signs = mirror.trajectory;
  for (let i = 0; i < length; i++) out[outOffset + i] = signs[i % signs.length] * rows[offset + i];
}
