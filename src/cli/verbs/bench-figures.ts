import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { drawBenchFigures, readBenchObject } from "../../bench/index.ts";
import { complainAbout, writeFileAtomic } from "../../node/index.ts";
import { addShared, type SharedOptions } from "../options.ts";
import { finishVerb, type RunVerb, type VerbContext, type VerbEnd } from "../verb.ts";

/** `mnemosyne bench figures`. */
export function registerBenchFigures(bench: Command, run: RunVerb): void {
  const verb = bench
    .command("figures")
    .summary("pictures of what bench sqp wrote")
    .description(
      "Draws what `bench sqp --out FILE.json` wrote as SVG files into the folder of --out (the current one): " +
        "good plans after one QP, QPs to convergence, and, if it ran with --noise, what a guess's error costs.",
    )
    .argument("<FILE.json>", "result of bench sqp");
  addShared(verb, "out", "json");
  finishVerb(verb, run, "mnemosyne bench figures docs/bench-sqp.json --out docs/figures", drawFigures);
}

async function drawFigures(
  { out = "." }: SharedOptions,
  { output }: VerbContext,
  file: string,
): Promise<VerbEnd> {
  const figures = await complainAbout(file, async () =>
    drawBenchFigures(readBenchObject(await readFile(file, "utf8"))),
  );
  const files: string[] = [];
  for (const [name, svg] of Object.entries(figures)) {
    const path = join(out, `bench-sqp-${name}.svg`);
    await writeFileAtomic(path, svg);
    files.push(path);
    output.text(path);
  }
  output.object({ verb: "bench figures", files });
  return "done";
}
