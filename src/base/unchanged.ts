import { ConfigError } from "./errors.ts";

/**
 * Throws a {@link ConfigError} unless settings are what they were when a run began, since it cannot go on.
 *
 * @param words on what they were; the name of a setting goes on: "the checkpoint was made with"
 * @param names of the settings; all where it is not given
 */
export function checkUnchanged(words: string, was: Settings, is: Settings, names?: readonly string[]): void {
  for (const name of names ?? Object.keys({ ...was, ...is })) {
    if (show(was[name]) === show(is[name])) continue;
    throw new ConfigError(
      `${words} ${name} ${show(was[name])}, now it is ${show(is[name])}: ` +
        "give the same options, or train anew into another folder",
    );
  }
}

/** The settings of a run that are not what they were when it began, in words. */
export function describeChanges(was: Settings, is: Settings): string[] {
  return Object.entries(is).flatMap(([name, value]) =>
    show(was[name]) === show(value) ? [] : [`${name} is ${show(value)}, was ${show(was[name])}`],
  );
}

type Settings = Readonly<Record<string, unknown>>;

function show(value: unknown): string {
  return JSON.stringify(value) ?? "not given";
}
