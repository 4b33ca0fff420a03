import { type Command, Option, type OptionValues } from "commander";
import { parseChoice } from "./parse-values.ts";

/** One flag of a verb: how it is written, what the help says of it, and how its value is read. */
export type FlagRow<T> = {
  /** With the name of its value: `--lr <RATE>`. */
  readonly flags: string;
  readonly text: string;
  /** Absent for a flag without a value. @param before what the same flag gave before, where it is repeated */
  parse?(text: string, before?: T): T;
  /** What the help says of its `--no-` form, where it has one. */
  readonly negated?: string;
  /** The value where it is not given, and how the help writes it where not as it is. */
  readonly usual?: T;
  readonly usualText?: string;
};

/** Flags by the name of what they set. */
export type FlagTable<Values> = { readonly [Name in keyof Values]-?: FlagRow<Values[Name]> };

type RowValue<Row> = Row extends FlagRow<infer T> ? T : never;

/** What a table's flags may give: nothing where one is not given and has no usual value. */
export type FlagValues<Table> = {
  readonly [Name in keyof Table]?: RowValue<Table[Name]>;
} & {
  readonly [Name in keyof Table as Table[Name] extends { readonly usual: unknown } ? Name : never]: RowValue<
    Table[Name]
  >;
};

type Parse<T> = (text: string, before?: T) => T;

/** A flag with a value, and the usual one where it has one. */
export function flag<T>(flags: string, text: string, parse: Parse<T>): FlagRow<T>;
export function flag<T>(
  flags: string,
  text: string,
  parse: Parse<T>,
  usual: T,
  usualText?: string,
): FlagRow<T> & { readonly usual: T };
export function flag<T>(
  flags: string,
  text: string,
  parse: Parse<T>,
  usual?: T,
  usualText?: string,
): FlagRow<T> {
  return { flags, text, parse, ...(usual !== undefined && { usual, usualText }) };
}

/** A flag whose value is one of some words, which its help lists. */
export function choiceFlag<T extends string>(flags: string, text: string, legal: readonly T[], usual: T) {
  return flag(flags, `${text}: ${legal.join(", ")}`, parseChoice(legal), usual);
}

/** A flag whose value is a list with commas between, and its usual one. */
export function listFlag<T>(
  flags: string,
  text: string,
  parse: (text: string) => T[],
  usual: readonly NoInfer<T>[],
) {
  return flag(flags, text, parse, [...usual], usual.join(","));
}

/** A flag without a value, on or off; `negated` is the help of its `--no-` form. */
export function switchFlag(flags: string, text: string, negated?: string): FlagRow<boolean> {
  return { flags, text, negated };
}

/** Adds a table's flags to a verb, below one heading of its help. */
export function addFlags(verb: Command, heading: string, table: FlagTable<Record<string, unknown>>): void {
  const add = (option: Option) => verb.addOption(option.helpGroup(`${heading}:`));
  for (const { flags, text, parse, negated, usual, usualText } of Object.values(table)) {
    const option = new Option(flags, text);
    if (parse !== undefined) option.argParser(parse);
    if (usual !== undefined) option.default(usual, usualText);
    add(option);
    if (negated !== undefined) add(new Option(flags.replace("--", "--no-"), negated));
  }
}

/** What of a table was given on the command line, by the table's own names. */
export function readFlags<Table extends FlagTable<Record<string, unknown>>>(
  table: Table,
  given: OptionValues,
): FlagValues<Table> {
  const found = Object.entries(table).flatMap(([name, { flags }]) => {
    const value: unknown = given[new Option(flags).attributeName()];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(found) as FlagValues<Table>;
}
