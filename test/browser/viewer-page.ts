import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Page } from "playwright-core";
import { listViewer, nameLogs } from "../../src/bridge/served-files.ts";
import { startViewServer, type ViewServer } from "../../src/bridge/view-server.ts";
import { type DriveOptions, type DriveSummary, drive } from "../../src/drive/index.ts";
import { createLogWriter } from "../../src/record/index.ts";
import { createFileSink } from "../../src/record/node.ts";
import { getRobot, makeWorld, type Pose } from "../../src/sim/index.ts";
import type { AppState, Store } from "../../viewer/src/contracts.ts";
import type { SceneState } from "../../viewer/src/scene/scene-state.ts";

/** A page under software rendering on a busy machine takes its time; what is there ends the wait at once. */
export const SOON = { timeout: 60_000 };

/** What the page offers to its console. */
type Handle = { readonly mnemosyne: { readonly store: Store; readonly scene: SceneState } };

/** Asks the page of its state. @param ask runs in the page: it knows nothing of this file but `argument` */
export function inPage<T, A = undefined>(
  page: Page,
  ask: (viewer: Handle["mnemosyne"], argument: A) => T | Promise<T>,
  argument?: A,
): Promise<T> {
  return page.evaluate(
    ([text, given]) =>
      new Function("viewer", "argument", `return (${text})(viewer, argument)`)(
        (window as unknown as Handle).mnemosyne,
        given,
      ),
    [ask.toString(), argument] as const,
  );
}

/** The cursor. [s] */
export const timeOf = (page: Page): Promise<number> => inPage(page, (viewer) => viewer.store.state.time);

/** All of the state but for the runs. */
export const stateOf = (page: Page): Promise<Omit<AppState, "runs">> =>
  inPage(page, ({ store }) => ({ ...store.state, runs: undefined }));

/** The pixel of the page above a place on the ground. [m] */
export async function pixelOf(page: Page, x: number, y: number): Promise<readonly [number, number]> {
  const [px, py] = await inPage(page, ({ scene }, place) => scene.screenOf!(place[0], place[1]), [x, y]);
  const box = (await page.locator(".scene canvas").first().boundingBox())!;
  return [box.x + px, box.y + py];
}

/** Drives through a world for a few seconds and logs it. @returns the true poses, tick by tick */
export async function writeRun(
  file: string,
  options: Partial<DriveOptions> = {},
): Promise<{ readonly truth: readonly Pose[]; readonly summary: DriveSummary }> {
  const robot = getRobot("jackal");
  const { grid, start, goal } = makeWorld("cells", 3);
  const config = { init: options.init ?? "shift", rateHz: 10 };
  const log = createLogWriter(await createFileSink(file), { id: "cells:3", robot, config });
  log.map(grid);
  const truth: Pose[] = [];
  const { summary } = await drive({
    grid,
    robot,
    start,
    goal,
    timeout_s: 3,
    keepIterates: true,
    ...options,
    onTick(report, simulator) {
      truth.push({ ...simulator.pose });
      log.tick(report, simulator);
    },
  });
  await log.close(summary);
  return { truth, summary };
}

/** Serves the built viewer and some logs, as `view` does. */
export async function serveLogs(
  ...files: readonly string[]
): Promise<{ readonly server: ViewServer; address(...numbers: number[]): string }> {
  const logs = await nameLogs([...files]);
  const all = new Map([...listViewer(), ...logs.map((log) => [log.url, log.file] as const)]);
  const server = await startViewServer({ files: all, port: 0 });
  const query = (numbers: readonly number[]) =>
    numbers.map((number) => `url=${encodeURIComponent(logs[number].url.slice(1))}`).join("&");
  return { server, address: (...numbers) => `${server.base}/?${query(numbers)}` };
}

/** Drops a file on the page, at a share of its width. */
export async function dropFile(page: Page, file: string, at: number): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([name, base64]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      return transfer;
    },
    [basename(file), readFileSync(file).toString("base64")] as const,
  );
  const place = { clientX: at * page.viewportSize()!.width, clientY: 300, dataTransfer };
  await page.dispatchEvent("body", "dragover", place);
  await page.dispatchEvent("body", "drop", place);
}

/** Colours of a square of pixels around one. */
export async function meanColour(page: Page, [x, y]: readonly [number, number]): Promise<number[]> {
  const clip = { x: x - 2, y: y - 2, width: 5, height: 5 };
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
}
