import { describe, expect, test } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import {
  createFeatureWriter,
  createMirror,
  createNetSpec,
  createSharedSpec,
  featureSizes,
  fillRows,
  formatNetMetadata,
  initNet,
  isShared,
  NET_METADATA_KEY,
  type NetScene,
  type NetSpec,
  type NetTrajectory,
  netFrame,
  netMisfits,
  parseNetMetadata,
  ROBOT_WORDS,
  robotWords,
  specFor,
  writeInferenceModel,
} from "../../src/init-net/index.ts";
import { loadNet } from "../../src/init-net/node.ts";
import { resolveNavigationOptions } from "../../src/planner/index.ts";
import {
  computeDistanceField,
  footprintDiscs,
  getRobot,
  type OccupancyGrid,
  ROBOT_NAMES,
  type Robot,
  robotDynamics,
  robotSizes,
} from "../../src/sim/index.ts";
import { SMALL } from "./random-net.ts";
import { blockedRoom } from "./scene.ts";

const N = 30;
const shared = createSharedSpec(N, { ...SMALL, predicts: "states" });
const KINDS = ["jackal", "f1tenth", "omni"] as const;

/** Lengths of the limits by name: speeds and accelerations scale with the robot, angles and turn rates do not. */
const isLength = (name: string): boolean => /^(v|vx|vy|a)(Min|Max)$/.test(name);

/** The robot `scale` times as large, as fast and as strong: the same time passes in everything that it does. */
function scaled(robot: Robot, scale: number): Robot {
  const limits = Object.entries(robot.limits).map(([name, v]) => [name, isLength(name) ? scale * v : v]);
  const lengths = "wheelbase" in robot ? { wheelbase: scale * robot.wheelbase } : {};
  const footprint = robot.footprint.map(([x, y]) => [scale * x, scale * y] as const);
  return { ...robot, ...lengths, footprint, limits: Object.fromEntries(limits) } as Robot;
}

/** A drive that turns and speeds up, from a state in motion. */
function drive(robot: Robot, dt: number, scale: number, turn: number): NetTrajectory {
  const { nx, nu } = robotSizes(robot);
  const X = new Float64Array((N + 1) * nx);
  const U = Float64Array.from({ length: N * nu }, (_, i) => (i % nu === nu - 1 ? turn : 0.2 * scale));
  X.set([scale, 2 * scale, 0.3, 0.1 * scale], 0);
  const dynamics = robotDynamics(robot, dt);
  for (let k = 0; k < N; k++)
    dynamics.step(
      X.subarray(k * nx, (k + 1) * nx),
      U.subarray(k * nu, (k + 1) * nu),
      k,
      X.subarray((k + 1) * nx),
    );
  return { X, U };
}

/** Cells around the robot, a tenth of `scale` metres a side. */
function gridOf(scale: number): OccupancyGrid {
  const rng = createRng(4);
  const cells = Int8Array.from({ length: 90 * 90 }, () => (rng.uniform() < 0.02 ? 100 : 0));
  return {
    width: 90,
    height: 90,
    resolution: 0.1 * scale,
    origin: { x: -3 * scale, y: -2 * scale, yaw: 0 },
    cells,
  };
}

function sceneOf(robot: Robot, dt: number, scale: number): NetScene {
  const grid = gridOf(scale);
  const path = drive(robot, dt, scale, 0.1);
  return {
    x: path.X.slice(0, robotSizes(robot).nx),
    goal: { x: 2 * scale, y: 3 * scale, yaw: 1 },
    final: false,
    margin: 0.05 * scale,
    grid,
    field: computeDistanceField(grid, { unknown: "free" }),
    path: Float64Array.of(1, 2, 1.5, 2.2, 2, 3).map((v) => scale * v),
    bases: { path, shift: drive(robot, dt, scale, -0.1) },
  };
}

function featuresOf(spec: NetSpec, scene: NetScene) {
  const sizes = featureSizes(spec);
  const grid = new Uint8Array(sizes.grid);
  const [vector, bases, target] = [sizes.vector, sizes.bases, sizes.target].map((n) => new Float32Array(n));
  const writer = createFeatureWriter(spec);
  writer.write(scene, grid, vector, bases);
  writer.target(scene.x, scene.bases.path, target);
  return { grid, vector, bases, target, writer };
}

