import { existsSync } from "node:fs";

const PLACES = [
  process.env.MNEMOSYNE_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/**
 * Software rendering, as it is everywhere. On a busy machine a frame of it may take longer than Chromium's watchdog
 * of the GPU process allows; the watchdog would end that process, and after the third time the browser ends too.
 */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-gpu-watchdog",
  "--disable-background-networking",
  "--no-first-run",
];

/** Starts the browser of this machine. @throws Error where there is none */
export async function openChromium(...flags) {
  const executablePath = PLACES.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined)
    throw new Error(`no Chromium at ${PLACES.filter(Boolean).join(", ")}: name one in MNEMOSYNE_CHROMIUM`);
  const { chromium } = await import("playwright-core"); // a package that tests alone need
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}
