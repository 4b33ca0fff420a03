import { expect, test } from "vitest";
import { drive, driveNavigation } from "../../src/drive/index.ts";
import { createNavigationProblem, netScene, poseScene, withOwnGrid } from "../../src/planner/index.ts";
import { decodeTick, TICK } from "../../src/record/tick-fields.ts";
import { recordOfTick } from "../../src/record/tick-writer.ts";
import { getRobot, makeWorld } from "../../src/sim/index.ts";
import { loggedScene } from "../../viewer/src/net/logged-scene.ts";

/** Trajectories and paths are logged to 0.1 mm. */
const ROUNDED = 1e-4;

test("what a network is asked about in a logged tick is what it was asked about in the drive", async () => {
  const robot = getRobot("jackal");
  const rate = 10;
  const problem = createNavigationProblem(robot, driveNavigation(robot, rate));
  const world = makeWorld("clutter", 3);
  let ticks = 0;
  await drive({
    ...world,
    robot,
    timeout_s: 1,
    onTick(report) {
      if (report.scene === undefined) return;
      ticks++;
      const record = decodeTick(JSON.parse(JSON.stringify(TICK.encode(recordOfTick(report, undefined, [])))));
      const scene = withOwnGrid(report.scene);
      const logged = loggedScene({ robot, rate, record, grid: scene.grid })!;
      const asked = netScene({ scene, problem, ...poseScene(problem, scene) });
      const { path, margin, bases, field, x, goal, final } = asked;
      expect(logged).toMatchObject({ x, goal, final });
      expect(logged.field.distance.every((d, c) => d === field.distance[c])).toBe(true);
      expect(Math.abs(logged.margin - margin)).toBeLessThan(2 * ROUNDED);
      expect(logged.path.length).toBe(path.length);
      for (let i = 0; i < path.length; i++) expect(Math.abs(logged.path[i] - path[i])).toBeLessThan(ROUNDED);
      expect(Object.keys(logged.bases)).toEqual(Object.keys(bases));
    },
  });
  expect(ticks).toBeGreaterThan(5);
});
