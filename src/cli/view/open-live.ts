import { setTimeout as sleep } from "node:timers/promises";
import { createLiveSession, listViewer, openBrowser, startViewServer } from "../../bridge/index.ts";
import { createLiveDrive, type DriveSummary, type LiveDrive } from "../../drive/index.ts";
import { describeError } from "../../node/index.ts";
import { createMessageWriter, type RunMeta } from "../../record/index.ts";
import type { OpenedPlace } from "../run-scenario.ts";
import type { VerbContext } from "../verb.ts";
import type { LiveFlags } from "./live-flags.ts";

/** A run in the viewer while it is driven. */
export type OpenedLive = {
  readonly onTick: LiveDrive["onTick"];
  /** Tells the pages how the run ended and stops serving. */ end(summary: DriveSummary): Promise<void>;
  /** The same where the run broke. */ fail(error: unknown): void;
};

/** The local grid is shown this often. [ticks] */
const LOCAL_GRID_EVERY = 5;
/** Time for the last events to leave before the connections are closed. [ms] */
const FAREWELL_MS = 200;

/**
 * Serves the viewer with a live run, prints its address, opens the browser, and waits for the first page:
 * nothing of the run is missed.
 *
 * @throws MpcError where the viewer is not built, ConfigError for a port that cannot be used
 */
export async function openLive(
  flags: LiveFlags & { readonly rate: number },
  meta: RunMeta,
  ground: OpenedPlace,
  { output, signal, now }: VerbContext,
): Promise<OpenedLive> {
  const drive = createLiveDrive({
    period: 1 / flags.rate,
    speed: () => flags.speed ?? 1,
    now,
    sleep: (ms) => sleep(ms, undefined, { signal }).catch(() => {}),
    signal,
    watched: () => session.pages > 0,
    state: (state) => session.state(state),
    mapChanged: (grid, time) => writer.map(grid, time),
  });
  const session = createLiveSession({ name: meta.id ?? "live run", meta }, (command) => drive.take(command));
  const writer = createMessageWriter((message) => session.message(message), meta, {
    localGridEvery: LOCAL_GRID_EVERY,
    trailEvery: 0,
    onFailure: (error) => output.log(`the viewer is told no more, the run goes on: ${error.message}`),
  });
  writer.map(ground.grid);
  const server = await startViewServer({ files: listViewer(), port: flags.port ?? 0, route: session.route });
  const url = `${server.origin}/?live=1#token=${session.token}`;
  output.log(`the run begins when the viewer is open: ${url}`);
  if (flags.open) openBrowser(url);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([session.firstPage, stopped]);
  session.state({ state: "driving" });

  const close = async (): Promise<void> => {
    await sleep(FAREWELL_MS);
    session.end();
    await server.close();
  };
  return {
    onTick(report, simulator, goTo) {
      writer.tick(report, simulator);
      return drive.onTick(report, simulator, goTo);
    },
    async end(summary) {
      session.state({ state: "ended", summary });
      await close();
    },
    fail(error) {
      session.state({ state: "ended", note: describeError(error).message });
      void close();
    },
  };
}
