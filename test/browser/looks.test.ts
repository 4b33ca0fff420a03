import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ViewServer } from "../../src/bridge/view-server.ts";
import { type OpenedBrowser, openChromium, WHY_NOT } from "./chromium.ts";
import { inPage, SOON, serveLogs, writeRun } from "./viewer-page.ts";

/** A phone, a tablet, a small and a usual laptop, and a screen of 3840 x 2160. */
const SIZES = [
  [390, 844],
  [820, 1180],
  [1024, 768],
  [1280, 800],
  [3840, 2160],
] as const;
const THEMES = ["light", "dark"] as const;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "mnemosyne-looks-"));

/** What axe finds to be serious or critical, contrast below 4.5 among it. */
async function seriousOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    type Finding = { impact: string; id: string; nodes: { target: string[] }[] };
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  });
}

/** Waits until a new size of the window is laid out: the page hears of it in one frame and shows it in the next. */
const shown = (page: Page): Promise<void> =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );

/** Controls that something else lies over, and what reaches out of the window. */
function coveredIn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = [];
    const { innerWidth: w, innerHeight: h } = window;
    if (document.documentElement.scrollWidth > w) wrong.push("the page is wider than the window");
    for (const control of document.querySelectorAll("button, select, input, a, summary")) {
      const { left, top, width, height } = control.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      if (width === 0 || height === 0 || !control.checkVisibility({ contentVisibilityAuto: true })) continue;
      // What a part scrolls away is not to be seen, and not covered.
      const part = control.closest(".part, .tab-panel")?.getBoundingClientRect();
      if (part && (x < part.left || x > part.right || y < part.top || y > part.bottom)) continue;
      const name = control.ariaLabel || control.textContent || control.tagName;
      if (x < 0 || x > w || y < 0 || y > h) {
        wrong.push(`${name} is outside of the window`);
        continue;
      }
      const top1 = document.elementFromPoint(x, y);
      if (top1 === null || !(control.contains(top1) || top1.contains(control)))
        wrong.push(`${name} lies under ${top1?.className || top1?.tagName}`);
    }
    // Pictures and words beside them keep apart, too.
    const boxes = [...document.querySelectorAll(".plots-side, .plots-charts")].map((part) =>
      part.getBoundingClientRect(),
    );
    const [a, b] = boxes;
    if (
      a &&
      b &&
      a.height > 0 &&
      a.left < b.right &&
      b.left < a.right &&
      a.top < b.bottom &&
      b.top < a.bottom
    )
      wrong.push("the plots lie under their legend");
    return wrong;
  });
}

describe.skipIf(WHY_NOT !== undefined)(`the viewer's looks${WHY_NOT ? ` (skipped: ${WHY_NOT})` : ""}`, () => {
  let browser: OpenedBrowser;
  let server: ViewServer;
  let address: (...numbers: number[]) => string;

  beforeAll(async () => {
    const log = join(folder, "a run.mcap");
    await writeRun(log);
    ({ server, address } = await serveLogs(log));
    browser = await openChromium();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(() => expect(browser.errors.splice(0)).toEqual([]));

  const open = async (url: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      const seen = new Set<string>();
      Object.assign(window, { complaints: seen });
      new MutationObserver(() => {
        for (const row of document.querySelectorAll('[data-level="error"] .layer-status, .message.error'))
          seen.add(row.textContent ?? "");
      }).observe(document, { subtree: true, childList: true, attributes: true });
    });
    await page.goto(url);
    return page;
  };

  /** Looks at a page in every size and theme, each of its parts opened once where they are folded. */
  const lookAt = async (page: Page): Promise<void> => {
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await shown(page);
      for (const theme of THEMES) {
        await inPage(page, ({ store }, chosen) => store.set({ theme: chosen }), theme);
        const where = `${width} x ${height}, ${theme}`;
        expect(await coveredIn(page), where).toEqual([]);
        expect(await seriousOf(page), where).toEqual([]);
        if (width > 900) continue;
        for (const name of ["Layers", "Plots", "Details"]) {
          await page.getByRole("button", { name, exact: true }).click();
          expect(await coveredIn(page), `${where}, ${name}`).toEqual([]);
          expect(await seriousOf(page), `${where}, ${name}`).toEqual([]);
          await page.getByRole("button", { name, exact: true }).click();
        }
      }
    }
  };

  test("a log is shown without a fault, in five sizes and two themes", async () => {
    const page = await open(`${address(0)}#t=1.5`);
    await page.waitForSelector(".solver-times", SOON);
    expect(
      await page.evaluate(() => [...(window as unknown as { complaints: Set<string> }).complaints]),
    ).toEqual([]);
    await lookAt(page);
    await page.close();
  }, 300_000);

  test("so are the welcome page and the demo, which begins with the network", async () => {
    const page = await open(`${server.base}/`);
    await page.waitForSelector(".welcome", SOON);
    await page.waitForSelector(".plots-empty", SOON);
    await lookAt(page);
    await page.close();
    const demo = await open(`${server.base}/demo.html`);
    await demo.waitForSelector(".solver-times", SOON);
    expect(
      await demo.evaluate(() => [...(window as unknown as { complaints: Set<string> }).complaints]),
    ).toEqual([]);
    const starts = (): Promise<string[]> =>
      inPage(demo, ({ store }) => (store.state.runs[0].tickNow(0)?.hypotheses ?? []).map(({ name }) => name));
    await expect.poll(starts, SOON).toContain("net");
    await lookAt(demo);
    await demo.close();
  }, 300_000);
});
