import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ViewServer } from "../../src/bridge/view-server.ts";
import { runHere } from "../cli/run-cli.ts";
import { type OpenedBrowser, openChromium, WHY_NOT } from "./chromium.ts";
import { inPage, pixelOf, SOON, serveLogs } from "./viewer-page.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-live-"));

/** What the newest tick of the run says. */
const newest = (page: Page) =>
  inPage(page, ({ store }) => {
    const run = store.state.runs[0];
    const tick = run.tickNow(run.index.times.length - 1);
    const path = run.path(Number.POSITIVE_INFINITY)?.points;
    return {
      time: tick?.time ?? -1,
      state: Array.from(tick?.truth?.state ?? []),
      goal: tick?.goal,
      pathEnd: path && [path[path.length - 2], path[path.length - 1]],
    };
  });

/** Whether the run's newest map is free, or occupied, wherever somebody asks. */
const levelsAt = (page: Page, places: readonly (readonly number[])[]) =>
  inPage(
    page,
    ({ store }, asked) => {
      const map = store.state.runs[0].map(Number.POSITIVE_INFINITY)!.grid;
      return asked.map(([x, y]) => {
        const column = Math.floor((x - map.origin.x) / map.resolution);
        const row = Math.floor((y - map.origin.y) / map.resolution);
        const inside = column >= 0 && column < map.width && row >= 0 && row < map.height;
        return inside ? map.cells[row * map.width + column] : -1;
      });
    },
    places,
  );

/** Places around one, at a distance. [m] */
const around = ([x, y]: readonly number[], radius: number) =>
  Array.from({ length: 24 }, (_, i) => {
    const angle = (i * Math.PI) / 12;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
  });

const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(a[0] - b[0], a[1] - b[1]);
const answerOf = (page: Page) => page.textContent(".live-answer");

