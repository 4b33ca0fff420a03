import { type Command, InvalidArgumentError } from "commander";
import { type ModelRef, RESERVED_STARTS } from "../bench/index.ts";
import { parseFile } from "./parse-values.ts";

/** Adds `--model`, which may be given several times. */
export function addModels(verb: Command): Command {
  return verb.option(
    "--model <[NAME=]FILE.onnx>",
    "network behind net and best (the robot's own); with a name, one more to compare; repeatable",
    parseModelRef,
  );
}

/** Reads `FILE.onnx` or `NAME=FILE.onnx` and adds it to those given before. */
export function parseModelRef(text: string, before: readonly ModelRef[] = []): ModelRef[] {
  const [, name, file] = /^(?:([A-Za-z][\w-]{0,30})=)?(.*)$/s.exec(text)!;
  const ref: ModelRef = { name, file: parseFile(".onnx")(file!) };
  const taken = name === undefined ? [] : RESERVED_STARTS;
  if (before.some((other) => other.name === name) || taken.includes(name ?? "")) {
    const legal = `names other than ${[...RESERVED_STARTS, ...before.flatMap((other) => other.name ?? [])].join(", ")}`;
    throw new InvalidArgumentError(
      name === undefined ? "Only one model can go without a NAME=." : `Legal: ${legal}, each once.`,
    );
  }
  return [...before, ref];
}
