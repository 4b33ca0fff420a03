import { driveNavigation } from "../../../src/drive/index.ts";
import {
  createFeatureWriter,
  createNetSpec,
  featureSizes,
  formatNetMetadata,
  type GridChannel,
  type NetSpec,
  netFrame,
  PATCH,
  parseNetMetadata,
} from "../../../src/init-net/index.ts";
import type { RunMeta, TickRecord } from "../../../src/record/index.ts";
import { computeDistanceField, type OccupancyGrid, robotSizes } from "../../../src/sim/index.ts";

/** What the network sees of a scene: bytes per channel, forward is up, the robot in the middle looks up. */
export type NetGrid = {
  /** Cells along a side. */ readonly window: number;
  /** Cells along a patch's side. */ readonly patch: number;
  /** [m] */ readonly side: number;
  /** Whether the network attends to patches at all. */ readonly attentive: boolean;
  readonly channels: readonly {
    readonly name: GridChannel /** (window, window) */;
    readonly bytes: Uint8Array;
  }[];
};

/**
 * The specification of the network that a run was driven with; where none was logged, of one that fits: the run's
 * navigation problem with the usual design.
 *
 * @throws FormatError for a logged specification that is none
 */
export function specOfRun(meta: RunMeta, tick: TickRecord): NetSpec {
  const logged = meta.config?.netSpec;
  if (logged !== undefined) return parseNetMetadata(formatNetMetadata(logged as NetSpec, {})).spec;
  const rateHz = typeof meta.config?.rateHz === "number" ? meta.config.rateHz : 10;
  const { lookahead, N, dt } = driveNavigation(meta.robot, rateHz);
  const { nu } = robotSizes(meta.robot);
  const sizes = tick.plan === undefined ? { N, dt } : { N: tick.plan.U.length / nu, dt: tick.plan.dt };
  return createNetSpec(meta.robot, { ...sizes, lookahead });
}

/**
 * The network's grid of a tick, made as the planner makes it, from the logged local grid.
 *
 * @param x (nx) measured state
 */
export function netGridOf(spec: NetSpec, x: Float64Array, grid: OccupancyGrid): NetGrid {
  const { window, reach, channels } = spec.options;
  const sizes = featureSizes(spec);
  const bytes = new Uint8Array(sizes.grid);
  // Path and bases are no part of the grid: the robot standing still will do.
  const { length, nu } = netFrame(spec);
  const X = new Float64Array((spec.N + 1) * x.length);
  for (let k = 0; k <= spec.N; k++) X.set(x, k * x.length);
  const scene = {
    x,
    goal: { x: x[0], y: x[1] },
    final: false,
    margin: 0,
    grid,
    field: computeDistanceField(grid, { unknown: "free" }),
    path: Float64Array.of(x[0], x[1]),
    bases: { path: { X, U: new Float64Array(spec.N * nu) } },
  };
  createFeatureWriter(spec).write(
    scene,
    bytes,
    new Float32Array(sizes.vector),
    new Float32Array(sizes.bases),
  );
  const C = channels.length;
  return {
    window,
    patch: PATCH,
    side: 2 * reach * length,
    attentive: spec.options.grid && spec.options.layers > 0,
    channels: channels.map((name, c) => {
      const upright = new Uint8Array(window * window);
      for (let i = 0; i < window; i++)
        for (let j = 0; j < window; j++)
          upright[(window - 1 - i) * window + (window - 1 - j)] = bytes[(i * window + j) * C + c];
      return { name, bytes: upright };
    }),
  };
}
