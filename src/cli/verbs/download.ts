import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { DATA_FOLDER, downloadDigits, InterruptedError, isAddress } from "../../node/index.ts";
import { DIGIT_SOURCES } from "../../optim/index.ts";
import { type FlagValues, flag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseChoice, parsePath } from "../parse-values.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

const FLAGS = {
  from: flag("--from <FOLDER|URL>", "look there instead, for files of the same names", parseSource),
  ...shared("out", "json"),
};

const SETS = Object.keys(DIGIT_SOURCES);
const SOURCES = Object.entries(DIGIT_SOURCES).map(
  ([name, { title, addresses }]) => `  ${name}: ${title}\n    ${addresses.join("\n    ")}`,
);

/** `mnemosyne download`: fetches published images for `optimize` and `meta-train`. */
export const registerDownload = defineVerb({
  name: "download",
  summary: "fetch MNIST or Fashion-MNIST for optimize and meta-train",
  description:
    "Fetches a set's four files from its publisher or a mirror and checks the MD5 of what they hold. " +
    "Files that are there and right are kept: the same command goes on after a broken connection.\n\n" +
    `Sets, and where they are looked for:\n${SOURCES.join("\n")}`,
  word: { name: "<SET>", text: SETS.join(" or "), parse: parseChoice(SETS) },
  flags: FLAGS,
  example: "npx mnemosyne-mpc download mnist",
  action: download,
});

async function download(
  flags: FlagValues<typeof FLAGS>,
  { output, signal }: VerbContext,
  set: string,
): Promise<VerbEnd> {
  const folder = flags.out ?? join(DATA_FOLDER, set);
  const progress = output.progress("download", 4);
  try {
    const files = await downloadDigits({
      source: DIGIT_SOURCES[set],
      folder,
      signal,
      ...(flags.from !== undefined && { from: [flags.from] }),
      onProgress: (done, note) => progress.update(done, note),
    });
    progress.finish();
    const fetched = files.filter(({ status }) => status === "fetched").length;
    output.object({ verb: "download", status: "done", set, out: folder, fetched, files });
    for (const { name, status, bytes, from } of files)
      output.text(`${status === "kept" ? "kept   " : "fetched"} ${name}  ${bytes} bytes${from === undefined ? "" : `  ${from}`}`); // biome-ignore format: one line
    output.text(`${set} is in ${folder}, checked`);
    return "done";
  } catch (error) {
    progress.clear();
    if (signal.aborted) throw new InterruptedError(`interrupted; the same command goes on in ${folder}`);
    throw error;
  }
}

function parseSource(text: string): string {
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(text)) {
    if (!isAddress(text) || !URL.canParse(text))
      throw new InvalidArgumentError(
        "Expected an address that begins with http:// or https://, or a folder.",
      );
    return text;
  }
  return parsePath(text);
}
