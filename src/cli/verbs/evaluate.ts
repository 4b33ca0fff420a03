import { availableParallelism } from "node:os";
import { percentile, SHOCK_KINDS, type ShockKind } from "../../drive/index.ts";
import {
  complainAbout,
  InterruptedError,
  type JobOutcome,
  openRobot,
  readText,
  UsageError,
} from "../../node/index.ts";
import { type FlagValues, flag } from "../flag-table.ts";
import { DRIVING_FLAGS, PLANNING_FLAGS, shared, ZONE_FLAGS } from "../options.ts";
import type { Output } from "../output.ts";
import { parseInteger, parseWorlds } from "../parse-values.ts";
import { QUEUE_FLAGS, withRunner } from "../queue-flags.ts";
import { EVALUATE_RUN, openStart, type RunRequest, type RunRow, sharedRequest } from "../run-scenario.ts";
import { parseScenarios } from "../scenario-file.ts";
import { SIMULATION_FLAGS, simulationRequest } from "../simulation-flags.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = {
  worlds: flag("--worlds <FAMILY:FROM-TO>", "generated worlds instead of a file", parseWorlds),
  jobs: flag("--jobs <N>", "runs at a time (all cores)", parseInteger(1, 1024)),
  ...ZONE_FLAGS,
  ...PLANNING_FLAGS,
  ...DRIVING_FLAGS,
  ...shared("seed", "json"),
  ...SIMULATION_FLAGS,
  ...QUEUE_FLAGS,
};

type EvaluateOptions = FlagValues<typeof FLAGS>;

/** A row where the run itself could not be done. */
type FailedRow = {
  readonly verb: "navigate";
  readonly id: string;
  readonly status: "failed";
  readonly error: { readonly code: string; readonly message: string };
};
type Row = RunRow | FailedRow;

/** `mnemosyne evaluate`: many runs in parallel, a row each and the totals. */
export const registerEvaluate = defineVerb({
  name: "evaluate",
  summary: "many closed-loop runs in parallel: a row each and the totals",
  description:
    "Runs every scenario of a JSON Lines file, or every world of a range, on all cores. A scenario's own " +
    "robot and timeout win over the flags. Exit status 1 where a run did not reach its goal.",
  word: { name: "[SCENARIOS]", text: "JSON Lines file, one scenario per line" },
  flags: FLAGS,
  example: "npx mnemosyne-mpc evaluate --worlds clutter:0-99 --sensor lidar",
  action: evaluate,
});

async function evaluate(
  options: EvaluateOptions,
  context: VerbContext,
  file: string | undefined,
): Promise<VerbEnd> {
  const { output, signal, now, isGiven } = context;
  const requests = await readRequests(file, options, isGiven);
  const notes = await checkStarts(requests, output);
  const size = Math.min(options.jobs ?? availableParallelism(), requests.length);
  const progress = output.progress("evaluate", requests.length);
  const rows: Row[] = [];
  const started = now();
  if (!output.json) output.text(HEADER);
  await withRunner(options, context, (run) =>
    run(EVALUATE_RUN, requests, {
      size,
      signal,
      onProgress: (done) =>
        progress.update(done, `${rows.filter((r) => r.status === "reached").length} reached`),
      onResult: (outcome) => {
        if (signal.aborted) return;
        const row = rowOf(outcome, requests[outcome.index], notes);
        rows.push(row);
        output.object(row);
        output.text(textRow(row));
      },
    }),
  );
  progress.finish();
  if (signal.aborted) throw new InterruptedError();
  const { sensor = options.sensor } = requests[0];
  const totals = totalsOf(rows, { ...options, sensor }, size, (now() - started) / 1000);
  output.object(totals);
  output.text(textTotals(totals));
  return totals.reached === totals.scenarios ? "done" : "failed";
}

/**
 * Opens the warm start of every robot once, before the workers do: a network that does not fit is told at once.
 *
 * @returns by robot, why it does without one
 * @throws as `openStart`; a robot that cannot be read is its row's failure
 */
