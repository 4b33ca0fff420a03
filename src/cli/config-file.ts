import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { parseDocument } from "yaml";
import { check, checkKeys, FormatError, isJsonObject } from "../base/index.ts";
import { complainAbout } from "../node/index.ts";

const FLAG = "--config";

/** Adds `--config` to every verb that has flags. */
export function addConfigFlag(command: Command): void {
  for (const sub of command.commands) addConfigFlag(sub);
  if (command.commands.length === 0)
    command.addOption(new Option(`${FLAG} <FILE.yaml>`, "flags from a file; those given here win over them"));
}

/**
 * Replaces `--config FILE` by the flags that the file holds, before all that are given, which so win over them.
 *
 * @param args as of the command line, verb first
 * @throws FormatError naming the file and the key
 */
export async function expandConfig(program: Command, args: readonly string[]): Promise<string[]> {
  const end = args.indexOf("--");
  const at = args.findIndex(
    (word, i) => (end < 0 || i < end) && (word === FLAG || word.startsWith(`${FLAG}=`)),
  );
  if (at < 0) return [...args];
  const joined = args[at].length > FLAG.length;
  const file = joined ? args[at].slice(FLAG.length + 1) : args[at + 1];
  if (file === undefined || file === "") return [...args]; // the parser says what is missing
  const rest = args.filter((_, i) => i !== at && (joined || i !== at + 1));
  const first = rest.findIndex((word) => word.startsWith("-"));
  const before = first < 0 ? rest.length : first;
  const legal = namesOf(verbOf(program, rest));
  const flags = await complainAbout(file, async () => flagsOf(await readFile(file, "utf8"), legal));
  return [...rest.slice(0, before), ...flags, ...rest.slice(before)];
}

/** The flags of a file of them: YAML, the names as on the command line, without dashes. */
export function flagsOf(text: string, legal: readonly string[]): string[] {
  const document = parseDocument(text, { logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined)
    throw new FormatError(`not YAML: ${error.message.split("\n")[0]}`, { cause: error });
  const file: unknown = document.toJS() ?? {};
  check("the file", file, isJsonObject(file), "flags and their values");
  const { $schema: _schema, ...given } = file;
  checkKeys("the file", given, legal);
  return Object.entries(given).map(([name, value]) => {
    if (typeof value === "boolean") return value ? `--${name}` : `--no-${name}`;
    const values = Array.isArray(value) ? value : [value];
    const plain = values.every((item) => typeof item === "string" || typeof item === "number");
    check(name, value, plain, "a text, a number, true, false or a list");
    return `--${name}=${values.join(",")}`;
  });
}

/** The JSON schema of a file of flags, with those of all verbs; `schemas/config.schema.json` is its text. */
export function configSchema(program: Command): object {
  const flags = leavesOf(program).flatMap(({ options }) => options);
  const properties = new Map<string, object>();
  for (const option of flags) {
    const name = nameOf(option);
    if (option.negate || name === "config" || properties.has(name)) continue;
    const type = option.isBoolean() ? "boolean" : ["string", "number", "array"];
    properties.set(name, { description: option.description, type });
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Flags of a verb: --config FILE.yaml",
    description:
      "Names as on the command line, without dashes; the program refuses those that are another verb's.",
    type: ["object", "null"],
    additionalProperties: false,
    properties: {
      $schema: { description: "where this schema lies, for editors" },
      ...Object.fromEntries([...properties].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

const nameOf = ({ long }: Option): string => (long ?? "").replace(/^--(no-)?/, "");

function namesOf(verb: Command): string[] {
  return verb.options.map(nameOf).filter((name) => name !== "config");
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** The verb that the first words name, as far as it exists. */
export function verbOf(program: Command, args: readonly string[]): Command {
  let command = program;
  for (const word of args) {
    const sub = command.commands.find((candidate) => candidate.name() === word);
    if (sub === undefined) break;
    command = sub;
  }
  return command;
}
