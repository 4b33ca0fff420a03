import { believedLatency, type DriveSummary, drive } from "../../drive/index.ts";
import {
  checkWritable,
  InterruptedError,
  type OpenedStart,
  openRobot,
  UsageError,
  writeFileAtomic,
} from "../../node/index.ts";
import type { TickReport } from "../../planner/index.ts";
import { createRunPicture } from "../../plot/index.ts";
import { type RunMeta, summaryJson } from "../../record/index.ts";
import { type FlagValues, flag } from "../flag-table.ts";
import { openLog, RECORD_FLAG } from "../open-log.ts";
import { checkPlace, DRIVING_FLAGS, PLACE_FLAGS, PLANNING_FLAGS, shared, ZONE_FLAGS } from "../options.ts";
import type { Output } from "../output.ts";
import { parseFile, parseReal } from "../parse-values.ts";
import { givenRoute, ROUTE_FLAG, waypointsText } from "../route-file.ts";
import {
  driveOptions,
  navigationOf,
  type OpenedPlace,
  openPlace,
  openStart,
  placeFields,
  placeName,
  placeOf,
  type RunRequest,
  sharedRequest,
  startFields,
} from "../run-scenario.ts";
import { SIMULATION_FLAGS, simulationRequest } from "../simulation-flags.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";
import { openLive } from "../view/open-live.ts";
import { SERVE_FLAGS } from "../view/serve.ts";
import { checkLiveFlags, LIVE_FLAGS } from "../view/view-flags.ts";

const FLAGS = {
  route: ROUTE_FLAG,
  record: RECORD_FLAG,
  picture: flag("--picture <FILE.svg>", "draw the run", parseFile(".svg")),
  tolerance: flag(
    "--tolerance <M>",
    "the goal is reached within this distance [m] (0.25)",
    parseReal(0.01, 100, "m"),
  ),
  ...PLACE_FLAGS,
  ...ZONE_FLAGS,
  ...PLANNING_FLAGS,
  ...DRIVING_FLAGS,
  ...shared("seed", "json"),
  ...SIMULATION_FLAGS,
  ...LIVE_FLAGS,
  ...SERVE_FLAGS,
};

type NavigateOptions = FlagValues<typeof FLAGS>;

/** `mnemosyne navigate`: one closed-loop run in the simulator and its summary. */
export const registerNavigate = defineVerb({
  name: "navigate",
  summary: "one closed-loop run in the simulator; prints the summary",
  description:
    "Drives one robot to a goal in the simulator and prints the summary. A world brings a start and a goal of " +
    "its own; a map needs both. Exit status 1 where the goal is not reached.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc navigate --world crowd:7 --movers 10 --sensor lidar --record run.mcap",
  action: navigate,
});

/** Simulated seconds of a live run whose user named no timeout: new goals are set as long as they like. */
const LIVE_TIMEOUT = 100_000;

async function navigate(flags: NavigateOptions, context: VerbContext): Promise<VerbEnd> {
  const { output, signal, now } = context;
  const route = await givenRoute(flags);
  if (route !== undefined && flags.shocks === true)
    throw new UsageError("--shocks sends the robot elsewhere and back to one goal: give it without --route.");
  const target = route?.at(-1) ?? flags.goal;
  checkPlace({ ...flags, goal: target });
  checkLiveFlags(flags);
  const patient = (flags.live === true || flags.serve !== undefined) && !context.isGiven("timeout");
  const options = patient ? { ...flags, timeout: LIVE_TIMEOUT } : flags;
  const place = placeOf({ ...options, goal: target });
  const shared = await sharedRequest(options);
  const request: RunRequest = {
    ...shared,
    ...simulationRequest(options, context.isGiven),
    id: placeName(place),
    place,
    ...(route !== undefined && { route }),
    ...(options.tolerance !== undefined && {
      tolerance: { ...shared.tolerance, position: options.tolerance },
    }),
  };
  await checkWritable(options.picture);
  const robot = await openRobot(options.robot, options.reverse);
  const ground = await openPlace(place, robot, request);
  const start = await openStart(request, robot);
  if (start.note !== undefined) output.log(start.note);
  const meta = metaOf(request, ground, robot, start);
  const run = await driveOptions(request, ground, robot, start);
  const { keepout, speedZones } = run;
  const shown = { ...ground, keepout, speedZones };
  const live = await openLive(options, meta, shown, context, believedLatency(run));
  const log = await openLog(options.record, meta, context);
  log?.map(ground.grid);
  log?.zones(shown);
  const picture =
    options.picture === undefined ? undefined : createRunPicture({ ...ground, robot, title: request.id });
  const progress = output.progress("simulated seconds", undefined);
  const { summary } = await drive({
    ...run,
    clock: now,
    signal,
    keepIterates: log !== undefined || live !== undefined,
    byHand: live?.byHand,
    onTick(report, simulator, goTo, goesOn) {
      log?.tick(report, simulator);
      picture?.add(report, simulator);
      progress.update(Math.round(report.time), describeTick(report));
      return live?.onTick(report, simulator, goTo, goesOn);
    },
  }).catch((error: unknown) => {
    live?.fail(error);
    throw error;
  });
  progress.finish();
  await live?.end(summary);
  const outcome = await log?.close(summary);
  if (picture !== undefined) await writeFileAtomic(options.picture!, picture.draw(summary));
  if (signal.aborted) throw new InterruptedError();
  const record = outcome?.complete === true ? options.record : undefined;
  const fields = { ...summaryJson(summary), ...placeFields(ground), ...startFields(start), record };
  output.object({ verb: "navigate", id: request.id, ...fields });
  output.text(
    describe(request, summary, start, output, { record, picture: options.picture, scale: ground.scale }),
  );
  return summary.status === "reached" && outcome?.failure === undefined ? "done" : "failed";
}

