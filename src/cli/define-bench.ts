import { machineText } from "../bench/index.ts";
import { checkWritable, describeMachine, type Machine, writeFileAtomic } from "../node/index.ts";
import type { FlagTable, FlagValues } from "./flag-table.ts";
import { shared } from "./options.ts";
import { defineVerb, type RegisterVerb, type VerbContext, type VerbEnd } from "./verb.ts";

/** Flags of every benchmark, behind its own. */
export const BENCH_FLAGS = shared("seed", "out", "json");

/** What a benchmark measured: as data, and in words. */
export type Measured = { readonly object: object; readonly text: string };

/** A verb below `bench` that measures: it says on what machine, and writes the data where `--out` names a file. */
export function defineBench<Table extends FlagTable<Record<string, unknown>>>(row: {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly flags: Table;
  readonly example: string;
  measure(flags: FlagValues<Table & typeof BENCH_FLAGS>, context: VerbContext): Measured | Promise<Measured>;
}): RegisterVerb {
  return defineVerb({
    ...row,
    description: `${row.description} --out writes the JSON to a file.`,
    flags: { ...row.flags, ...BENCH_FLAGS },
    async action(flags, context) {
      await checkWritable(flags.out);
      const machine = describeMachine();
      const { object, text } = await row.measure(flags, context);
      const named = { verb: `bench ${row.name}`, ...object, ...machine };
      return finishBench(flags, context, machine, named, text);
    },
  });
}

/** Writes a benchmark's result where a file was asked for, and prints it in any case. */
export async function finishBench(
  { out }: { readonly out?: string },
  { output }: VerbContext,
  machine: Machine,
  object: object,
  text: string,
): Promise<VerbEnd> {
  try {
    if (out !== undefined) await writeFileAtomic(out, `${JSON.stringify(object, null, 1)}\n`);
  } finally {
    output.object(object);
    output.text(`${text}\n\n${machineText(machine)}`);
  }
  return "done";
}
