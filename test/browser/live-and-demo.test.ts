import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listViewer, nameLogs } from "../../src/cli/view/served-files.ts";
import { startViewServer, type ViewServer } from "../../src/cli/view/view-server.ts";
import { drive } from "../../src/planner/index.ts";
import { createLogWriter } from "../../src/record/index.ts";
import { createFileSink } from "../../src/record/node.ts";
import { getRobot, makeWorld } from "../../src/sim/index.ts";
import { runHere } from "../cli/run-cli.ts";
import { type OpenedBrowser, openChromium, WHY_NOT } from "./chromium.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-browser-"));
const SHOTS = process.env.MNEMOSYNE_SHOTS;

describe.skipIf(WHY_NOT !== undefined)(
  `the viewer in Chromium${WHY_NOT ? ` (skipped: ${WHY_NOT})` : ""}`,
  () => {
    let browser: OpenedBrowser;
    let server: ViewServer;
    let logUrl = "";
    let ticks = 0;

    beforeAll(async () => {
      const file = join(folder, "a run.mcap");
      const robot = getRobot("jackal");
      const { grid, start, goal } = makeWorld("cells", 3);
      const log = createLogWriter(await createFileSink(file), {
        id: "cells:3",
        robot,
        config: { rateHz: 10 },
      });
      log.map(grid);
      const { summary } = await drive({
        grid,
        robot,
        start,
        goal,
        timeout_s: 3,
        keepIterates: true,
        onTick: (report, simulator) => log.tick(report, simulator),
      });
      ticks = summary.ticks;
      await log.close(summary);
      const logs = await nameLogs([file]);
      const files = new Map([...listViewer(), ...logs.map((l) => [l.url, l.file] as const)]);
      server = await startViewServer({ files, port: 0 });
      logUrl = `${server.origin}/?url=${encodeURIComponent("/logs/0/a%20run.mcap")}`;
      browser = await openChromium();
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const shot = async (page: Page, name: string): Promise<void> => {
      if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${name}.png`) });
    };

    test("plots and solver panel show the tick at the cursor; CSV holds every tick", async () => {
      const page = await browser.newPage();
      await page.goto(`${logUrl}#t=1.5`);
      await page.waitForSelector(".uplot");
      await page.waitForSelector(".solver-times");
      await expect.poll(() => page.textContent(".solver-facts")).toContain("at 1.50 s");
      const cell = page.locator(".plot-legend tbody tr").first().locator("td").first();
      expect(Number((await cell.textContent())!.replace("−", "-"))).toBeGreaterThan(0);
      await page.getByRole("button", { name: "Set A" }).click();
      await expect.poll(() => page.locator(".plot-legend.with-cursors").count()).toBe(1);
      const over = page.locator(".u-over").first();
      const box = (await over.boundingBox())!;
      await page.mouse.click(box.x + 0.9 * box.width, box.y + 10);
      await expect.poll(() => page.textContent(".solver-facts")).not.toContain("at 1.50 s");
      await shot(page, "plots");
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "CSV" }).click(),
      ]);
      const rows = readFileSync(await download.path(), "utf8")
        .trim()
        .split("\r\n");
      expect(rows.length).toBe(ticks + 1);
      expect(rows[0]).toContain("speed [m/s]");
      await page.close();
      expect(browser.errors).toEqual([]);
    }, 120_000);

    test("the network's panel draws its grid", async () => {
      const page = await browser.newPage();
      await page.goto(`${logUrl}#t=1`);
      await page.getByRole("tab", { name: "Network" }).click();
      await expect.poll(() => page.locator(".net canvas").count(), { timeout: 20_000 }).toBe(2);
      await shot(page, "network");
      await page.close();
      expect(browser.errors).toEqual([]);
    }, 120_000);

    test("an export opens from disk, without a server, at the same moment", async () => {
      const page = await browser.newPage();
      await page.goto(`${logUrl}#t=2`);
      await page.waitForSelector(".solver-times");
      const [download] = await Promise.all([
        page.waitForEvent("download", { timeout: 60_000 }),
        page.getByRole("button", { name: "Export" }).click(),
      ]);
      const saved = join(folder, "export.html");
      await download.saveAs(saved);
      await page.close();
      const alone = await browser.newPage();
      await alone.goto(pathToFileURL(saved).href);
      await expect.poll(() => alone.textContent(".solver-facts"), { timeout: 30_000 }).toContain("at 2.00 s");
      await shot(alone, "export");
      await alone.close();
      expect(browser.errors).toEqual([]);
    }, 180_000);

    test("a live run shows its ticks, takes a goal and an obstacle, and ends with the command", async () => {
      const over = new AbortController();
      let stderr = "";
      const run = runHere(
        ["navigate", "--world", "cells:3", "--live", "--no-open", "--speed", "4", "--json"],
        { signal: over.signal, onStderr: (text) => (stderr += text) },
      );
      await expect.poll(() => stderr, { timeout: 30_000 }).toContain("#token=");
      const page = await browser.newPage();
      await page.goto(/http:\S+/.exec(stderr)![0]);
      await page.waitForSelector(".live-panel:not([hidden])", { timeout: 30_000 });
      await expect.poll(() => page.locator(".solver-times").count(), { timeout: 30_000 }).toBe(1);
      expect(page.url()).not.toContain("token");
      const canvas = page.locator(".scene canvas").first();
      const box = (await canvas.boundingBox())!;
      await page.getByRole("button", { name: "Set goal" }).click();
      await page.mouse.click(box.x + 0.5 * box.width, box.y + 0.55 * box.height);
      await expect
        .poll(() => page.textContent(".live-answer"), { timeout: 10_000 })
        .toMatch(/goal set|outside/);
      await page.getByRole("button", { name: "Drop obstacle" }).click();
      await page.mouse.click(box.x + 0.45 * box.width, box.y + 0.5 * box.height);
      await expect
        .poll(() => page.textContent(".live-answer"))
        .toMatch(/obstacle dropped|on the robot|outside/);
      await shot(page, "live");
      over.abort();
      const { stderr: said } = await run;
      expect(said).toContain("interrupted");
      await page.close();
      // A place that takes no obstacle is a 409 that the browser tells by itself.
      expect(browser.errors.filter((text) => !text.includes("409"))).toEqual([]);
      browser.errors.length = 0;
    }, 180_000);

    test("the demo drives in the tab, with no server behind it", async () => {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/demo.html?world=cells:3`);
      await expect.poll(() => page.locator(".solver-times").count(), { timeout: 60_000 }).toBe(1);
      const time = async () => Number(/at ([\d.]+) s/.exec((await page.textContent(".solver-facts"))!)![1]);
      const first = await time();
      await expect.poll(time, { timeout: 30_000 }).toBeGreaterThan(first);
      await shot(page, "demo");
      await page.locator(".demo-panel select").nth(2).selectOption("net");
      await expect
        .poll(() => page.textContent(".demo-note"), { timeout: 60_000 })
        .toMatch(/^$|shift is used instead/);
      await page.close();
      // A missing model is a 404 that the browser tells by itself.
      expect(browser.errors.filter((text) => !text.includes("404"))).toEqual([]);
      browser.errors.length = 0;
    }, 180_000);
  },
);
