import { machineText } from "../bench/index.ts";
import { type Machine, writeFileAtomic } from "../node/index.ts";
import type { VerbContext, VerbEnd } from "./verb.ts";

/** Prints a benchmark's result, and writes it where a file was asked for. */
export async function finishBench(
  { out }: { readonly out?: string },
  { output }: VerbContext,
  machine: Machine,
  object: object,
  text: string,
): Promise<VerbEnd> {
  if (out !== undefined) await writeFileAtomic(out, `${JSON.stringify(object, null, 1)}\n`);
  output.object(object);
  output.text(`${text}\n\n${machineText(machine)}`);
  return "done";
}
