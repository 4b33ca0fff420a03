import { FormatError } from "../../base/index.ts";
import type { LabelledText } from "./text-set.ts";

/** Sections with fewer than this share of the packages are left out: too few to learn and to judge by. */
const LEAST_SHARE = 0.005;

/**
 * One-line descriptions of Debian's packages and their sections, out of what `apt-cache dumpavail` prints. Packages of one source are of
 * one origin; rare sections are left out.
 *
 * @throws FormatError where no package has a description and a section
 *
 * Source: Debian Policy Manual, section 5 (control files).
 */
export function parseDebianTexts(dump: string): LabelledText[] {
  const texts: (LabelledText & { readonly origin: string })[] = [];
  for (const paragraph of dump.split(/\n\s*\n/)) {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(paragraph)?.[1].trim() || undefined;
    const [name, text, section] = ["Package", "Description(?:-en)?", "Section"].map(field);
    if (name === undefined || text === undefined || section === undefined) continue;
    // "contrib/games", "foo (1.2)": area and version are of no account.
    const label = section.slice(section.lastIndexOf("/") + 1);
    texts.push({ text, label, origin: (field("Source") ?? name).split(" ")[0] });
  }
  if (texts.length === 0)
    throw new FormatError("no package has Description and Section, expected what apt-cache dumpavail prints");
  const counts = new Map<string, number>();
  for (const { label } of texts) counts.set(label, (counts.get(label) ?? 0) + 1);
  return texts.filter(({ label }) => counts.get(label)! >= LEAST_SHARE * texts.length);
}
