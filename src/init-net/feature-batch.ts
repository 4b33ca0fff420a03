import { PATCH } from "./net-options.ts";
import {
  BASES,
  featureSizes,
  type NetSpec,
  PATH_POINTS,
  PROBE_STAGES,
  PROBES,
  robotWordCount,
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

/** What a mirror image (left and right swapped) does to a row: element i becomes `sign[i]` times element `from[i]`. */
export type Reflection = { readonly sign: Float32Array; readonly from: Uint32Array };

export type Mirror = {
  readonly vector: Reflection;
  /** Of one trajectory's N * (nx + nu) numbers. */
  readonly trajectory: Reflection;
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
  at += SCENE_FEATURES + robotWordCount(spec);
  for (let p = 0; p < PATH_POINTS; p++, at += 2) sign[at + 1] = -1;
  const opposite = PROBES.map(([f, l]) => PROBES.findIndex(([g, m]) => g === f && m === -l));
  for (let knot = 0; knot < BASES * Math.floor(N / PROBE_STAGES); knot++, at += PROBES.length) {
    for (let p = 0; p < PROBES.length; p++) from[at + p] = at + opposite[p];
  }
  const width = nx + nu;
  const keeps = (i: number): boolean => [0, 3, nx].includes(i % width);
  const trajectory = {
    sign: Float32Array.from({ length: sizes.target }, (_, i) => (keeps(i) ? 1 : -1)),
    from: Uint32Array.from({ length: sizes.target }, (_, i) => i),
  };
  return { vector: { sign, from }, trajectory };
}

/** Copies rows of one kind of features, mirrored or not; `length` is a multiple of the reflection's. */
export function fillRows(
  reflection: Reflection | undefined,
  rows: Float32Array,
  offset: number,
  out: Float32Array,
  outOffset: number,
  length: number,
): void {
  if (reflection === undefined) {
    out.set(rows.subarray(offset, offset + length), outOffset);
    return;
  }
  const { sign, from } = reflection;
  for (let row = 0; row < length; row += sign.length) {
    for (let i = 0; i < sign.length; i++) out[outOffset + row + i] = sign[i] * rows[offset + row + from[i]];
  }
}
