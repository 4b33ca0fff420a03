import { join } from "node:path";
import { drawBenchFigures, readBenchObject } from "../../bench/index.ts";
import { complainAbout, readText, writeFileAtomic } from "../../node/index.ts";
import { shared } from "../options.ts";
import { defineVerb } from "../verb.ts";

/** `mnemosyne bench figures`. */
export const registerBenchFigures = defineVerb({
  name: "figures",
  summary: "pictures of what bench sqp wrote",
  description:
    "Draws what `bench sqp --out FILE.json` wrote as SVG files into the folder of --out (the current one): " +
    "good plans after one QP, QPs to convergence, and, if it ran with --noise, what a guess's error costs.",
  word: { name: "<FILE.json>", text: "result of bench sqp" },
  flags: shared("out", "json"),
  example: "npx mnemosyne-mpc bench figures docs/bench-sqp.json --out docs/figures",
  async action({ out = "." }, { output }, file: string) {
    const figures = await complainAbout(file, async () =>
      drawBenchFigures(readBenchObject(await readText(file))),
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
  },
});
