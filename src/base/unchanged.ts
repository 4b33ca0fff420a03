import { ConfigError } from "./errors.ts";

/**
 * Throws a {@link ConfigError} unless settings are what they were when a run began, since it cannot go on.
 *
 * @param words on what they were; the name of a setting goes on: "the checkpoint was made with"
 * @param names of the settings; all where it is not given
 */
export function checkUnchanged(words: string, was: object, is: object, names?: readonly string[]): void {
  const [before, now] = [fieldsOf(was), fieldsOf(is)];
  for (const name of names ?? Object.keys({ ...before, ...now })) {
    if (show(before[name]) === show(now[name])) continue;
    throw new ConfigError(
      `${words} ${name} ${show(before[name])}, now it is ${show(now[name])}: ` +
        "give the same options, or train anew into another folder",
    );
  }
}

/** The settings of a run that are not what they were when it began, in words. */
export function describeChanges(was: object, is: object): string[] {
  const before = fieldsOf(was);
  return Object.entries(is).flatMap(([name, value]) =>
    show(before[name]) === show(value) ? [] : [`${name} is ${show(value)}, was ${show(before[name])}`],
  );
}

function fieldsOf(settings: object): Readonly<Record<string, unknown>> {
  return { ...settings };
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "not given";
}
