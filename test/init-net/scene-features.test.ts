import { describe, expect, test } from "vitest";
import { createRng, type Rng } from "../../src/base/index.ts";
import {
  createFeatureWriter,
  createMirror,
  createNetSpec,
  featureSizes,
  fillPatches,
  fillRows,
  MNEMOSYNE_NET,
  type NetScene,
  type NetTrajectory,
  resolveNetOptions,
} from "../../src/init-net/index.ts";
import {
  computeDistanceField,
  getRobot,
  type OccupancyGrid,
  type Pose,
  type Robot,
  robotDynamics,
  robotSizes,
} from "../../src/sim/index.ts";

const PROBLEM = { N: 20, dt: 0.1, lookahead: 3 };
const ROBOTS = ["jackal", "f1tenth", "omni"] as const;
const CELLS = 80;

/** Cells of 0.1 m around the origin, symmetric places for mirror images; some unknown. */
function randomGrid(rng: Rng): OccupancyGrid {
  const cells = Int8Array.from({ length: CELLS * CELLS }, () => {
    const u = rng.uniform();
    return u < 0.03 ? 100 : u < 0.06 ? -1 : 0;
  });
  return { width: CELLS, height: CELLS, resolution: 0.1, origin: { x: -4, y: -4, yaw: 0 }, cells };
}

function randomTrajectory(robot: Robot, x0: Float64Array, rng: Rng): NetTrajectory {
  const { nx, nu } = robotSizes(robot);
  const dynamics = robotDynamics(robot, PROBLEM.dt);
  const X = new Float64Array((PROBLEM.N + 1) * nx);
  const U = Float64Array.from({ length: PROBLEM.N * nu }, () => 0.5 * rng.gauss());
  X.set(x0);
  for (let k = 0; k < PROBLEM.N; k++) {
    const next = X.subarray((k + 1) * nx, (k + 2) * nx);
    dynamics.step(X.subarray(k * nx, (k + 1) * nx), U.subarray(k * nu, (k + 1) * nu), k, next);
  }
  return { X, U };
}

function randomScene(robot: Robot, seed: number): NetScene {
  const rng = createRng(seed);
  const { nx } = robotSizes(robot);
  const grid = randomGrid(rng);
  // At the origin and heading along x, so that a mirror image is a flip of the grid's rows.
  const x = Float64Array.from({ length: nx }, (_, i) => (i < 3 ? 0 : 0.3 * rng.gauss()));
  return {
    x,
    goal: { x: 2, y: 0.7, yaw: 0.4 },
    final: true,
    margin: 0.04,
    grid,
    field: computeDistanceField(grid, { unknown: "free" }),
    path: Float64Array.of(0, 0, 0.8, 0.3, 1.5, 0.4, 2.4, 0.9),
    bases: { path: randomTrajectory(robot, x, rng), shift: randomTrajectory(robot, x, rng) },
  };
}

/** Left and right swapped in the map frame. */
function mirrored(scene: NetScene, robot: Robot): NetScene {
  const { nx, nu } = robotSizes(robot);
  const states = (v: Float64Array, n: number, odd: (i: number) => boolean): Float64Array =>
    v.map((value, at) => (odd(at % n) ? -value : value));
  const trajectory = ({ X, U }: NetTrajectory): NetTrajectory => ({
    X: states(X, nx, (i) => i !== 0 && i !== 3),
    U: states(U, nu, (i) => i !== 0),
  });
  const { width, height } = scene.grid;
  const cells = Int8Array.from(scene.grid.cells, (_, at) => {
    const j = Math.floor(at / width);
    return scene.grid.cells[(height - 1 - j) * width + (at % width)];
  });
  const grid = { ...scene.grid, cells };
  return {
    ...scene,
    x: states(scene.x, nx, (i) => i !== 0 && i !== 3),
    goal: { x: scene.goal.x, y: -scene.goal.y, yaw: -scene.goal.yaw! },
    grid,
    field: computeDistanceField(grid, { unknown: "free" }),
    path: scene.path.map((v, i) => (i % 2 === 1 ? -v : v)),
    bases: { path: trajectory(scene.bases.path), shift: trajectory(scene.bases.shift!) },
  };
}

function features(robot: Robot, scene: NetScene) {
  const spec = createNetSpec(robot, PROBLEM);
  const sizes = featureSizes(spec);
  const row = {
    grid: new Uint8Array(sizes.grid),
    vector: new Float32Array(sizes.vector),
    bases: new Float32Array(sizes.bases),
  };
  createFeatureWriter(spec).write(scene, row.grid, row.vector, row.bases);
  return { spec, sizes, ...row };
}

