// `node scripts/screenshots.mjs [FOLDER [NET.mcap SHIFT.mcap]]`: pictures of the viewer's main states, for the README,
// into docs/viewer. Needs the Chromium of this machine; drives what it shows by itself, unless it is given logs of the
// two drives below: a machine that is busy while it draws need not have been busy while it drove.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openChromium } from "./chromium.mjs";
import { ensureReady, ROOT } from "./ensure.mjs";
import { reportFailure } from "./say.mjs";

const CLI = join(ROOT, "bin", "mnemosyne.mjs");
/** A picture of a README should load at once. [bytes] */
const MOST = 250_000;
/** How often a drive without a missed deadline is tried for. */
const ATTEMPTS = 3;
const SIZE = { width: 1280, height: 720 };

/** Drives with the command line and logs the run; again where other programs had the machine at the time. */
function record(file, ...flags) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const args = [CLI, "navigate", "--record", file, ...flags, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0 && status !== 1) throw new Error(`navigate ${flags.join(" ")} failed: ${stderr}`);
    if (JSON.parse(stdout).deadline.missed === 0) return;
  }
}

/** Serves logs as a user would. */
async function serve(...files) {
  const child = spawn(process.execPath, [CLI, "view", ...files, "--no-open"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const address = await new Promise((found, failed) => {
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        said += text;
        const match = /http:\S+/.exec(said);
        if (match !== null) found(match[0]);
      });
    child.on("exit", () => failed(new Error(`view ended: ${said}`)));
  });
  return { address, close: () => child.kill("SIGINT") };
}

/** Waits until the tick at the cursor is shown. */
const settled = (page) => page.waitForSelector(".solver-times", { timeout: 60_000 });

const folder = resolve(process.argv[2] ?? join(ROOT, "docs", "viewer"));
const work = mkdtempSync(join(tmpdir(), "mnemosyne-shots-"));
const closers = [() => rmSync(work, { recursive: true, force: true })];
try {
  await ensureReady(ROOT);
  mkdirSync(folder, { recursive: true });
  const [net, shift] = ["net.mcap", "shift.mcap"].map((name) => join(work, name));
  const given = process.argv.slice(3);
  const world = ["--world", "clutter:10", "--sensor", "lidar"];
  if (given.length === 2) for (const [i, log] of [net, shift].entries()) copyFileSync(resolve(given[i]), log);
  else {
    record(net, ...world, "--init", "best");
    record(shift, ...world, "--init", "shift", "--prior", "none");
  }
  const one = await serve(net);
  closers.push(one.close);
  const two = await serve(net, shift);
  closers.push(two.close);
  const browser = await openChromium();
  closers.push(() => browser.close());

  const shoot = async (name, address, prepare = async () => {}) => {
    const page = await browser.newPage({ viewport: SIZE });
    page.setDefaultTimeout(120_000);
    page.on("pageerror", (error) => process.stderr.write(`${name}: ${error}\n`));
    await page.goto(address);
    await settled(page);
    await prepare(page);
    await page.waitForTimeout(2500);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    await page.close();
    const bytes = statSync(path).size;
    process.stderr.write(`${path} ${Math.round(bytes / 1000)} kB\n`);
    if (bytes > MOST) throw new Error(`${path} has ${bytes} bytes, at most ${MOST} are wanted`);
  };

  await shoot("light", `${one.address}#t=4&theme=light`);
  await shoot("dark", `${one.address}#t=5.2&theme=dark&camera=followPose&show=localGrid`);
  await shoot("compared", `${two.address}#t=4&theme=light&camera=top`);
  await shoot("network", `${one.address}#t=3&theme=light&camera=followPose`, async (page) => {
    await page.getByRole("tab", { name: "Network" }).click();
    await page.waitForFunction(() =>
      document.querySelector(".net-attention-note")?.textContent?.includes("Computed with"),
    );
  });
  await shoot("demo", `${new URL("demo.html", one.address)}?world=rooms:2#theme=dark`, async (page) => {
    // A run in a browser goes by the clock: it is looked back at, so that the picture does not depend on the machine.
    await page.waitForFunction(() =>
      document.querySelector(".solver-facts")?.textContent?.includes("arrived"),
    );
    const { x, y, width, height } = await page.locator(".timeline-wrap canvas").boundingBox();
    await page.mouse.click(x + 0.45 * width, y + height / 2);
    await page.mouse.move(x + width / 2, 0);
    await settled(page);
  });
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
} finally {
  for (const close of closers.reverse()) await close();
}