async function checkStarts(
  requests: readonly RunRequest[],
  output: Output,
): Promise<ReadonlyMap<string, string>> {
  const notes = new Map<string, string>();
  const byRobot = new Map(requests.map((request) => [request.robot, request]));
  for (const [name, request] of byRobot) {
    const robot = await openRobot(name, request.reverse).catch(() => undefined);
    if (robot === undefined) continue;
    const { note } = await openStart(request, robot);
    if (note === undefined) continue;
    output.log(note);
    notes.set(name, note);
  }
  return notes;
}

async function readRequests(
  file: string | undefined,
  options: EvaluateOptions,
  isGiven: (flag: string) => boolean,
): Promise<RunRequest[]> {
  if ((file === undefined) === (options.worlds === undefined)) {
    throw new UsageError(
      "Name what to run: a file of scenarios, or --worlds FAMILY:FROM-TO (one of the two).",
    );
  }
  const shared = { ...(await sharedRequest(options)), ...simulationRequest(options, isGiven) };
  if (options.worlds !== undefined) {
    return options.worlds.map((world) => ({
      ...shared,
      id: `${world.family}:${world.seed}`,
      place: { kind: "world", world },
    }));
  }
  const scenarios = await complainAbout(file!, async () => parseScenarios(await readText(file!), file!));
  return scenarios.map((s) => ({
    ...shared,
    id: s.id,
    place: { kind: "map", file: s.map, start: s.start, goal: s.goal },
    robot: s.robot ?? shared.robot,
    tolerance: { ...shared.tolerance, position: s.goalTolerance },
    timeout_s: s.timeout ?? shared.timeout_s,
    ...(s.crowd !== undefined && { crowd: s.crowd }),
    ...(s.movers !== undefined && { movers: s.movers }),
  }));
}

function rowOf(
  outcome: JobOutcome<RunRow>,
  { id, model, robot }: RunRequest,
  notes: ReadonlyMap<string, string>,
): Row {
  if (outcome.status === "done") {
    const { result } = outcome;
    const note = result.init_note && (notes.get(robot) ?? result.init_note);
    // Files where they are here, not where a worker had them.
    return {
      ...result,
      ...(model !== undefined && { model }),
      ...(note !== undefined && { init_note: note }),
    };
  }
  const { code = outcome.reason, message } = outcome;
  return { verb: "navigate", id, status: "failed", error: { code, message } };
}

type Totals = ReturnType<typeof totalsOf>;

function totalsOf(rows: readonly Row[], options: EvaluateOptions, jobs: number, wall_s: number) {
  const count = (status: string): number => rows.filter((row) => row.status === status).length;
  const runs = rows.filter((row): row is RunRow => "time_s" in row);
  const reached = runs.filter((row) => row.status === "reached");
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  const values = (pick: (row: RunRow) => number): number[] => runs.map(pick);
  const sum = (pick: (row: RunRow) => number): number => values(pick).reduce((a, b) => a + b, 0);
  const at = (share: number, pick: (row: RunRow) => number, among = runs): number =>
    percentile(among.map(pick), share);
  const scale = Math.max(1, ...runs.map((row) => row.world_scale ?? 1));
  const amongMovers = runs.flatMap((row) => row.min_mover_clearance_m ?? []);
  return {
    verb: "evaluate" as const,
    scenarios: rows.length,
    runs: runs.length,
    reached: count("reached"),
    collision: count("collision"),
    timeout: count("timeout"),
    stuck: count("stuck"),
    failed: count("failed"),
    success: rows.length === 0 ? 0 : round(count("reached") / rows.length, 4),
    collisions: sum((r) => r.collisions),
    contacts: sum((r) => r.contacts),
    contacts_caused: sum((r) => r.contacts_caused),
    ...(amongMovers.length > 0 && {
      min_mover_clearance_m: Math.min(...amongMovers),
    }),
    robot: options.robot,
    ...(scale > 1 && { world_scale: scale }),
    init: options.init,
    sensor: options.sensor,
    seed: options.seed,
    ...(options.shocks === true ? { shocks: sumOfShocks(runs) } : {}),
    time_s: { p50: at(0.5, (r) => r.time_s, reached), p95: at(0.95, (r) => r.time_s, reached) },
    path_m: { p50: at(0.5, (r) => r.path_m, reached) },
    min_clearance_m: round(runs.length === 0 ? 0 : Math.min(...values((r) => r.min_clearance_m)), 4),
    reversals: sum((r) => r.reversals),
    backwards_m: round(
      sum((r) => r.backwards_m),
      3,
    ),
    standstill_s: at(1, (r) => r.standstill_s),
    sqp: {
      iterations: {
        mean: round(mean(values((r) => r.sqp.iterations.mean)), 3),
        p95: at(0.95, (r) => r.sqp.iterations.p95),
      },
    },
    plan_ms: {
      p50: at(0.5, (r) => r.plan_ms.p50),
      p99: at(0.5, (r) => r.plan_ms.p99),
      max: at(1, (r) => r.plan_ms.max),
    },
    deadline: { missed: sum((r) => r.deadline.missed), fallbacks: sum((r) => r.deadline.fallbacks) },
    init_fallbacks: sum((r) => r.init_fallbacks),
    jobs,
    wall_s: round(wall_s, 1),
  };
}