/** Moves and turns a whole scene about the map's origin by a quarter turn, so that cells fall on cells. */
function turned(scene: NetScene, robot: Robot): NetScene {
  const { nx } = robotSizes(robot);
  const points = (v: Float64Array): Float64Array => v.map((_, i) => (i % 2 === 0 ? -v[i + 1] : v[i - 1]));
  const states = (X: Float64Array): Float64Array =>
    X.map((v, at) => {
      const i = at % nx;
      return i === 0 ? -X[at + 1] : i === 1 ? X[at - 1] : i === 2 ? v + Math.PI / 2 : v;
    });
  const cells = Int8Array.from(scene.grid.cells, (_, at) => {
    const [i, j] = [at % CELLS, Math.floor(at / CELLS)];
    return scene.grid.cells[(CELLS - 1 - i) * CELLS + j];
  });
  const grid = { ...scene.grid, cells };
  const trajectory = ({ X, U }: NetTrajectory): NetTrajectory => ({ X: states(X), U });
  return {
    ...scene,
    x: states(scene.x),
    goal: { x: -scene.goal.y, y: scene.goal.x, yaw: scene.goal.yaw! + Math.PI / 2 },
    grid,
    field: computeDistanceField(grid, { unknown: "free" }),
    path: points(scene.path),
    bases: { path: trajectory(scene.bases.path), shift: trajectory(scene.bases.shift!) },
  };
}

/** Moves and turns a whole scene, the frame of its grid with it. */
function carried(scene: NetScene, robot: Robot, to: Pose): NetScene {
  const { nx } = robotSizes(robot);
  const [c, s] = [Math.cos(to.yaw), Math.sin(to.yaw)];
  const pose = ({ x, y, yaw }: Pose): Pose => ({
    x: to.x + c * x - s * y,
    y: to.y + s * x + c * y,
    yaw: to.yaw + yaw,
  });
  const points = (v: Float64Array, length: number): Float64Array => {
    const out = v.slice();
    for (let at = 0; at < v.length; at += length) {
      const { x, y, yaw } = pose({ x: v[at], y: v[at + 1], yaw: length > 2 ? v[at + 2] : 0 });
      out.set(length > 2 ? [x, y, yaw] : [x, y], at);
    }
    return out;
  };
  const origin = pose(scene.grid.origin);
  const trajectory = ({ X, U }: NetTrajectory): NetTrajectory => ({ X: points(X, nx), U });
  return {
    ...scene,
    x: points(scene.x, nx),
    goal: pose({ ...scene.goal, yaw: scene.goal.yaw! }),
    grid: { ...scene.grid, origin },
    field: { ...scene.field, origin },
    path: points(scene.path, 2),
    bases: { path: trajectory(scene.bases.path), shift: trajectory(scene.bases.shift!) },
  };
}

describe.each(ROBOTS)("features of a scene of %s", (name) => {
  const robot = getRobot(name);
  const scene = randomScene(robot, 3);

  test("a trajectory comes back from the numbers the network is to predict", () => {
    const spec = createNetSpec(robot, PROBLEM);
    const writer = createFeatureWriter(spec);
    const out = new Float32Array(featureSizes(spec).target);
    const x0 = scene.x.map((v, i) => (i < 2 ? v + 1.5 : i === 2 ? 2 : v));
    const truth = randomTrajectory(robot, x0, createRng(9));
    writer.target(x0, truth, out);
    const back = writer.decode(x0, out, 0);
    // float32, controls within their limits
    truth.X.forEach((v, i) => {
      expect(back.X![i]).toBeCloseTo(v, 5);
    });
    truth.U.forEach((v, i) => {
      const limit = spec.controlScale[i % spec.nu];
      expect(back.U[i]).toBeCloseTo(Math.max(-limit, Math.min(limit, v)), 5);
    });
  });

  test("the features of a mirror image are the mirrored features", () => {
    const a = features(robot, scene);
    const b = features(robot, mirrored(scene, robot));
    const mirror = createMirror(a.spec);
    const vector = new Float32Array(a.sizes.vector);
    fillRows(mirror.vector, a.vector, 0, vector, 0, vector.length);
    vector.forEach((v, i) => {
      expect(v, `vector ${i}`).toBeCloseTo(b.vector[i], 5);
    });
    const bases = new Float32Array(a.sizes.bases);
    fillRows(mirror.trajectory, a.bases, 0, bases, 0, bases.length);
    bases.forEach((v, i) => {
      expect(v, `bases ${i}`).toBeCloseTo(b.bases[i], 5);
    });
    const [flipped, truth] = [a, b].map(({ spec, sizes, grid }, i) => {
      const out = new Float32Array(sizes.tokens * sizes.patch);
      fillPatches(spec, grid, 0, out, 0, i === 0);
      return out;
    });
    let differing = 0;
    flipped.forEach((v, i) => {
      if (Math.abs(v - truth[i]) > 1 / 254) differing++;
    });
    // Points on a cell's border may fall to either side.
    expect(differing / flipped.length).toBeLessThan(0.01);
  });

  test("the features do not depend on where the scene lies in the map", () => {
    const a = features(robot, scene);
    const b = features(robot, turned(scene, robot));
    a.vector.forEach((v, i) => {
      expect(v, `vector ${i}`).toBeCloseTo(b.vector[i], 4);
    });
    a.bases.forEach((v, i) => {
      expect(v, `bases ${i}`).toBeCloseTo(b.bases[i], 4);
    });
    const differing = a.grid.reduce((n, v, i) => n + (Math.abs(v - b.grid[i]) > 1 ? 1 : 0), 0);
    expect(differing / a.grid.length).toBeLessThan(0.01);
  });

  test("nor on where the map's frame lies, and how it is turned", () => {
    const a = features(robot, scene);
    const b = features(robot, carried(scene, robot, { x: 31, y: -7, yaw: 0.7 }));
    const off = (name: "grid" | "vector" | "bases", most: number): number =>
      [...a[name]].filter((v, i) => Math.abs(v - b[name][i]) > most).length;
    expect([off("vector", 1e-5), off("bases", 1e-5)]).toEqual([0, 0]);
    // Points on a cell's border may fall to either side.
    expect(off("grid", 1) / a.grid.length).toBeLessThan(0.001);
  });
});

