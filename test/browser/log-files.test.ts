import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listViewer, nameLogs } from "../../src/cli/view/served-files.ts";
import { startViewServer, type ViewServer } from "../../src/cli/view/view-server.ts";
import { drive } from "../../src/planner/index.ts";
import { createLogWriter } from "../../src/record/index.ts";
import { createFileSink } from "../../src/record/node.ts";
import { getRobot, makeWorld, type Pose } from "../../src/sim/index.ts";
import { type OpenedBrowser, openChromium, WHY_NOT } from "./chromium.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-logs-"));
const truth: Pose[] = [];
const SOON = { timeout: 40_000 };

/** What the page offers to its console. */
type Handle = {
  readonly store: {
    readonly state: { time: number; playing: boolean; runs: unknown[] };
    set(patch: object): void;
  };
  readonly scene: { screenOf?(x: number, y: number): readonly [number, number] };
};
const timeOf = (page: Page) =>
  page.evaluate(() => (window as unknown as { mnemosyne: Handle }).mnemosyne.store.state.time);

async function writeRun(name: string, init: "shift" | "path"): Promise<string> {
  const file = join(folder, name);
  const robot = getRobot("jackal");
  const { grid, start, goal } = makeWorld("cells", 3);
  const log = createLogWriter(await createFileSink(file), { id: "cells:3", robot, config: { init } });
  log.map(grid);
  const { summary } = await drive({
    grid,
    robot,
    start,
    goal,
    timeout_s: 3,
    init,
    onTick(report, simulator) {
      if (init === "shift") truth.push({ ...simulator.pose });
      log.tick(report, simulator);
    },
  });
  await log.close(summary);
  return file;
}