/** For people: worlds are larger than they are generated. */
function scaleText(scale: number, robot: string): string {
  return `worlds are ${scale.toFixed(2)} times as large as they are generated: ${robot} has no room in them as they are`;
}

/** What all runs together went through, by kind of shock. */
function sumOfShocks(runs: readonly RunRow[]): Record<ShockKind, number> {
  const sum = (kind: ShockKind): number => runs.reduce((total, row) => total + (row.shocks?.[kind] ?? 0), 0);
  return { goal: sum("goal"), displaced: sum("displaced"), obstacle: sum("obstacle") };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

const COLUMNS = [24, 10, 8, 8, 10, 6, 9] as const;
const columns = (cells: readonly string[]): string =>
  cells.map((c, i) => (i === 0 ? c.padEnd(COLUMNS[i]) : c.padStart(COLUMNS[i]))).join(" ");
const HEADER = columns(["id", "status", "time s", "path m", "clear m", "it", "tick ms"]);

function textRow(row: Row): string {
  if (!("time_s" in row))
    return `${row.id.padEnd(COLUMNS[0])} ${row.status.padStart(COLUMNS[1])}  ${row.error.message}`;
  const line = columns([
    row.id,
    row.status,
    row.time_s.toFixed(1),
    row.path_m.toFixed(1),
    row.min_clearance_m.toFixed(3),
    row.sqp.iterations.mean.toFixed(2),
    row.plan_ms.p50.toFixed(1),
  ]);
  return row.note === undefined ? line : `${line}  ${row.note}`;
}

function textTotals(t: Totals): string {
  const others = (["collision", "timeout", "stuck", "failed"] as const)
    .filter((s) => t[s] > 0)
    .map((s) => `${t[s]} ${s}`);
  const shocks = SHOCK_KINDS.map((kind) => `${t.shocks?.[kind]} ${kind}`).join(", ");
  const figures = [
    `smallest clearance ${t.min_clearance_m.toFixed(3)} m, time ${t.time_s.p50.toFixed(1)} s (median), ${t.sqp.iterations.mean.toFixed(2)} SQP iterations per tick`,
    `${t.reversals} reversals, ${t.backwards_m.toFixed(1)} m backwards, stood still for up to ${t.standstill_s.toFixed(1)} s`,
    `a tick takes ${t.plan_ms.p50.toFixed(1)} ms (median), ${t.deadline.missed} over the deadline, ${t.deadline.fallbacks} fallbacks; ${t.jobs} ${t.jobs === 1 ? "job" : "jobs"}, ${t.wall_s} s in all`,
  ];
  return [
    "",
    `${t.reached} of ${t.scenarios} reached (${(100 * t.success).toFixed(1)}%)${others.length === 0 ? "" : `, ${others.join(", ")}`}`,
    ...(t.runs > 0 ? figures : []),
    ...(t.world_scale === undefined ? [] : [scaleText(t.world_scale, t.robot)]),
    ...(t.min_mover_clearance_m === undefined
      ? []
      : [
          `movers: ${t.contacts} contacts, ${t.contacts_caused} caused by the robot; smallest clearance ${t.min_mover_clearance_m.toFixed(3)} m`,
        ]),
    ...(t.shocks === undefined ? [] : [`shocks on the way: ${shocks}`]),
  ].join("\n");
}
