import { InvalidArgumentError } from "commander";
import { didYouMean } from "../base/index.ts";
import { OPTIMIZEES } from "../optim/index.ts";
import { type OptimizeeRef, optimizeeRef } from "../train/index.ts";
import { parseInteger } from "./parse-values.ts";

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
