import type { DriveSummary } from "../drive/index.ts";

/** Names in JSON of the fields that are called otherwise there. */
const JSON_NAMES = {
  time: "time_s",
  pathLength: "path_m",
  minClearance: "min_clearance_m",
  contactsCaused: "contacts_caused",
  minMoverClearance: "min_mover_clearance_m",
  backwards: "backwards_m",
  standstill: "standstill_s",
  planMs: "plan_ms",
  partsMs: "parts_ms",
  initFallbacks: "init_fallbacks",
  initNote: "init_note",
} as const satisfies { readonly [K in keyof DriveSummary]?: string };

type JsonNames = typeof JSON_NAMES;

/** A run's summary as `navigate --json` prints it and a log holds it. */
export type SummaryJson = {
  readonly [K in keyof DriveSummary as K extends keyof JsonNames ? JsonNames[K] : K]: DriveSummary[K];
};

/** The JSON value of a summary, its fields in the same order. */
export function summaryJson(summary: DriveSummary): SummaryJson {
  return renamed(summary, new Map(Object.entries(JSON_NAMES))) as SummaryJson;
}

/** The summary in a JSON value of {@link summaryJson}; fields that an older program did not write are missing. */
export function summaryOfJson(json: SummaryJson): DriveSummary {
  return renamed(json, new Map(Object.entries(JSON_NAMES).map(([name, key]) => [key, name]))) as DriveSummary;
}

function renamed(from: object, names: ReadonlyMap<string, string>): unknown {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [names.get(key) ?? key, value]));
}