/**
 * With all parameters of the planner, and the network that is asked, where there is one: whoever reads the log can look with
 * its eyes.
 */
function metaOf(
  request: RunRequest,
  ground: OpenedPlace,
  robot: RunMeta["robot"],
  { model, netSpec }: OpenedStart,
): RunMeta {
  const { id, place: _place, robot: _robot, ...config } = request;
  const net = model === undefined ? {} : { model, netSpec };
  const navigation = navigationOf(request, robot);
  return { id, robot, config: { start: ground.start, goal: ground.goal, ...config, navigation, ...net } };
}

/** Where the robot is; how long it will take nobody knows, so this says how far it is instead. */
function describeTick({ pose: { x, y }, goal, phase }: TickReport): string {
  const far = goal === undefined ? "" : `, ${Math.hypot(goal.x - x, goal.y - y).toFixed(1)} m from the goal`;
  return `${phase} at (${x.toFixed(1)}, ${y.toFixed(1)})${far}`;
}

function describe(
  request: RunRequest,
  s: DriveSummary,
  { model }: OpenedStart,
  output: Output,
  {
    record,
    picture,
    scale = 1,
  }: { readonly record?: string; readonly picture?: string; readonly scale?: number },
): string {
  const { green, red, bold } = output.paint;
  const row = (key: string, value: string): string => `${key.padEnd(12)}${value}`;
  const ms = (value: number): string => value.toFixed(1);
  const statuses = Object.entries(s.sqp.status).map(([name, n]) => `${n} ${name}`);
  const lines = [
    `${bold(request.id)}  ${s.status === "reached" ? green(s.status) : red(s.status)}${s.note === undefined ? "" : ` (${s.note})`}`,
    row(
      "robot",
      `${s.robot}, sensor ${request.sensor}, warm start ${s.init}, at most ${s.iterations} SQP iteration${s.iterations === 1 ? "" : "s"} per tick`,
    ),
    row(
      "drive",
      `${s.pathLength.toFixed(1)} m (${s.backwards.toFixed(1)} m backwards) in ${s.time.toFixed(1)} s, ${s.ticks} ticks; ${s.reversals} reversals, stood still for up to ${s.standstill.toFixed(1)} s`,
    ),
    ...(scale > 1
      ? [row("world", `${scale.toFixed(2)} times as large as it is generated, for a robot of this size`)]
      : []),
    row("clearance", `${s.minClearance.toFixed(3)} m at least, ${s.collisions} collisions`),
    row(
      "sqp",
      `${s.sqp.iterations.mean.toFixed(2)} iterations (mean), ${s.sqp.iterations.p95} (p95); ${statuses.join(", ")}`,
    ),
    row("tick [ms]", `${ms(s.planMs.p50)} (median), ${ms(s.planMs.p99)} (p99), ${ms(s.planMs.max)} (max)`),
    row(
      "parts [ms]",
      Object.entries(s.partsMs)
        .map(([name, value]) => `${name} ${value.toFixed(2)}`)
        .join(", "),
    ),
    row(
      "deadline",
      `${Number(s.deadline.ms.toFixed(2))} ms: ${s.deadline.missed} missed, ${s.deadline.fallbacks} fallbacks, ${s.recoveries} recoveries`,
    ),
  ];
  if (s.minMoverClearance !== undefined)
    lines.push(
      row(
        "movers",
        `${s.minMoverClearance.toFixed(3)} m at least, ${s.contacts} contacts, ${s.contactsCaused} of them caused by the robot`,
      ),
    );
  if (s.waypoints !== undefined) lines.push(row("waypoints", waypointsText(s.waypoints)));
  if (s.zones !== undefined) lines.push(row("zones", zonesText(s.zones)));
  if (model !== undefined) lines.push(row("network", model));
  if (s.initNote !== undefined)
    lines.push(row("warm start", `fell back in ${s.initFallbacks} ticks: ${s.initNote}`));
  if (record !== undefined) lines.push(row("log", record));
  if (picture !== undefined) lines.push(row("picture", picture));
  return lines.join("\n");
}

function zonesText({ keepout_s, overspeed_mps }: NonNullable<DriveSummary["zones"]>): string {
  return [
    ...(keepout_s === undefined ? [] : [`${keepout_s.toFixed(1)} s in a keepout zone`]),
    ...(overspeed_mps === undefined ? [] : [`at most ${overspeed_mps.toFixed(3)} m/s above a limit`]),
  ].join(", ");
}
