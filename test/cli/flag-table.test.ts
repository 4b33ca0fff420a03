import { Command } from "commander";
import { expect, test } from "vitest";
import { addFlags, flag, readFlags, switchFlag } from "../../src/cli/flag-table.ts";
import { META_FLAGS } from "../../src/cli/meta-flags.ts";
import { parseReal } from "../../src/cli/parse-values.ts";
import { TRAIN_FLAGS } from "../../src/cli/train-flags.ts";

const TABLE = {
  learningRate: flag("--lr <RATE>", "largest rate", parseReal(0, 1, "per update")),
  pause: { ...flag("--save-minutes <MIN>", "between saves", parseReal(0, 9, "min")), usual: 2 },
  files: flag("--file <F...>", "files", (text: string, before?: string[]) => [...(before ?? []), text]),
  mirror: switchFlag("--mirror", "mirror", "do not"),
};

function parse(...words: string[]) {
  const verb = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addFlags(verb, "Training", TABLE);
  verb.parse(words, { from: "user" });
  return { verb, values: readFlags(TABLE, verb.opts()) };
}

test("flags are read under the names of what they set, and only those that were given or are usual", () => {
  expect(parse().values).toEqual({ pause: 2 });
  const words = ["--lr", "0.5", "--no-mirror", "--file", "a", "b", "--file", "c", "--save-minutes", "3"];
  expect(parse(...words).values).toEqual({
    learningRate: 0.5,
    pause: 3,
    files: ["a", "b", "c"],
    mirror: false,
  });
  expect(parse("--mirror").values).toEqual({ pause: 2, mirror: true });
});

test("a value that is not legal is refused", () => {
  expect(() => parse("--lr", "2")).toThrow("from 0 to 1 [per update]");
});

test("the help has them below their heading", () => {
  expect(parse().verb.helpInformation()).toMatch(/\n\nTraining:\n {2}--lr <RATE> .*--no-mirror +do not\n/s);
});

test("no verb has a flag twice", () => {
  for (const tables of [Object.values(TRAIN_FLAGS), Object.values(META_FLAGS)]) {
    const flags = tables.flatMap((table) =>
      Object.values(table).map(({ flags: text }) => text.split(" ")[0]),
    );
    expect(new Set(flags).size).toBe(flags.length);
  }
});
