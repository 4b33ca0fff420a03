import { Argument, type Command } from "commander";
import { addFlags, type FlagTable, type FlagValues, readFlags } from "./flag-table.ts";
import type { Output, ProgramSurroundings } from "./output.ts";

/** What a verb gets to work with, beside its flags. */
export type VerbContext = ProgramSurroundings & {
  readonly output: Output;
  /** Whether a flag stands on the command line, by its long name (`seed`); a usual value is not given. */
  isGiven(flag: string): boolean;
};

/** How a verb ended, where it did not throw: as asked (exit 0), or it ran and failed (exit 1). */
export type VerbEnd = "done" | "failed";

/** Runs a verb's action; the program's one place that catches, reports and turns it into an exit status. */
export type RunVerb = (
  verb: Command,
  options: { readonly json?: boolean },
  action: (context: VerbContext) => Promise<VerbEnd>,
) => Promise<void>;

/** Adds a verb to the program: its flags, its help with one example, and what it does. */
export type RegisterVerb = (program: Command, run: RunVerb) => void;

type Table = FlagTable<Record<string, unknown>>;

/** What a verb is called, what its help says, and what it does with its flags and its word. */
type VerbRow<Flags, Word> = {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** The word behind the verb, where it takes one: `<URL>`, `[URL]` or `<URL...>`. */
  readonly word?: { readonly name: string; readonly text: string; readonly parse?: (text: string) => Word };
  readonly example: string;
  action(flags: Flags, context: VerbContext, word: Word): Promise<VerbEnd>;
};

/** A verb with one table of flags. */
export function defineVerb<Flags extends Table, Word>(
  row: VerbRow<FlagValues<Flags>, Word> & { readonly flags: Flags },
): RegisterVerb {
  return defineGroupedVerb({
    ...row,
    groups: { flags: row.flags },
    headings: { flags: "Options" },
    action: ({ flags }, context, word: Word) => row.action(flags, context, word),
  });
}

/** What groups of flags may give, by the groups' names. */
export type GroupValues<Groups> = { readonly [Name in keyof Groups]: FlagValues<Groups[Name]> };

/** A verb with many flags: in groups, each below a heading of the help; the action gets them by group. */
export function defineGroupedVerb<Groups extends Readonly<Record<string, Table>>, Word>(
  row: VerbRow<GroupValues<Groups>, Word> & {
    readonly groups: Groups;
    readonly headings: { readonly [Name in keyof Groups]: string };
  },
): RegisterVerb {
  return (program, run) => {
    const verb = program.command(row.name).summary(row.summary).description(row.description);
    if (row.word !== undefined) {
      const { name, text, parse } = row.word;
      const word = new Argument(name, text);
      verb.addArgument(parse === undefined ? word : word.argParser(parse));
    }
    const groups = Object.entries(row.groups);
    for (const [name, table] of groups) addFlags(verb, row.headings[name], table);
    verb.addHelpText("after", exampleText(row.example));
    verb.action((...words: unknown[]) => {
      const given = verb.opts();
      const values = Object.fromEntries(groups.map(([name, table]) => [name, readFlags(table, given)]));
      return run(verb, given, (context) =>
        row.action(values as GroupValues<Groups>, context, (row.word && words[0]) as Word),
      );
    });
  };
}

/** The text below a verb's help. */
export function exampleText(example: string): string {
  return `\nExample:\n  $ ${example}`;
}

/** The words by which a verb is called: `bench sqp`. */
export function verbName(verb: Command): string {
  const parent = verb.parent;
  return parent === null || parent.parent === null ? verb.name() : `${verbName(parent)} ${verb.name()}`;
}
