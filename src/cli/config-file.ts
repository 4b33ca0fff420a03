import { access } from "node:fs/promises";
import { type Command, Option } from "commander";
import { check, checkKeys, isJsonObject } from "../base/index.ts";
import { complainAbout, readText } from "../node/index.ts";
import { parsePath } from "./parse-values.ts";
import { parsePlainYaml } from "./plain-yaml.ts";

const FLAG = "--config";
const PARAMS_FLAG = "--params";
/** What a file of parameters holds beside flags. */
export const PARAMS_GROUPS: readonly string[] = ["navigation", "tolerance"];

/** Adds `--config` to every verb that has flags. */
export function addConfigFlag(command: Command): void {
  for (const sub of command.commands) addConfigFlag(sub);
  if (command.commands.length === 0)
    command.addOption(
      new Option(`${FLAG} <FILE.yaml>`, "flags from a file; those given here win over them").argParser(
        parsePath,
      ),
    );
}

/** Flags that exclude each other: one that is given takes the place of one in a file. */
const EITHER = [
  ["map", "world"],
  ["goal", "route"],
] as const;

/**
 * Replaces `--config FILE` by the flags that the file holds, and adds those that the file of `--params` holds beside the
 * planner's parameters, before all that are given, which so win over them.
 *
 * @param args as of the command line, verb first
 * @throws FormatError naming the file and the key
 */
export async function expandConfig(program: Command, args: readonly string[]): Promise<string[]> {
  const { file, rest } = takeFlag(args, FLAG);
  const configured = file === undefined ? [...args] : await withFlagsOf(program, rest, file, []);
  const params = takeFlag(configured, PARAMS_FLAG).file;
  const takesParams = namesOf(verbOf(program, args)).includes(PARAMS_FLAG.slice(2));
  // A file that cannot be read is the verb's to complain about, which reads it, too.
  if (params === undefined || !takesParams || (await access(params).catch(() => true)) === true)
    return configured;
  return withFlagsOf(program, configured, params, PARAMS_GROUPS);
}

/** A flag's value, where it stands before any `--`, and the arguments without it. */
function takeFlag(
  args: readonly string[],
  flag: string,
): { readonly file?: string; readonly rest: readonly string[] } {
  const end = args.indexOf("--");
  const at = args.findLastIndex(
    (word, i) => (end < 0 || i < end) && (word === flag || word.startsWith(`${flag}=`)),
  );
  if (at < 0) return { rest: args };
  const joined = args[at].length > flag.length;
  const file = joined ? args[at].slice(flag.length + 1) : args[at + 1];
  if (file === undefined || file === "") return { rest: args }; // the parser says what is missing
  return { file, rest: args.filter((_, i) => i !== at && (joined || i !== at + 1)) };
}

/** Arguments with the flags of a file before all that are given. @param others keys of the file that are no flags */
async function withFlagsOf(
  program: Command,
  args: readonly string[],
  file: string,
  others: readonly string[],
): Promise<string[]> {
  const first = args.findIndex((word) => word.startsWith("-"));
  const before = first < 0 ? args.length : first;
  const verb = verbOf(program, args);
  const repeatable = verb.options.filter(({ variadic }) => variadic).map(nameOf);
  const flags = await complainAbout(file, async () =>
    flagsOf(await readText(file), namesOf(verb), others, repeatable),
  );
  const given = (name: string): boolean =>
    args.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const beaten = new Set(
    EITHER.flatMap((names) => (names.some(given) ? names.filter((name) => !given(name)) : [])),
  );
  const kept = flags.filter((flag) => ![...beaten].some((name) => flag.startsWith(`--${name}=`)));
  return [...args.slice(0, before), ...kept, ...args.slice(before)];
}

/**
 * The flags of a file of them: YAML, the names as on the command line, without dashes.
 *
 * @param others keys that are no flags, and left alone
 * @param repeatable flags that a list gives once for each of its values; lists of others are one value with commas between
 */
export function flagsOf(
  text: string,
  legal: readonly string[],
  others: readonly string[] = [],
  repeatable: readonly string[] = [],
): string[] {
  const file = parsePlainYaml(text) ?? {};
  check("the file", file, isJsonObject(file), "flags and their values");
  const { $schema: _schema, ...given } = file;
  checkKeys("the file", given, [...others, ...legal]);
  const flags = Object.entries(given).filter(([name]) => !others.includes(name));
  return flags.flatMap(([name, value]) => {
    if (typeof value === "boolean") return value ? `--${name}` : `--no-${name}`;
    const values = Array.isArray(value) ? value : [value];
    const plain = values.every((item) => typeof item === "string" || typeof item === "number");
    check(name, value, plain, "a text, a number, true, false or a list");
    if (repeatable.includes(name)) return values.map((item) => `--${name}=${item}`);
    return `--${name}=${values.join(",")}`;
  });
}

/** The JSON schema of a file of flags, with those of all verbs; `schemas/config.schema.json` is its text. */
export function configSchema(program: Command): object {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Flags of a verb: --config FILE.yaml",
    description:
      "Names as on the command line, without dashes; the program refuses those that are another verb's.",
    type: ["object", "null"],
    additionalProperties: false,
    properties: {
      $schema: { description: "where this schema lies, for editors" },
      ...flagProperties(leavesOf(program).flatMap(({ options }) => options)),
    },
  };
}

/** The properties of the flags that a file of parameters may hold: those of all verbs that read one. */
export function paramsFlags(program: Command): object {
  const verbs = leavesOf(program).filter((verb) => namesOf(verb).includes(PARAMS_FLAG.slice(2)));
  const options = verbs.flatMap((verb) => verb.options);
  return flagProperties(options.filter((option) => option.long !== PARAMS_FLAG));
}

function flagProperties(options: readonly Option[]): object {
  const properties = new Map<string, object>();
  for (const option of options) {
    const name = nameOf(option);
    if (option.negate || name === "config" || properties.has(name)) continue;
    const type = option.isBoolean() ? "boolean" : ["string", "number", "array"];
    properties.set(name, { description: option.description, type });
  }
  return Object.fromEntries([...properties].sort(([a], [b]) => (a < b ? -1 : 1)));
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