describe.skipIf(WHY_NOT !== undefined)(
  `live runs and the demo in Chromium${WHY_NOT ? ` (skipped: ${WHY_NOT})` : ""}`,
  () => {
    let browser: OpenedBrowser;
    let server: ViewServer;

    beforeAll(async () => {
      ({ server } = await serveLogs());
      browser = await openChromium();
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    afterEach(() => expect(browser.errors.splice(0)).toEqual([]));

    test("a live run is followed, drives to the goal that was clicked, around what was dropped, and ends with the command", async () => {
      const over = new AbortController();
      let stderr = "";
      const run = runHere(
        ["navigate", "--world", "clutter:5", "--live", "--no-open", "--speed", "2", "--json"],
        { signal: over.signal, onStderr: (text) => (stderr += text) },
      );
      await expect.poll(() => stderr, SOON).toContain("#token=");
      const page = await browser.newPage();
      await page.goto(/http:\S+/.exec(stderr)![0]);
      await page.waitForSelector(".live-panel:not([hidden])", SOON);
      await page.waitForSelector(".solver-times", SOON);
      expect(page.url()).not.toContain("token");

      // Following is a state: a step back leaves it, End comes back to it.
      const state = () => page.locator(".transport").getAttribute("data-state");
      const cursor = () => inPage(page, ({ store }) => store.state.time);
      await expect.poll(state, SOON).toBe("live");
      const begun = await cursor();
      await expect.poll(cursor, SOON).toBeGreaterThan(begun);
      await page.keyboard.press("Control+ArrowLeft");
      await expect.poll(state, SOON).toBe("paused");
      const held = await cursor();
      await expect.poll(async () => (await newest(page)).time, SOON).toBeGreaterThan(held + 0.5);
      expect(await cursor()).toBe(held);
      await page.keyboard.press("End");
      await expect.poll(state, SOON).toBe("live");
      await expect.poll(cursor, SOON).toBeGreaterThan(held + 0.5);

      // Once it has gone some way, it is sent back to where it began.
      const home = await inPage(page, ({ store }) => Array.from(store.state.runs[0].trail().subarray(0, 2)));
      await expect
        .poll(async () => distance((await newest(page)).state, home), { timeout: 120_000 })
        .toBeGreaterThan(2);
      const before = await newest(page);
      await page.getByRole("button", { name: "Top" }).click();
      await page.waitForTimeout(1500); // the camera moves there
      await page.getByRole("button", { name: "Set goal" }).click();
      await page.mouse.click(...((await pixelOf(page, home[0], home[1])) as [number, number]));
      await expect.poll(() => answerOf(page), SOON).toMatch(/^goal set at/);
      const goal = /at (-?[\d.]+), (-?[\d.]+) m/
        .exec((await answerOf(page))!)!
        .slice(1)
        .map(Number);
      expect(distance(goal, home)).toBeLessThan(0.2);
      await expect.poll(async () => (await newest(page)).goal?.x, SOON).toBeCloseTo(goal[0], 1);
      await expect.poll(async () => (await newest(page)).goal?.y, SOON).toBeCloseTo(goal[1], 1);
      // The global path leads there now, as it did not before.
      expect(distance(before.pathEnd!, goal)).toBeGreaterThan(2);
      await expect.poll(async () => distance((await newest(page)).pathEnd!, goal), SOON).toBeLessThan(0.5);

      // Dragged, it is to be reached with that heading; the camera stays where it is.
      const [gx, gy] = await pixelOf(page, home[0], home[1]);
      const [tx, ty] = await pixelOf(page, home[0] + 0.6, home[1] + 0.6);
      await page.mouse.move(gx, gy);
      await page.mouse.down();
      await page.mouse.move(tx, ty, { steps: 4 });
      await page.mouse.up();
      const yawOf = (): Promise<number | undefined> =>
        inPage(page, ({ store }) => {
          const [run] = store.state.runs;
          return run.tickNow(run.index.times.length - 1)?.goal?.yaw;
        });
      await expect.poll(yawOf, SOON).toBeCloseTo(Math.PI / 4, 1);
      expect((await pixelOf(page, home[0], home[1]))[0]).toBeCloseTo(gx, 0);

      await page.getByRole("button", { name: "Drop obstacle" }).click();
      // Somewhere near the goal, away from the robot, where there is nothing yet.
      const { state: there } = await newest(page);
      const places = around(home, 1.2).sort((p, q) => distance(q, there) - distance(p, there));
      let free: readonly number[] | undefined;
      for (const place of places)
        if ((await levelsAt(page, [place, ...around(place, 0.3)])).every((level) => level === 0))
          free ??= place;
      await page.mouse.click(...((await pixelOf(page, free![0], free![1])) as [number, number]));
      await expect.poll(() => answerOf(page), SOON).toMatch(/^obstacle dropped at/);
      const dropped = /at (-?[\d.]+), (-?[\d.]+) m/
        .exec((await answerOf(page))!)!
        .slice(1)
        .map(Number);
      expect(distance(dropped, free!)).toBeLessThan(0.2);
      await expect.poll(() => levelsAt(page, [dropped]), SOON).toEqual([100]);

      // It gets there, and waits for another goal.
      await expect
        .poll(async () => distance((await newest(page)).state, goal), { timeout: 180_000 })
        .toBeLessThan(1);
      await expect.poll(() => page.textContent(".live-status"), SOON).toContain("set a goal");
      over.abort();
      const { stderr: said } = await run;
      expect(said).toContain("interrupted");
      await page.close();
    }, 480_000);

    test("a live run is driven by hand: as long as a button or a key is held, and on to its goal when it may", async () => {
      const over = new AbortController();
      let stderr = "";
      const run = runHere(["navigate", "--world", "clutter:5", "--live", "--no-open", "--json"], {
        signal: over.signal,
        onStderr: (text) => (stderr += text),
      });
      await expect.poll(() => stderr, SOON).toContain("#token=");
      const page = await browser.newPage();
      await page.goto(/http:\S+/.exec(stderr)![0]);
      await page.waitForSelector(".hand-panel", SOON);
      const yaw = async (): Promise<number> => (await newest(page)).state[2];
      const speeds = async (): Promise<number> => {
        const [, , , v, w] = (await newest(page)).state;
        return Math.abs(v) + Math.abs(w);
      };
      const lastNote = () =>
        inPage(page, ({ store }) => {
          const run = store.state.runs[0];
          return run.tickNow(run.index.times.length - 1)?.note;
        });
      const turned = (from: number, to: number): number =>
        Math.atan2(Math.sin(to - from), Math.cos(to - from));

      // The button that turns left, held: counter-clockwise is positive, as the robot's frame has it.
      const before = await yaw();
      await page.getByRole("button", { name: "Turn left" }).hover();
      await page.mouse.down();
      await expect.poll(async () => turned(before, await yaw()), SOON).toBeGreaterThan(0.3);
      expect(await lastNote()).toContain("driven by hand");
      await page.mouse.up();
      await expect.poll(speeds, SOON).toBeLessThan(0.02);

      // It stands until somebody drives on; keys drive once they may.
      const stood = await yaw();
      await page.keyboard.down("d");
      await page.waitForTimeout(1000);
      await page.keyboard.up("d");
      expect(turned(stood, await yaw())).toBeCloseTo(0, 2);
      await page.getByLabel(/with the keys/).check();
      // A key that is held repeats itself: a window that lost its focus for a moment lets it go, and takes it up again.
      const keepDown = async (): Promise<number> => {
        await page.keyboard.down("d");
        return turned(stood, await yaw());
      };
      await expect.poll(keepDown, SOON).toBeLessThan(-0.3);
      await page.keyboard.up("d");
      await expect.poll(speeds, SOON).toBeLessThan(0.02);

      const place = (await newest(page)).state;
      await page.getByRole("button", { name: "Go on to the goal" }).click(SOON);
      await expect.poll(async () => distance((await newest(page)).state, place), SOON).toBeGreaterThan(0.5);
      over.abort();
      await run;
      await page.close();
      // A wish that came after a later one is refused, as it should be, and the browser's console says so.
      const errors = browser.errors.splice(0).filter((text) => !text.includes("409 (Conflict)"));
      expect(errors).toEqual([]);
    }, 300_000);

    test("the demo drives in the browser alone, with the network too, and its run can be taken along", async () => {
      const page = await browser.newPage();
      await page.goto(`${server.base}/demo.html?world=cells:3`);
      await page.waitForSelector(".solver-times", SOON);
      const time = async () => (await newest(page)).time;
      // It may have arrived by now, where it waits: a page on a busy machine takes its time.
      await expect.poll(time, SOON).toBeGreaterThan(0.5);
      await page.locator(".demo-panel select").nth(2).selectOption("net");
      await expect.poll(() => page.textContent(".chip"), SOON).toContain("net");
      await expect.poll(time, { timeout: 120_000 }).toBeGreaterThan(0.5);
      expect(await page.textContent(".demo-note")).toBe("");
      const start = await inPage(page, ({ store }) => store.state.runs[0].tickNow(3)?.solve?.start);
      expect(start).toMatch(/^net/);
      await page.keyboard.press("Home");
      const [download] = await Promise.all([
        page.waitForEvent("download", SOON),
        page.getByRole("button", { name: "Export" }).click(),
      ]);
      const pose = await inPage(page, ({ store }) => Array.from(store.state.runs[0].trail().subarray(9, 12)));
      await page.close();
      const saved = join(folder, "demo.html");
      await download.saveAs(saved);
      const alone = await browser.newPage();
      await alone.goto(pathToFileURL(saved).href);
      await alone.waitForSelector(".solver-times", SOON);
      const taken = await inPage(alone, ({ store }) =>
        Array.from(store.state.runs[0].trail().subarray(9, 12)),
      );
      expect(taken).toEqual(pose);
      expect(await inPage(alone, ({ store }) => store.state.runs[0].index.live)).toBe(false);
      await alone.close();
    }, 300_000);
  },
);