const expectNear = (got: ArrayLike<number>, want: ArrayLike<number>, digits: number): void => {
  for (let i = 0; i < want.length; i++) expect(got[i], `number ${i}`).toBeCloseTo(want[i], digits);
};

describe.each(KINDS)("what a network for any robot is told of %s", (name) => {
  const robot = getRobot(name);
  const dt = 0.1;
  const spec = specFor(shared, robot, { N, dt, lookahead: 2 });
  const scene = sceneOf(robot, dt, 1);

  test("does not depend on the unit of length", () => {
    // Of a robot of some size, whose discs may stick out by a share of its width; of a small one by a map's cell.
    const at = (scale: number) => {
      const giant = scaled(robot, scale);
      const spec = specFor(shared, giant, { N, dt, lookahead: 2 * scale });
      return featuresOf(spec, sceneOf(giant, dt, scale));
    };
    const own = at(3);
    const other = at(60);
    expectNear(other.vector, own.vector, 4);
    expectNear(other.bases, own.bases, 4);
    const differing = own.grid.reduce((n, v, i) => n + (Math.abs(v - other.grid[i]) > 1 ? 1 : 0), 0);
    expect(differing / own.grid.length).toBeLessThan(0.01);
  });

  test("a trajectory comes back from its states alone, since controls are their rates", () => {
    const { target, writer } = featuresOf(spec, scene);
    const { nx, nu } = spec;
    const states = Float32Array.from(
      { length: N * nx },
      (_, i) => target[Math.floor(i / nx) * (nx + nu) + (i % nx)],
    );
    const back = writer.decode(scene.x, states, 0);
    expectNear(back.X!, scene.bases.path.X, 4);
    expectNear(back.U, scene.bases.path.U, 3);
  });

  test("and of its mirror image are mirror images", () => {
    const flip = (v: Float64Array, n: number, keeps: readonly number[]): Float64Array =>
      v.map((value, at) => (keeps.includes(at % n) ? value : -value));
    const { nx, nu } = robotSizes(robot);
    const mirrored = ({ X, U }: NetTrajectory): NetTrajectory => ({
      X: flip(X, nx, [0, 3]),
      U: flip(U, nu, [0]),
    });
    const grid: OccupancyGrid = { ...scene.grid, cells: new Int8Array(90 * 90) };
    const field = computeDistanceField(grid, { unknown: "free" });
    const image: NetScene = {
      ...scene,
      grid,
      field,
      x: flip(scene.x, nx, [0, 3]),
      goal: { x: scene.goal.x, y: -scene.goal.y, yaw: -scene.goal.yaw! },
      path: flip(scene.path, 2, [0]),
      bases: { path: mirrored(scene.bases.path), shift: mirrored(scene.bases.shift!) },
    };
    const truth = featuresOf(spec, image);
    const own = featuresOf(spec, { ...scene, grid, field });
    const mirror = createMirror(spec);
    const [vector, bases] = [new Float32Array(own.vector.length), new Float32Array(own.bases.length)];
    fillRows(mirror.vector, own.vector, 0, vector, 0, vector.length);
    fillRows(mirror.trajectory, own.bases, 0, bases, 0, bases.length);
    expectNear(vector, truth.vector, 5);
    expectNear(bases, truth.bases, 5);
  });

  test("is another thing with another footprint", () => {
    const wide = { ...robot, footprint: robot.footprint.map(([x, y]) => [x, 1.5 * y] as const) };
    const own = featuresOf(spec, scene);
    const other = featuresOf(specFor(shared, wide, { N, dt, lookahead: 2 }), scene);
    expect(other.vector).not.toEqual(own.vector);
    expect(other.grid).not.toEqual(own.grid);
  });
});

test("the clearance beside the discs is what the solver's rows ask for", () => {
  const robot = getRobot("jackal");
  const { seen, problem } = blockedRoom(robot);
  const spec = specFor(shared, robot, problem.options);
  const { probes, length } = netFrame(spec);
  const discs = footprintDiscs(robot);
  expect(new Set([...probes[0], ...probes[1]])).toEqual(new Set(discs));
  expect(length).toBeCloseTo(problem.options.lookahead + Math.hypot(0.254, 0.216), 12);
  expect(seen.bases.path.X.length).toBe((N + 1) * 5);
});

