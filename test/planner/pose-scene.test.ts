import { describe, expect, it } from "vitest";
import { rowGroups } from "../../src/ocp/index.ts";
import { createNavigationProblem, poseScene, sceneField } from "../../src/planner/index.ts";
import { passableMargins, stageMargins } from "../../src/planner/scene-margin.ts";
import { sceneExtent } from "../../src/route/index.ts";
import { createPath, pathBetween } from "../../src/route/path.ts";
import { createGrid, footprintDiscs, footprintReach, getRobot, UNKNOWN } from "../../src/sim/index.ts";
import { along, fill, room, sceneAt } from "./scenes.ts";

const jackal = getRobot("jackal");
const radius = Math.max(...footprintDiscs(jackal).map(({ r }) => r));
const problem = createNavigationProblem(jackal);
const { ocp, options } = problem;

/** A corridor along y = 2 that leaves `clearance` on both sides of its middle; cells of 1 cm. */
function corridor(clearance: number) {
  const grid = createGrid(600, 400, 0.01);
  fill(grid, 0, 0, 6, 2 - clearance);
  fill(grid, 0, 2 + clearance, 6, 4);
  return sceneAt(
    jackal,
    grid,
    { x: 1, y: 2, yaw: 0 },
    along([
      [1, 2],
      [5, 2],
    ]),
  );
}

/** The least row of the robot at rest on each point of the path, towards its end. [m] */
function leastRow({ path }: ReturnType<typeof corridor>): number {
  const out = new Float64Array(rowGroups(ocp)[0].count);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < path.length; i += 2) {
    rowGroups(ocp)[0].value(Float64Array.of(path[i], path[i + 1], 0, 0, 0), out, 1, out);
    least = Math.min(least, ...out);
  }
  return least;
}

