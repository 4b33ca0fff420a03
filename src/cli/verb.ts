import type { Command } from "commander";
import type { Output, ProgramSurroundings } from "./output.ts";

/** What a verb gets to work with, beside its options. */
export type VerbContext = ProgramSurroundings & { readonly output: Output };

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

/** The text below a verb's help. */
export function exampleText(example: string): string {
  return `\nExample:\n  $ ${example}`;
}

/** Ends the registration of a verb: the example below its help, and what it does with its flags and its words. */
export function finishVerb<Flags, Words extends readonly unknown[]>(
  verb: Command,
  run: RunVerb,
  example: string,
  action: (flags: Flags, context: VerbContext, ...words: Words) => Promise<VerbEnd>,
): void {
  verb.addHelpText("after", exampleText(example));
  verb.action((...given: [...Words, Flags, Command]) => {
    const words = given.slice(0, -2) as unknown as Words;
    const flags = given.at(-2) as Flags & { readonly json?: boolean };
    return run(verb, flags, (context) => action(flags, context, ...words));
  });
}

/** The words by which a verb is called: `bench sqp`. */
export function verbName(verb: Command): string {
  const parent = verb.parent;
  return parent === null || parent.parent === null ? verb.name() : `${verbName(parent)} ${verb.name()}`;
}
