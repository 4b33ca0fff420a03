import { startFoxgloveServer } from "../../bridge/index.ts";
import type { TickReport } from "../../planner/index.ts";
import { createMessageWriter, type RunMeta } from "../../record/index.ts";
import type { Goal, OccupancyGrid, Simulator, ZoneMasks } from "../../sim/index.ts";
import { type FlagValues, flag } from "../flag-table.ts";
import { parseInteger } from "../parse-values.ts";
import type { VerbContext } from "../verb.ts";

/** The port that Foxglove asks first. */
const USUAL_PORT = 8765;
/** The local grid is shown this often. [ticks] */
const LOCAL_GRID_EVERY = 5;

/** Flag of a run that Foxglove or Lichtblick may watch. `true`: on the usual port. */
export const SERVE_FLAGS = {
  serve: flag<number | true>(
    "--serve [PORT]",
    `Foxglove and Lichtblick see the run at 127.0.0.1 while it goes, and set goals (${USUAL_PORT})`,
    parseInteger(0, 65_535),
  ),
};
export type ServeFlags = FlagValues<typeof SERVE_FLAGS>;

/** A run that is served while it goes. */
export type OpenedServe = {
  /** Clients that are connected. */ readonly clients: number;
  map(grid: OccupancyGrid, time: number): void;
  zones(masks: ZoneMasks): void;
  tick(report: TickReport, simulator?: Simulator): void;
  close(): Promise<void>;
};

/** Serves a run and prints its address; undefined where nobody asked. @throws ConfigError for a port that cannot be used */
export async function openServe(
  { serve }: ServeFlags,
  meta: RunMeta,
  { output }: VerbContext,
  onGoal: (goal: Goal) => string | undefined,
): Promise<OpenedServe | undefined> {
  if (serve === undefined) return undefined;
  const server = await startFoxgloveServer({
    name: `mnemosyne ${meta.id ?? "run"}`,
    port: serve === true ? USUAL_PORT : serve,
    onGoal,
  });
  output.log(`Foxglove WebSocket: ${server.url}`);
  const writer = createMessageWriter((message) => server.message(message), meta, {
    localGridEvery: LOCAL_GRID_EVERY,
    onFailure: (error) => output.log(`clients are told no more, the run goes on: ${error.message}`),
  });
  return {
    get clients() {
      return server.clients;
    },
    map: (grid, time) => writer.map(grid, time),
    zones: (masks) => writer.zones(masks),
    tick: (report, simulator) => writer.tick(report, simulator),
    close: () => server.close(),
  };
}
