import { readFileSync } from "node:fs";
import { type DeviceReport, TFJS_NODE_GPU, TFJS_NODE_GPU_HOW, tfjsNodeGpuVersion } from "../graph/node.ts";
import { describeError } from "../node/index.ts";
import {
  createLearnedModel,
  createSteeredModel,
  LEARNED_SPECS,
  readAnyLearned,
  type SteeredSpec,
} from "../optim/index.ts";
import { shippedOptimizerFile, shippedOptimizers } from "../optim/node.ts";
import { describeDesign } from "../train/index.ts";
import type { TextPaint } from "./output.ts";

/** Something optional: there, or how to get it. */
export type OptionalPart = {
  readonly name: string;
  readonly found: boolean;
  /** What was found: a version, a count; or what is wrong where it is not merely missing. */
  readonly detail?: string;
  /** What it is for and how to get it. */
  readonly how: string;
};

/** TensorFlow.js on CUDA, never installed by default. */
export function tfjsNodeGpuRuntime(): OptionalPart {
  const version = tfjsNodeGpuVersion();
  return {
    name: "tfjs-node-gpu",
    found: version !== undefined,
    ...(version !== undefined && { detail: `${TFJS_NODE_GPU} ${version}` }),
    how: `optional, another way to CUDA. ${TFJS_NODE_GPU_HOW}`,
  };
}

/** Whether networks run on a device, and if not, why and what it needs on a line of its own. */
export function describeDevice({ present, usable, reason, how }: DeviceReport, paint: TextPaint): string {
  if (usable) return `${paint.green("usable")}: ${reason}`;
  const needs = `${" ".repeat(16)}needs ${how}`;
  return `${paint.yellow(present ? "not usable" : "not installed")}: ${reason}\n${needs}`;
}

/**
 * The learned optimizers that come with the package, by their own account, and the designs that none was trained
 * of.
 *
 * @param folder where they are
 */
export function findOptimizers(folder?: string): OptionalPart[] {
  const shipped = shippedOptimizers(folder);
  const names = [...new Set([...Object.keys(LEARNED_SPECS), ...shipped])];
  return names.map((name): OptionalPart => {
    if (!shipped.includes(name))
      return {
        name,
        found: false,
        how: `npx mnemosyne-mpc meta-train --design ${name} --out FOLDER trains one`,
      };
    try {
      const { spec } = readAnyLearned(readFileSync(shippedOptimizerFile(name, folder)));
      if (spec.kind === "steered") return { name, found: true, detail: describeSteered(spec), how: "" };
      const { layout, sizes } = createLearnedModel(spec);
      const memory = sizes.reduce((a, b) => a + b, 0);
      const detail = `${describeDesign(spec)}; ${layout.total} weights, ${memory} floats per parameter`;
      return { name, found: true, detail, how: "" };
    } catch (error) {
      return { name, found: false, detail: "unusable", how: describeError(error).message };
    }
  });
}

function describeSteered(spec: SteeredSpec): string {
  const memory = { none: "a linear read-out", cam: "an associative memory", lstm: "an LSTM" }[spec.memory];
  const coordinates =
    spec.coordinates &&
    {
      linear: ", directions by what is there",
      mean: ", directions by a running mean for each coordinate",
      cam: ", directions by an associative memory for each coordinate",
    }[spec.coordinates.memory];
  const { total } = createSteeredModel(spec).layout;
  return `steps found by feedback, corrected by ${memory} for each tensor${coordinates ?? ""}; ${total} weights`;
}