describe("a network for any robot", () => {
  const bytes = writeInferenceModel(shared, initNet(shared, 3), {
    [NET_METADATA_KEY]: formatNetMetadata(shared),
  });

  test.each(ROBOT_NAMES)("predicts for %s, states of its own kind", async (name) => {
    const robot = getRobot(name);
    const { problem, seen } = blockedRoom(robot);
    const net = await loadNet(bytes, robot, problem.options);
    const prediction = await net.predict(seen);
    await net.dispose();
    expect(prediction.status).toBe("predicted");
    if (prediction.status !== "predicted") return;
    const { nx, nu } = robotSizes(robot);
    for (const { X, U } of prediction.hypotheses) {
      expect(X).toHaveLength((N + 1) * nx);
      expect(U).toHaveLength(N * nu);
    }
    expect(net.spec).toEqual(createNetSpec(robot, problem.options, shared.options));
  });

  test("is for every robot, but not for every number of stages", () => {
    for (const name of ROBOT_NAMES) {
      const robot = getRobot(name);
      const sizes = resolveNavigationOptions(robot);
      expect(netMisfits(shared, robot, sizes)).toEqual([]);
      expect(netMisfits(shared, robot, { ...sizes, N: 20 })).toEqual(["N is 30, expected 20"]);
    }
  });

  test("is for robots like those it was trained on, and names what is beyond", () => {
    const jackal = getRobot("jackal");
    const sizes = resolveNavigationOptions(jackal);
    const words = [...robotWords(jackal, sizes.N * sizes.dt, sizes.lookahead)];
    const near = createSharedSpec(
      N,
      shared.options,
      words.map((word) => [word - 0.1, word + 0.1]),
    );
    expect(netMisfits(near, jackal, sizes)).toEqual([]);
    const slow = { ...jackal, limits: { ...jackal.limits, wMax: 0.3 } } as Robot;
    const wrong = netMisfits(near, slow, sizes);
    expect(wrong.join()).toMatch(/the robot's turn is 0.286, trained on 1.81 to 2.01/);
    expect(wrong.every((text) => ROBOT_WORDS.some((word) => text.includes(`robot's ${word} is`)))).toBe(true);
  });

  test("made for one robot is for that alone", () => {
    const jackal = getRobot("jackal");
    const sizes = resolveNavigationOptions(jackal);
    const own = specFor(shared, jackal, sizes);
    expect(isShared(shared)).toBe(true);
    expect(isShared(own)).toBe(false);
    expect(netMisfits(own, jackal, sizes)).toEqual([]);
    expect(netMisfits(own, getRobot("omni"), resolveNavigationOptions(getRobot("omni")))).toContain(
      "kinematics is differential, expected omni",
    );
  });

  test("tells what it is in its file, and a file that says something else is refused", () => {
    const words = ROBOT_WORDS.map((_, i) => [0, i] as const);
    for (const spec of [
      shared,
      createSharedSpec(N, SMALL, words),
      createNetSpec(getRobot("omni"), { N, dt: 0.1, lookahead: 1 }, shared.options),
      createNetSpec(getRobot("f1tenth"), { N, dt: 0.1, lookahead: 1 }, shared.options),
    ])
      expect(parseNetMetadata(formatNetMetadata(spec)).spec).toEqual(spec);
    const spoilt = (change: object): string => formatNetMetadata({ ...shared, ...change } as NetSpec);
    expect(() => parseNetMetadata(spoilt({ trainedOn: [[1, 0]] }))).toThrow(
      /trainedOn is .*, expected 16 pairs/,
    );
    expect(() =>
      parseNetMetadata(spoilt({ nx: 5, nu: 2, speedScale: [1, 1], controlScale: [1, 1] })),
    ).toThrow(/spec.nu is 2, expected 3 for any robot/);
    expect(() => parseNetMetadata(spoilt({ nu: 2 }))).toThrow(FormatError);
  });

  test("cannot write features before it is told which robot", () => {
    expect(() => createFeatureWriter(shared)).toThrow(
      /the network is for any robot, expected one that is told which/,
    );
  });
});