describe.skipIf(WHY_NOT !== undefined)(`logs in Chromium${WHY_NOT ? ` (skipped: ${WHY_NOT})` : ""}`, () => {
  let browser: OpenedBrowser;
  let server: ViewServer;
  let page: Page;
  const address = (...logs: string[]): string =>
    `${server.origin}/?${logs.map((log) => `url=${encodeURIComponent(log)}`).join("&")}`;

  beforeAll(async () => {
    const shift = await writeRun("shift.mcap", "shift");
    const path = await writeRun("path.mcap", "path");
    const whole = readFileSync(shift);
    const corrupt = Uint8Array.from(whole);
    corrupt.fill(0xa5, Math.floor(0.45 * whole.length), Math.floor(0.55 * whole.length));
    const bad = {
      "truncated.mcap": whole.subarray(0, Math.floor(0.6 * whole.length)),
      "corrupt.mcap": corrupt,
      "empty.mcap": new Uint8Array(0),
      "foreign.mcap": new TextEncoder().encode("PNG, or anything else that is no log at all\n".repeat(20)),
    };
    for (const [name, bytes] of Object.entries(bad)) writeFileSync(join(folder, name), bytes);
    const logs = await nameLogs([shift, path]);
    const files = new Map([...listViewer(), ...logs.map((l) => [l.url, l.file] as const)]);
    server = await startViewServer({ files, port: 0 });
    browser = await openChromium();
    page = await browser.newPage();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the robot is drawn where the log says, and gone when its layer is off", async () => {
    await page.goto(`${address("/logs/0/shift.mcap")}#t=2&theme=light&camera=top`);
    await page.waitForSelector(".solver-times", SOON);
    await page.waitForTimeout(1000);
    const { x, y } = truth[20];
    const place = await page.evaluate(
      ([px, py]) => (window as unknown as { mnemosyne: Handle }).mnemosyne.scene.screenOf!(px, py),
      [x, y] as const,
    );
    /** Mean colour of a square of 5 x 5 pixels around the robot's place. */
    const colour = async (): Promise<number[]> => {
      const box = (await page.locator(".scene canvas").first().boundingBox())!;
      const clip = { x: box.x + place[0] - 2, y: box.y + place[1] - 2, width: 5, height: 5 };
      const png = (await page.screenshot({ clip })).toString("base64");
      return page.evaluate(async (data) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const context = document.createElement("canvas").getContext("2d")!;
        context.drawImage(image, 0, 0);
        const { data: bytes } = context.getImageData(0, 0, 5, 5);
        const sum = [0, 0, 0];
        for (let i = 0; i < bytes.length; i++) if (i % 4 < 3) sum[i % 4] += bytes[i] / 25;
        return sum;
      }, png);
    };
    const [red, , blue] = await colour();
    expect(blue - red).toBeGreaterThan(60); // the first run's blue
    for (const layer of ["Robot", "Solution", "Swept", "Last plans", "Warm start"])
      await page
        .getByRole("button", { name: new RegExp(`${layer}`) })
        .first()
        .click();
    await page.waitForTimeout(500);
    const [redAfter, , blueAfter] = await colour();
    expect(Math.abs(blueAfter - redAfter)).toBeLessThan(blue - red - 40);
    expect(await page.evaluate(() => location.hash)).toContain("hide=");
  }, 180_000);

  test("keys step by 0.1 s, 1 s and a tick; Space plays and pauses; the timeline scrubs", async () => {
    await page.goto("about:blank");
    await page.goto(`${address("/logs/0/shift.mcap")}#t=1`);
    await page.waitForSelector(".solver-times", SOON);
    for (const [key, time] of [
      ["ArrowRight", 1.1],
      ["Shift+ArrowRight", 2.1],
      ["Control+ArrowLeft", 2],
      ["Home", 0],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => timeOf(page), SOON).toBeCloseTo(time, 6);
    }
    await page.keyboard.press("Space");
    await expect.poll(() => timeOf(page), SOON).toBeGreaterThan(0.2);
    await page.keyboard.press("Space");
    const stopped = await timeOf(page);
    await page.waitForTimeout(300);
    expect(await timeOf(page)).toBe(stopped);
    const bar = (await page.locator(".timeline canvas").first().boundingBox())!;
    await page.mouse.click(bar.x + 0.5 * bar.width, bar.y + 0.5 * bar.height);
    await expect.poll(async () => Math.abs((await timeOf(page)) - 1.5), SOON).toBeLessThan(0.3);
  }, 180_000);

  test("two logs are laid over each other: two chips, two eyes, dashed lines", async () => {
    await page.goto(`${address("/logs/0/shift.mcap", "/logs/1/path.mcap")}#t=1.5`);
    await expect.poll(() => page.locator(".chip").count(), SOON).toBe(2);
    await expect.poll(() => page.locator(".layers-runs > *").count(), SOON).toBe(2);
    await expect.poll(() => page.locator(".plot-swatch.dashed").count(), SOON).toBeGreaterThan(0);
    expect(browser.errors).toEqual([]);
  }, 180_000);

  test.each([
    ["truncated.mcap", /truncated\.mcap is damaged.*\d+ ticks|truncated\.mcap/, 1],
    ["corrupt.mcap", /corrupt\.mcap is damaged/, 1],
    ["empty.mcap", /empty\.mcap cannot be shown/, 0],
    ["foreign.mcap", /foreign\.mcap cannot be shown/, 0],
  ] as const)(
    "%s: a message says so, and what could be read is shown",
    async (name, message, chips) => {
      await page.goto(`${server.origin}/`);
      await page.locator("input[type=file]").setInputFiles(join(folder, name));
      await expect.poll(() => page.locator(".message").allTextContents(), SOON).not.toEqual([]);
      expect((await page.locator(".message").allTextContents()).join("\n")).toMatch(message);
      await expect.poll(() => page.locator(".chip").count(), SOON).toBe(chips);
      if (chips > 0) await page.waitForSelector(".solver-facts", SOON);
      expect(browser.errors).toEqual([]);
    },
    180_000,
  );
});
