import { setTimeout as sleep } from "node:timers/promises";
import { createLiveSession, listViewer, openBrowser, startViewServer } from "../../bridge/index.ts";
import { createLiveDrive, type DriveSummary, type LiveDrive } from "../../drive/index.ts";
import { describeError } from "../../node/index.ts";
import type { TickReport } from "../../planner/index.ts";
import { createMessageWriter, type LiveState, type RunMeta } from "../../record/index.ts";
import type { Latency, OccupancyGrid, Simulator, ZoneMasks } from "../../sim/index.ts";
import type { OpenedPlace } from "../run-scenario.ts";
import type { VerbContext } from "../verb.ts";
import { aborted } from "../verbs/view.ts";
import { openServe, type ServeFlags } from "./serve.ts";
import type { LiveFlags } from "./view-flags.ts";

/** A run that is watched while it is driven: in the viewer, in Foxglove, or in both. */
export type OpenedLive = {
  readonly onTick: LiveDrive["onTick"];
  readonly byHand: LiveDrive["byHand"];
  /** Tells the pages how the run ended and stops serving. */ end(summary: DriveSummary): Promise<void>;
  /** The same where the run broke. */ fail(error: unknown): void;
};

/** The local grid is shown this often. [ticks] */
const LOCAL_GRID_EVERY = 5;
/** Time for the last events to leave before the connections are closed. [ms] */
const FAREWELL_MS = 200;

/**
 * Makes a run go at the pace of the clock and serves it to whom the flags name; undefined where nobody watches.
 *
 * @throws MpcError where the viewer is not built, ConfigError for a port that cannot be used
 */
export async function openLive(
  flags: LiveFlags & ServeFlags & { readonly rate: number },
  meta: RunMeta,
  ground: OpenedPlace & ZoneMasks,
  context: VerbContext,
  latency: Latency,
): Promise<OpenedLive | undefined> {
  const { signal, now } = context;
  if (flags.live !== true && flags.serve === undefined) return undefined;
  const watchers: Watcher[] = [];
  const drive = createLiveDrive({
    robot: meta.robot,
    latency,
    period: 1 / flags.rate,
    speed: () => flags.speed ?? 1,
    now,
    sleep: (ms) => sleep(ms, undefined, { signal }).catch(() => {}),
    signal,
    watched: () => watchers.some((watcher) => watcher.watching()),
    state(state) {
      for (const watcher of watchers) watcher.state(state);
    },
    mapChanged(grid, time) {
      for (const watcher of watchers) watcher.map(grid, time);
    },
  });
  if (flags.serve !== undefined) {
    const served = await openServe(flags, meta, context, (goal) => drive.take({ kind: "goal", goal }));
    served?.map(ground.grid, 0);
    served?.zones(ground);
    if (served !== undefined)
      watchers.push({ ...served, watching: () => served.clients > 0, state: () => {}, end: served.close });
  }
  if (flags.live === true) watchers.push(await openPages(flags, meta, ground, context, drive));
  for (const watcher of watchers) watcher.state({ state: "driving" });
  const end = async (state: LiveState): Promise<void> => {
    for (const watcher of watchers) watcher.state(state);
    await sleep(FAREWELL_MS);
    await Promise.all(watchers.map((watcher) => watcher.end()));
  };
  return {
    onTick(report, simulator, goTo, goesOn) {
      for (const watcher of watchers) watcher.tick(report, simulator);
      return drive.onTick(report, simulator, goTo, goesOn);
    },
    byHand: drive.byHand,
    end: (summary) => end({ state: "ended", summary }),
    fail(error) {
      void end({ state: "ended", note: describeError(error).message });
    },
  };
}

/** Somebody whom a run is shown to. */
type Watcher = {
  watching(): boolean;
  map(grid: OccupancyGrid, time: number): void;
  tick(report: TickReport, simulator: Simulator): void;
  state(state: LiveState): void;
  end(): Promise<void>;
};

/** Serves the viewer, opens the browser, and waits for the first page: nothing of the run is missed. */
async function openPages(
  flags: LiveFlags,
  meta: RunMeta,
  ground: OpenedPlace & ZoneMasks,
  { output, signal }: VerbContext,
  drive: LiveDrive,
): Promise<Watcher> {
  const session = createLiveSession({ name: meta.id ?? "live run", meta }, (command) => drive.take(command));
  const writer = createMessageWriter((message) => session.message(message), meta, {
    localGridEvery: LOCAL_GRID_EVERY,
    trailEvery: 0,
    onFailure: (error) => output.log(`the viewer is told no more, the run goes on: ${error.message}`),
  });
  writer.map(ground.grid);
  writer.zones(ground);
  const server = await startViewServer({ files: listViewer(), port: flags.port ?? 0, route: session.route });
  const url = `${server.base}/?live=1#token=${session.token}`;
  output.log(`the run begins when the viewer is open: ${url}`);
  if (flags.open) openBrowser(url);
  await Promise.race([session.firstPage, aborted(signal)]);
  return {
    watching: () => session.pages > 0,
    map: (grid, time) => writer.map(grid, time),
    tick: (report, simulator) => writer.tick(report, simulator),
    state: (state) => session.state(state),
    end() {
      session.end();
      return server.close();
    },
  };
}