describe("a posed scene", () => {
  it("has the full margin where there is room, and less in a gap, so that its path keeps to the rows", () => {
    for (const clearance of [1.5, radius + options.margin + 0.02, radius + 0.04, radius + 0.03]) {
      const scene = corridor(clearance);
      const { margin } = poseScene(problem, scene);
      const room = clearance - radius - 0.005;
      expect(Math.abs(margin - Math.min(options.margin, room))).toBeLessThan(0.011); // a cell
      expect(leastRow(scene)).toBeGreaterThanOrEqual(0);
    }
    expect(poseScene(problem, corridor(radius - 0.05)).margin).toBe(0.02);
  });

  it("has more margin where the robot is not where its speeds lead, up to twice, but none that a gap does not leave", () => {
    const marginOf = (clearance: number, unsure: number) =>
      poseScene(problem, { ...corridor(clearance), unsure }).margin;
    expect(marginOf(1, 0.05 * options.margin)).toBe(options.margin);
    expect(marginOf(1, 0.4 * options.margin)).toBeCloseTo(1.6 * options.margin, 9);
    expect(marginOf(1, 100 * options.margin)).toBeCloseTo(2 * options.margin, 9);
    expect(Math.abs(marginOf(radius + 0.03, 0.4 * options.margin) - 0.025)).toBeLessThan(0.011);
  });

  it("keeps an unsure robot off the wall that its path hugs where there is room beside it", () => {
    const grid = createGrid(600, 400, 0.01);
    fill(grid, 0, 0, 6, 2);
    const y = 2 + radius + 0.03;
    const hugging = sceneAt(
      jackal,
      grid,
      { x: 1, y, yaw: 0 },
      along([
        [1, y],
        [5, y],
      ]),
    );
    expect(poseScene(problem, hugging).margin).toBeLessThan(0.04);
    const unsure = 0.4 * options.margin;
    expect(poseScene(problem, { ...hugging, unsure }).margin).toBeCloseTo(1.6 * options.margin, 3);
  });

  it("asks for less only of the stages in which a part of the robot can be in the gap ahead, the sooner the faster it is", () => {
    const grid = createGrid(600, 400, 0.01);
    const clear = radius + 0.03;
    fill(grid, 3, 0, 3.2, 2 - clear);
    fill(grid, 3, 2 + clear, 3.2, 4);
    const points = along([
      [1, 2],
      [5, 2],
    ]);
    const marginsAt = (v: number): number[] => {
      const scene = sceneAt(jackal, grid, { x: 1, y: 2, yaw: 0 }, points);
      scene.x[3] = v;
      const margins = passableMargins(problem, scene, sceneField(grid));
      return [...stageMargins(problem, scene.x, points, margins)];
    };
    // Where its corners come as near as the full margin.
    const nearGap = 3 - Math.sqrt((radius + options.margin) ** 2 - clear ** 2);
    for (const v of [0, 0.5, 2]) {
      const margins = marginsAt(v);
      const first = margins.findIndex((margin) => margin < options.margin);
      expect(margins.slice(0, first)).toEqual(margins.slice(0, first).fill(options.margin));
      expect(Math.abs(margins[options.N] - 0.025)).toBeLessThan(0.011); // a cell
      // 2 m/s^2 up to 2 m/s
      const gained = Math.min(0.1 * first, (2 - v) / 2);
      const way = v * gained + gained ** 2 + 2 * (0.1 * first - gained);
      expect(Math.abs(1 + way + footprintReach(jackal) - nearGap)).toBeLessThan(0.21); // a stage
    }
  });

  it("asks for no more beside a robot that turns at its goal than its body has room for", () => {
    const clear = 0.4; // on both sides of the middle: the body sweeps 0.333, its discs 0.378
    const scene = corridor(clear);
    const [x, y] = scene.path.slice(-2);
    const turned = (yaw: number) => ({ ...scene, x: Float64Array.of(x, y, 0, 0, 0), goal: { x, y, yaw } });
    const marginOf = (yaw: number) => poseScene(problem, turned(yaw)).margin;
    expect(marginOf(0.2)).toBe(options.margin);
    const swept = Math.max(...footprintDiscs(jackal).map((disc) => Math.abs(disc.x) + disc.r));
    expect(Math.abs(marginOf(Math.PI) - (clear - swept))).toBeLessThan(0.011); // a cell
    expect(poseScene(problem, { ...turned(Math.PI), final: false }).margin).toBe(options.margin);
    // The rows of a robot that is turned across the corridor allow it.
    poseScene(problem, turned(Math.PI));
    const out = new Float64Array(rowGroups(ocp)[0].count);
    rowGroups(ocp)[0].value(Float64Array.of(x, y, Math.PI / 2, 0, 0), out, 1, out);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(-0.005);
  });

  it("takes a field and a margin that are at hand", () => {
    const scene = corridor(1);
    const far = sceneField(createGrid(60, 40, 0.1));
    const posed = poseScene(problem, scene, far, 0.5);
    expect(posed).toEqual({ field: far, margin: 0.5 });
    const lowest = leastRow(scene); // no obstacle within the diagonal of the grid
    expect(lowest).toBeCloseTo(Math.hypot(6, 4) - radius - 0.5, 9);
  });

  it("takes what nobody has seen for free, and overwrites the field it is handed, whatever its size", () => {
    const grid = room(4, 3);
    const seen = sceneField(grid);
    const unknown = { ...grid, cells: grid.cells.map((cell) => (cell === 0 ? UNKNOWN : cell)) };
    const small = sceneField(createGrid(3, 3, 0.1));
    expect(sceneField(unknown, small)).toBe(small);
    expect(small).toEqual(seen);
  });
});

describe("the extent of a scene", () => {
  it("has a grid as far as the piece of a straight path leads", () => {
    const { beyond, reach, gridSide } = sceneExtent(options.lookahead);
    const path = createPath(
      along(
        [
          [0, 0],
          [20, 0],
        ],
        0.01,
      ),
    );
    const piece = pathBetween(path, 5, 5 + options.lookahead + beyond).points;
    expect(piece[0]).toBeCloseTo(5, 2);
    expect(piece[piece.length - 2] - piece[0]).toBeCloseTo(reach, 1);
    expect(gridSide / 2).toBe(reach);
  });
});
