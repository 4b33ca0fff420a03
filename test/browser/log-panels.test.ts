import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decode } from "fast-png";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ViewServer } from "../../src/bridge/view-server.ts";
import { runHere } from "../cli/run-cli.ts";
import { type OpenedBrowser, openChromium, WHY_NOT } from "./chromium.ts";
import { SOON, serveLogs, writeRun } from "./viewer-page.ts";

const folder = mkdtempSync(join(tmpdir(), "mnemosyne-panels-"));

describe.skipIf(WHY_NOT !== undefined)(
  `a log's panels in Chromium${WHY_NOT ? ` (skipped: ${WHY_NOT})` : ""}`,
  () => {
    let browser: OpenedBrowser;
    let server: ViewServer;
    let address: (...numbers: number[]) => string;
    let ticks = 0;

    beforeAll(async () => {
      const plain = join(folder, "a run.mcap");
      ({ ticks } = (await writeRun(plain)).summary);
      const net = join(folder, "net.mcap");
      const drive = ["navigate", "--world", "clutter:10", "--init", "best", "--timeout", "1.5"];
      await runHere([...drive, "--record", net, "--json"]);
      ({ server, address } = await serveLogs(plain, net));
      browser = await openChromium();
    }, 180_000);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    afterEach(() => expect(browser.errors.splice(0)).toEqual([]));

    test("plots and solver panel show the tick at the cursor; CSV holds every tick", async () => {
      const page = await browser.newPage();
      await page.goto(`${address(0)}#t=1.5`);
      await page.waitForSelector(".uplot", SOON);
      await page.waitForSelector(".solver-times", SOON);
      await expect.poll(() => page.textContent(".solver-facts"), SOON).toContain("at 1.50 s");
      const cell = page.locator(".plot-legend tbody tr").first().locator("td").first();
      expect(Number((await cell.textContent())!.replace("−", "-"))).toBeGreaterThan(0);
      await page.getByRole("button", { name: "Set A" }).click();
      await expect.poll(() => page.locator(".plot-legend.with-cursors").count(), SOON).toBe(1);
      const over = page.locator(".u-over").first();
      const box = (await over.boundingBox())!;
      await page.mouse.click(box.x + 0.9 * box.width, box.y + 10);
      await expect.poll(() => page.textContent(".solver-facts"), SOON).not.toContain("at 1.50 s");
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
    }, 240_000);

    test("an export opens from disk, without a server, at the same moment", async () => {
      const page = await browser.newPage();
      await page.goto(`${address(0)}#t=2`);
      await page.waitForSelector(".solver-times", SOON);
      await page.waitForTimeout(1000); // what is at rest was drawn finely by then
      const [download] = await Promise.all([
        page.waitForEvent("download", SOON),
        page.getByRole("button", { name: "Export" }).click(),
      ]);
      const saved = join(folder, "export.html");
      await download.saveAs(saved);
      await page.close();
      const alone = await browser.newPage();
      await alone.goto(pathToFileURL(saved).href);
      await expect.poll(() => alone.textContent(".solver-facts"), SOON).toContain("at 2.00 s");
      await alone.close();
    }, 240_000);

    test("the scene is saved as a picture of its own size", async () => {
      const page = await browser.newPage();
      await page.goto(`${address(0)}#t=2`);
      await page.waitForSelector(".solver-times", SOON);
      const [download] = await Promise.all([
        page.waitForEvent("download", SOON),
        page.getByRole("button", { name: "PNG" }).click(),
      ]);
      expect(download.suggestedFilename()).toBe("a-run-2.0s.png");
      const png = readFileSync(await download.path());
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      const box = (await page.locator(".scene canvas").first().boundingBox())!;
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([box.width, box.height].map(Math.round));
      const { data, channels } = decode(png);
      const colours = new Set<number>();
      for (let at = 0; at < data.length; at += channels)
        colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
      expect(colours.size).toBeGreaterThan(50);
      await page.close();
    }, 240_000);

    test("the token that is chosen says what it attends to, and a click on a patch chooses it", async () => {
      const page = await browser.newPage();
      await page.goto(`${address(1)}#t=1`);
      await page.waitForSelector(".solver-times", SOON);
      await page.getByRole("tab", { name: "Network" }).click();
      const said = () => page.textContent(".net-attention-note");
      await expect.poll(said, { timeout: 120_000 }).toMatch(/Orange: .* of itself.*Computed with/);
      const token = page.getByLabel("Token that reads");
      const picture = () =>
        page
          .locator(".net canvas")
          .first()
          .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
      const [latent, saidOfLatent] = [await picture(), await said()];
      await token.selectOption({ label: "row 1, column 3" });
      await expect.poll(said, SOON).toMatch(/of the latent token/);
      expect(await said()).not.toBe(saidOfLatent);
      expect(await picture()).not.toBe(latent);
      const box = (await page.locator(".net canvas").first().boundingBox())!;
      await page.mouse.click(box.x + 0.98 * box.width, box.y + 0.02 * box.height);
      const chosen = () =>
        token.evaluate((select) => (select as HTMLSelectElement).selectedOptions[0].textContent);
      await expect.poll(chosen, SOON).toMatch(/^row 1, column (\d+)$/);
      expect(await chosen()).not.toBe("row 1, column 3");
      // A second click on the patch lets the latent token read again: the same picture as in the beginning.
      await page.mouse.click(box.x + 0.98 * box.width, box.y + 0.02 * box.height);
      await expect.poll(picture, SOON).toBe(latent);
      await page.close();
    }, 300_000);
  },
);
