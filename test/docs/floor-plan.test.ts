import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readMapFile } from "../../src/node/index.ts";
import { planGlobalPath } from "../../src/route/index.ts";
import { computeDistanceField, footprintReach, getRobot } from "../../src/sim/index.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, "datasets", "floor-plan");

test("the office is what its script draws", () => {
  const folder = mkdtempSync(join(tmpdir(), "office-"));
  const script = join(ROOT, "scripts", "draw-floor-plan.mjs");
  const { status, signal, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  expect([status, signal], stderr).toEqual([0, null]);
  for (const file of ["office.yaml", "office.pgm"])
    expect(readFileSync(join(folder, file)).equals(readFileSync(join(FOLDER, file))), file).toBe(true);
  rmSync(folder, { recursive: true });
});

test("every room of the office can be reached by the Jackal, turning on the spot", async () => {
  const grid = await readMapFile(join(FOLDER, "office.yaml"));
  const field = computeDistanceField(grid, { unknown: "occupied" });
  const start = { x: 1, y: 2.6 };
  const rooms = {
    south: [7, 2.4],
    southEast: [11.5, 2.4],
    open: [5, 6.2],
    meeting: [9.2, 6.1],
    kitchen: [12.3, 6],
  };
  for (const [name, [x, y]] of Object.entries(rooms)) {
    const { status } = planGlobalPath(
      field,
      start,
      { x: x!, y: y! },
      { radius: footprintReach(getRobot("jackal")) },
    );
    expect(status, name).toBe("found");
  }
});
