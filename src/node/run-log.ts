import { appendFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nameFile } from "./errors.ts";
import { makeFolder } from "./make-folder.ts";
import { readFileIfThere } from "./read-file.ts";
import { createScalarLog, scalarsOf } from "./scalar-log.ts";
import { writeFileAtomic } from "./write-file.ts";

/** A line of a run's log: an object that says after which update it was written. */
export type RunLine = { readonly step: number };

/** The log of a run, JSON Lines, and what it holds; its numbers go into a file for TensorBoard beside it, too. */
export type RunLog<L extends RunLine> = { readonly lines: L[]; add(line: L): void };

/**
 * Opens a log and drops what was written after `step`: updates that the checkpoint does not know of are done
 * again.
 *
 * @param step 0 begins a new log
 */
export async function openRunLog<L extends RunLine>(path: string, step: number): Promise<RunLog<L>> {
  const lines = step === 0 ? [] : (await readRunLines<L>(path)).filter((line) => line.step <= step);
  const charts = join(dirname(path), "tensorboard");
  await makeFolder(charts);
  const scalars = createScalarLog(charts, () => Date.now() / 1000);
  await writeFileAtomic(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return {
    lines,
    add(line) {
      lines.push(line);
      try {
        appendFileSync(path, `${JSON.stringify(line)}\n`);
      } catch (error) {
        throw nameFile(error, path);
      }
      scalars.add(line.step, scalarsOf(line));
    },
  };
}

/** The lines of a log that can be read; a last one that was cut off is none. */
export async function readRunLines<L extends RunLine>(path: string): Promise<L[]> {
  const text = (await readFileIfThere(path))?.toString("utf8") ?? "";
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as L];
    } catch {
      return [];
    }
  });
}
