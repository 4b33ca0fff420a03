import { expect, it } from "vitest";
import { createLogWriter, createMemorySink, openChunkedLog, openLog } from "../../src/record/index.ts";
import { createGrid, getRobot, keepoutGrid, slowedGrid, topSpeed } from "../../src/sim/index.ts";
import { readPlaced, scanIndex } from "../../viewer/src/run/log-scan.ts";
import { keepoutPalette, slowPalette } from "../../viewer/src/scene/late/zones.ts";

const robot = getRobot("jackal");
const mask = createGrid(4, 3, 0.25, { x: -5, y: 7, yaw: 0.3 });
mask.cells.set([100, 0, 40, -1, 25]);

it("a keepout mask is told as where nobody may go, a speed mask as by how much slower the robot has to be", () => {
  expect([...keepoutGrid({ grid: mask }).cells.subarray(0, 5)]).toEqual([100, 0, 0, 0, 0]);
  // Of the top speed 40 and 25 % less; a limit in m/s at a quarter of it; one above it is none.
  const { cells, origin, resolution } = slowedGrid({ grid: withoutStop(mask) }, robot);
  expect([...cells.subarray(0, 5)]).toEqual([0, 0, 40, 0, 25]);
  expect([origin, resolution]).toEqual([mask.origin, 0.25]);
  const top = topSpeed(robot);
  const inSpeeds = { grid: mask, type: 2, base: 0, multiplier: top / 100 };
  expect([...slowedGrid(inSpeeds, robot).cells.subarray(0, 5)]).toEqual([0, 0, 60, 0, 75]);
});

it("a log holds the zones of its run, in their own resolution and place, and its index says where", async () => {
  const sink = createMemorySink();
  const writer = createLogWriter(sink, { robot });
  const speedZones = { grid: withoutStop(mask) };
  writer.zones({ keepout: { grid: mask }, speedZones });
  await writer.close();
  const log = await openLog(sink.bytes);
  for await (const { grid } of log.keepouts()) expect(grid).toEqual(keepoutGrid({ grid: mask }));
  const chunked = await openChunkedLog(sink.bytes);
  const { speedZones: places, keepouts } = await scanIndex(chunked);
  expect([places.length, keepouts.length]).toEqual([1, 1]);
  const slow = await readPlaced(chunked, "/speed_zones", places[0]);
  expect(slow).toEqual({ time: 0, grid: slowedGrid(speedZones, robot) });
});

it("zones are tinted, the stronger the slower the robot has to be, and nothing else is", () => {
  const alphas = (palette: Uint8Array): number[] => Array.from({ length: 256 }, (_, i) => palette[4 * i + 3]);
  expect(alphas(keepoutPalette(0x102030)).map(Boolean).indexOf(true)).toBe(100);
  expect([...keepoutPalette(0x102030).subarray(400, 403)]).toEqual([0x10, 0x20, 0x30]);
  const slow = alphas(slowPalette(0xff0000));
  expect(slow[0] + slow[255]).toBe(0);
  for (let percent = 2; percent <= 100; percent++)
    expect(slow[percent]).toBeGreaterThanOrEqual(slow[percent - 1]);
  expect(slow[99]).toBeGreaterThan(slow[1] + 50);
});

/** A speed mask of 100 % less would be a stop, which is a keepout mask's to say. */
function withoutStop(grid: typeof mask) {
  return { ...grid, cells: grid.cells.map((value) => (value === 100 ? 0 : value)) };
}
