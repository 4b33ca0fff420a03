import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ViewServer } from "../../src/bridge/view-server.ts";
import type { Pose } from "../../src/sim/index.ts";
import { type OpenedBrowser, openChromium, WHY_NOT } from "./chromium.ts";
import {
  dropFile,
  inPage,
  meanColour,
  pixelOf,
  SOON,
  serveLogs,
  stateOf,
  timeOf,
  writeRun,
} from "./viewer-page.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-logs-"));
const inFolder = (name: string): string => join(folder, name);

describe.skipIf(WHY_NOT !== undefined)(`logs in Chromium${WHY_NOT ? ` (skipped: ${WHY_NOT})` : ""}`, () => {
  let browser: OpenedBrowser;
  let server: ViewServer;
  let address: (...numbers: number[]) => string;
  let page: Page;
  let truth: readonly Pose[];

  beforeAll(async () => {
    const shift = inFolder("shift.mcap");
    ({ truth } = await writeRun(shift));
    await writeRun(inFolder("path.mcap"), { init: "path" });
    const whole = readFileSync(shift);
    const corrupt = Uint8Array.from(whole);
    corrupt.fill(0xa5, Math.floor(0.45 * whole.length), Math.floor(0.55 * whole.length));
    const bad = {
      "truncated.mcap": whole.subarray(0, Math.floor(0.6 * whole.length)),
      "corrupt.mcap": corrupt,
      "empty.mcap": new Uint8Array(0),
      "picture.mcap": new TextEncoder().encode("PNG, or anything else that is no log at all\n".repeat(20)),
    };
    for (const [name, bytes] of Object.entries(bad)) writeFileSync(inFolder(name), bytes);
    ({ server, address } = await serveLogs(shift, inFolder("path.mcap")));
    browser = await openChromium();
    page = await browser.newPage();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // Another fragment alone would not load the page anew.
  afterEach(async () => {
    await page.goto("about:blank");
    expect(browser.errors.splice(0)).toEqual([]);
  });

  test("the robot is drawn where the log says, and gone when its layer is off", async () => {
    await page.goto(`${address(0)}#t=2&theme=light&camera=top`);
    await page.waitForSelector(".solver-times", SOON);
    const blueAt = async (tick: number): Promise<number> => {
      const [red, , blue] = await meanColour(page, await pixelOf(page, truth[tick].x, truth[tick].y));
      return blue - red;
    };
    // The first run's blue, against white ground.
    await expect.poll(() => blueAt(20), SOON).toBeGreaterThan(60);
    const there = await blueAt(20);
    for (const layer of ["Robot", "Solution", "Swept", "Last plans", "Warm start", "Trail"])
      await page
        .getByRole("button", { name: new RegExp(layer) })
        .first()
        .click();
    await expect.poll(() => blueAt(20), SOON).toBeLessThan(there - 40);
    await expect.poll(() => page.evaluate(() => location.hash), SOON).toContain("hide=");
    // Alone on the ground, it is where it was then, and no longer where it was before.
    await page.getByRole("button", { name: /Robot/ }).first().click();
    await page.keyboard.press("Home");
    await expect.poll(() => blueAt(0), SOON).toBeGreaterThan(60);
    expect(await blueAt(20)).toBeLessThan(there - 40);
  }, 240_000);

  test("keys step by 0.1 s, 1 s and a tick; Space plays and pauses; the timeline scrubs", async () => {
    await page.goto(`${address(0)}#t=1`);
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
  }, 240_000);

  test("two logs are laid over each other: two chips, two eyes, lines in two colours", async () => {
    await page.goto(`${address(0, 1)}#t=1.5`);
    await expect.poll(() => page.locator(".chip").count(), SOON).toBe(2);
    await expect.poll(() => page.locator(".layers-runs > *").count(), SOON).toBe(2);
    const colours = (): Promise<number> =>
      page
        .locator(".plot-swatch")
        .evaluateAll((all) => new Set(all.map((one) => getComputedStyle(one).borderTopColor)).size);
    await expect.poll(colours, SOON).toBe(2);
  }, 240_000);

  test("what is computed is plotted and stands in the link; so does one series over another", async () => {
    await page.goto(`${address(0, 1)}#t=1.5&sizes=plots:300`);
    const rows = (): Promise<string[]> => page.locator(".plot-legend tbody th").allTextContents();
    // Both are there, so that what they have is known.
    await expect.poll(rows, SOON).toEqual(expect.arrayContaining([expect.stringMatching(/^B /)]));
    await page.locator(".series-chooser > summary").click(SOON);
    const type = async (text: string): Promise<void> => {
      await page.getByLabel("Compute a series").fill(text);
      await page.getByRole("button", { name: "Plot", exact: true }).click();
    };
    await type("speed - sped@B");
    await expect.poll(() => page.locator(".derived-field output").textContent(), SOON).toContain('"sped"');
    await type("speed - speed@B");
    await type("xy(x, y)");
    await page.waitForSelector(".xy-chart canvas", SOON);
    await expect.poll(rows, SOON).toEqual(expect.arrayContaining(["A speed - speed@B", "B speed - speed@B"]));
    await expect.poll(() => page.url(), SOON).toContain("xy%28x");
    const other = await browser.newPage();
    await other.goto(page.url());
    await other.waitForSelector(".xy-chart canvas", SOON);
    expect((await other.locator(".plots-host").boundingBox())?.height).toBeCloseTo(300, -1);
    await other.close();
  }, 240_000);

  test("another program's log is listed by its topics and plotted, alone and beside a run", async () => {
    await page.goto(`${server.base}/`);
    const foreign = fileURLToPath(new URL("../record/data/foreign.mcap", import.meta.url));
    await page.locator("input[type=file]").setInputFiles(foreign);
    const topics = page.locator(".series-topic > summary");
    await expect
      .poll(() => topics.allTextContents(), SOON)
      .toEqual(["/json", "/odd", "/proto", "/ros1", "/ros2"]);
    await topics.filter({ hasText: "/odd" }).click();
    await expect
      .poll(() => page.locator(".series-note").allTextContents(), SOON)
      .toContainEqual(expect.stringContaining("flatbuffer"));
    await topics.filter({ hasText: "/ros2" }).click();
    await page.getByLabel("/ros2.fixed[1]").click(SOON);
    const values = (): Promise<number[]> =>
      inPage(page, ({ store }) => {
        const { index } = store.state.runs.at(-1)!;
        return [...(index.series.get("/ros2.fixed[1]")?.values ?? [])];
      });
    expect(await values()).toEqual([0, 1, 2, 3, 4]);
    await expect
      .poll(() => page.locator(".plot-legend tbody th").allTextContents(), SOON)
      .toEqual(["/ros2.fixed[1]"]);
    await dropFile(page, inFolder("shift.mcap"), 0.9);
    // The run comes first: it is what the ground is of.
    await page.waitForSelector(".solver-times", SOON);
    expect(await values()).toEqual([0, 1, 2, 3, 4]);
  }, 240_000);

  test("a dropped file is opened; one dropped on the right half is compared with it", async () => {
    await page.goto(`${server.base}/`);
    await page.waitForSelector(".welcome", SOON);
    await dropFile(page, inFolder("shift.mcap"), 0.9);
    await page.waitForSelector(".solver-times", SOON);
    const names = () => inPage(page, ({ store }) => store.state.runs.map((run) => run.index.name));
    expect(await names()).toEqual(["shift.mcap"]);
    await dropFile(page, inFolder("path.mcap"), 0.9);
    await expect.poll(names, SOON).toEqual(["shift.mcap", "path.mcap"]);
    await dropFile(page, inFolder("path.mcap"), 0.1);
    await expect.poll(names, SOON).toEqual(["path.mcap"]);
    expect(await page.locator(".drop-zone").isHidden()).toBe(true);
  }, 240_000);

  test("a link brings back the view that it was copied from", async () => {
    await page.goto(`${address(0, 1)}#t=0.5`);
    await page.waitForSelector(".solver-times", SOON);
    await page.getByRole("button", { name: "Chase" }).click();
    await page
      .getByRole("button", { name: /Metre grid/ })
      .first()
      .click();
    await page.keyboard.press("Shift+ArrowRight");
    await page.getByRole("button", { name: "Plots", exact: true }).click();
    await inPage(page, ({ store }) =>
      store.set({ cursorA: 0.4, cursorB: 1.2, loop: [0.2, 2.5], speed: 0.5, theme: "dark", lastPlans: 3 }),
    );
    await inPage(page, ({ store }) => store.set({ chosenSeries: ["cost", "clearance"] }));
    const before = await stateOf(page);
    await expect.poll(() => page.url(), SOON).toMatch(/t=1\.5.*series=cost,clearance/);
    const link = page.url();
    const other = await browser.newPage();
    await other.goto(link);
    await other.waitForSelector(".solver-times", SOON);
    expect(await stateOf(other)).toEqual(before);
    expect(before).toMatchObject({ time: 1.5, camera: "followPose", layers: { grid: false, plots: false } });
    expect(await other.locator(".plots-host").isVisible()).toBe(false);
    expect(await other.locator(".left").isVisible()).toBe(true);
    await expect.poll(() => other.locator(".chip").count(), SOON).toBe(2);
    await other.close();
  }, 240_000);

  test.each([
    ["truncated.mcap", /truncated\.mcap is damaged\. What could be read is shown: \d+ ticks/, 1],
    ["corrupt.mcap", /corrupt\.mcap is damaged\. What could be read is shown: \d+ ticks/, 1],
    ["empty.mcap", /empty\.mcap cannot be shown: the log is empty \(0 bytes\)/, 0],
    ["picture.mcap", /picture\.mcap cannot be shown: not an MCAP file/, 0],
  ] as const)(
    "%s: a message says so, and what could be read is shown",
    async (name, message, chips) => {
      await page.goto(`${server.base}/`);
      await page.locator("input[type=file]").setInputFiles(inFolder(name));
      await expect
        .poll(async () => (await page.locator(".message").allTextContents()).join("\n"), SOON)
        .toMatch(message);
      await expect.poll(() => page.locator(".chip").count(), SOON).toBe(chips);
      if (chips === 0) return;
      await page.waitForSelector(".solver-times", SOON);
      // The robot stands where it stood: also a damaged log is more than a message.
      const [x] = await inPage(page, ({ store }) => [...store.state.runs[0].trail()]);
      expect(x).toBeCloseTo(truth[0].x, 6);
    },
    240_000,
  );
});
