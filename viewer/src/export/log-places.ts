import type { Run } from "../contracts.ts";
import type { LogPlace } from "../run/log-protocol.ts";

/** A run's log: its file's name and where it is. */
export type NamedPlace = { readonly name: string; readonly place: LogPlace };

const places = new WeakMap<Run, NamedPlace>();

/** Remembers where a run was read from, so that it can be exported. */
export function rememberPlace(run: Run, place: NamedPlace): void {
  places.set(run, place);
}

/** Where the runs were read from, as far as they were read from anywhere. */
export function placesOf(runs: readonly Run[]): NamedPlace[] {
  return runs.flatMap((run) => places.get(run) ?? []);
}
