import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { VIEWER_FOLDER } from "../../src/bridge/served-files.ts";

const PLACES = [
  process.env.MNEMOSYNE_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser of this machine; undefined where there is none. */
export const CHROMIUM = PLACES.find((place) => place !== undefined && existsSync(place));

/** Why browser tests cannot run here; undefined where they can. */
export const WHY_NOT =
  CHROMIUM === undefined
    ? "no Chromium found"
    : existsSync(join(VIEWER_FOLDER, "index.html"))
      ? undefined
      : "the viewer is not built";

/** Software rendering, and nothing that calls home. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  // A frame that takes long on a busy machine is no reason to end the browser.
  "--disable-gpu-watchdog",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** A browser with a profile of its own, and what went wrong in its pages. */
export type OpenedBrowser = {
  readonly context: BrowserContext;
  /** Uncaught errors and messages of the console that are errors. */ readonly errors: string[];
  newPage(): Promise<Page>;
  close(): Promise<void>;
};

export async function openChromium(size = { width: 1280, height: 720 }): Promise<OpenedBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "mnemosyne-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: FLAGS,
    viewport: size,
    acceptDownloads: true,
  });
  const errors: string[] = [];
  return {
    context,
    errors,
    async newPage() {
      const page = await context.newPage();
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      return page;
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
