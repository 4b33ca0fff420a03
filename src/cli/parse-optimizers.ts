import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { didYouMean } from "../base/index.ts";
import {
  MAX_RATE,
  type ModelRef,
  type OptimizerChoice,
  RESERVED_STARTS,
  type SingleChoice,
  withRate,
} from "../bench/index.ts";
import { LEARNED_ENDING, LEARNED_SPECS, OPTIMIZEES, STEERED_DESIGNS } from "../optim/index.ts";
import { shippedOptimizerFile, shippedOptimizers } from "../optim/node.ts";
import { OPTIMIZERS, takesRate } from "../rules/index.ts";
import { type OptimizeeRef, optimizeeRef } from "../train/index.ts";
import { parseFile, parseInteger, parsePath, parseReal } from "./parse-values.ts";

/**
 * Optimizers with commas between: names with or without a learning rate, shipped learned ones, files.
 *
 * @throws InvalidArgumentError that lists what is legal
 */
export function parseOptimizers(text: string): OptimizerChoice[] {
  if (text.length > 10_000) throw new InvalidArgumentError("Expected at most 10000 characters.");
  const choices = withOwnLabels(text.split(",").map((entry) => parseOptimizer(entry.trim())));
  const twice = choices.find((one, i) => choices.findIndex(({ label }) => label === one.label) < i);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice.label} is named twice.`);
  return choices;
}

/** Files of one name in several folders are called by their paths. */
function withOwnLabels(choices: readonly OptimizerChoice[]): OptimizerChoice[] {
  return choices.map((choice) => {
    const same = choices.filter(({ label }) => label === choice.label).length;
    return choice.kind === "learned" && same > 1 ? { ...choice, label: choice.file } : choice;
  });
}

/** `PATTERN=OPTIMIZER+PATTERN=OPTIMIZER`: an optimizer for each group of tensors; anything else is one for all. */
function parseOptimizer(entry: string): OptimizerChoice {
  const parts = entry.slice(0, 1000).split(/\+(?=[\w.*|-]+=)/);
  if (!/^[\w.*|-]+=/.test(entry)) return parseSingle(entry);
  const groups = parts.map((part) => {
    const at = part.indexOf("=");
    return { tensors: part.slice(0, at), choice: parseSingle(part.slice(at + 1)) };
  });
  return { kind: "grouped", label: entry, groups };
}

function parseSingle(entry: string): SingleChoice {
  if (entry.toLowerCase().endsWith(LEARNED_ENDING))
    return { kind: "learned", label: labelOf(entry), file: parsePath(entry) };
  const [name = "", rate, ...rest] = entry.slice(0, 100).split(":");
  if (Object.hasOwn(OPTIMIZERS, name) && rest.length === 0) {
    if (rate === undefined) return { kind: "classic", label: name, name };
    if (!takesRate(name))
      throw new InvalidArgumentError(`${name} has no learning rate: write ${name} alone.`);
    return withRate(name, parseReal(1e-12, MAX_RATE, "learning rate")(rate));
  }
  const shipped = shippedOptimizers();
  if (shipped.includes(name)) {
    if (rate !== undefined)
      throw new InvalidArgumentError(`${name} has no learning rate: write ${name} alone.`);
    return { kind: "learned", label: name, file: shippedOptimizerFile(name) };
  }
  const names = [...Object.keys(OPTIMIZERS), ...shipped];
  const legal = `${names.join(", ")}, NAME:LEARNING_RATE, PATTERN=NAME+PATTERN=NAME for groups of tensors, or a file that ends in ${LEARNED_ENDING}`;
  const hint = Object.hasOwn(STEERED_DESIGNS, name)
    ? ` (${name} is a design: \`npx mnemosyne-mpc evolve --design ${name}\` makes a file of it)`
    : didYouMean(name, names);
  throw new InvalidArgumentError(`Legal: ${legal}${hint}.`);
}

/** A file's name; its folder's where the name says nothing: what is trained into a folder is called `optimizer.mnos` in all of them. */
function labelOf(file: string): string {
  const name = basename(file, LEARNED_ENDING);
  return name === "optimizer" ? basename(dirname(resolve(file))) : name;
}

/** What `--optimizer` names: an optimizer of `src/optim`, or the file of a learned one. */
export type TrainOptimizer = { readonly name: string } | { readonly file: string };

/** Names of the optimizers that `--optimizer` takes. */
export function trainOptimizerNames(): string[] {
  return [...new Set([...Object.keys(OPTIMIZERS), ...Object.keys(LEARNED_SPECS), ...shippedOptimizers()])];
}

/** A classical optimizer's name, that of a learned one, or a file. */
export function parseTrainOptimizer(text: string): TrainOptimizer {
  if (text.toLowerCase().endsWith(LEARNED_ENDING)) return { file: parsePath(text) };
  if (Object.hasOwn(OPTIMIZERS, text)) return { name: text };
  const names = trainOptimizerNames();
  if (!names.includes(text)) {
    const legal = `${names.join(", ")}, or a file that ends in ${LEARNED_ENDING}`;
    throw new InvalidArgumentError(`Legal: ${legal}${didYouMean(text.slice(0, 100), names)}.`);
  }
  const file = shippedOptimizerFile(text);
  if (!existsSync(file))
    throw new InvalidArgumentError(
      `${text} is not part of this version: train one by \`npx mnemosyne-mpc meta-train --design ${text}\` and name its file.`,
    );
  return { file };
}

/** MNIST's images have 28 pixels along a side. */
const LARGEST_POOL = 28;
const MOST = 64;

/** Names of optimizees with commas between; one named twice counts twice. */
export function parseOptimizees(text: string): OptimizeeRef[] {
  const parts = text.slice(0, 10_000).split(",");
  if (parts.length > MOST) throw new InvalidArgumentError(`Expected at most ${MOST} optimizees.`);
  return parts.map((part) => parseOptimizee(part.trim()));
}

function parseOptimizee(text: string): OptimizeeRef {
  const [name = "", factor, ...rest] = text.slice(0, 100).split("@");
  const entry = Object.hasOwn(OPTIMIZEES, name) ? OPTIMIZEES[name] : undefined;
  if (entry === undefined || rest.length > 0) {
    const names = Object.keys(OPTIMIZEES);
    const legal = `${names.join(", ")}, those of images also with @N, such as mlp-1x20@2 for images made smaller by 2`;
    throw new InvalidArgumentError(`Legal: ${legal}${didYouMean(name, names)}.`);
  }
  if (factor === undefined) return optimizeeRef(name);
  if (!entry.needsDigits)
    throw new InvalidArgumentError(`${name} has no images to make smaller: write ${name} alone.`);
  return optimizeeRef(name, parseInteger(1, LARGEST_POOL)(factor));
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