test("a patch holds five by five neighbouring cells, channels last", () => {
  const spec = createNetSpec(getRobot("jackal"), PROBLEM, { window: 10 });
  const bytes = Uint8Array.from({ length: 10 * 10 * 2 }, (_, i) => i);
  const out = new Float32Array(200);
  fillPatches(spec, bytes, 0, out, 0);
  const cellByte = (i: number, j: number, c: number): number => bytes[(i * 10 + j) * 2 + c];
  const at = (token: number, i: number, j: number, c: number): number =>
    out[token * 50 + (i * 5 + j) * 2 + c];
  expect(at(0, 0, 0, 0)).toBeCloseTo(cellByte(0, 0, 0) / 255 - 0.15, 6);
  expect(at(1, 2, 3, 1)).toBeCloseTo(cellByte(2, 8, 1) / 255 - 0.6, 6);
  expect(at(3, 4, 4, 0)).toBeCloseTo(cellByte(9, 9, 0) / 255 - 0.15, 6);
});

test("without a last plan both bases are the path's, and the features say so", () => {
  const robot = getRobot("jackal");
  const scene = randomScene(robot, 5);
  const { sizes, bases, vector } = features(robot, { ...scene, bases: { path: scene.bases.path } });
  expect(bases.subarray(0, sizes.target)).toEqual(bases.subarray(sizes.target));
  expect(vector[2 + 7]).toBe(0);
  expect(features(robot, scene).vector[2 + 7]).toBe(1);
});

test("a network without bases is told neither the path nor the last plan", () => {
  const robot = getRobot("jackal");
  const spec = createNetSpec(robot, PROBLEM, { bases: false });
  const sizes = featureSizes(spec);
  const vectorOf = (scene: NetScene): Float32Array => {
    const vector = new Float32Array(sizes.vector);
    createFeatureWriter(spec).write(scene, new Uint8Array(sizes.grid), vector, new Float32Array(sizes.bases));
    return vector;
  };
  const scene = randomScene(robot, 5);
  const other = randomScene(robot, 6);
  expect(vectorOf({ ...scene, path: other.path.map((v) => 0.5 * v), bases: other.bases })).toEqual(
    vectorOf(scene),
  );
  expect(vectorOf({ ...scene, goal: other.goal, x: other.x })).not.toEqual(vectorOf(scene));
});

test.each([
  [{ window: 52 }, /window is 52, expected a multiple of the patch's 5/],
  [{ width: 10, heads: 4 }, /width is 10, expected a multiple of heads \(4\)/],
  [{ hypotheses: 0 }, /hypotheses is 0, expected an integer in 1/],
  [{ map: "hf" as "hf+" }, /map is "hf", expected one of favor\+, hf\+/],
  [{ channels: [] }, /expected one or more of occupancy, distance/],
  [{ reach: Number.NaN }, /reach is NaN, expected a finite number > 0 .lookaheads./],
])("an illegal option says what is legal: %j", (options, message) => {
  expect(() => resolveNetOptions(options)).toThrow(message);
  expect(resolveNetOptions()).toEqual(MNEMOSYNE_NET);
});
