import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { MpcError } from "../base/index.ts";
import type { NetInference, NetSpec } from "../init-net/index.ts";
import type { NavigationSizes } from "../init-net/node.ts";
import { createBestStart, createNetStart, getWarmStart, type WarmStart } from "../planner/index.ts";
import type { Robot } from "../sim/index.ts";
import { describeError, nameFile } from "./errors.ts";
import { PACKAGE_ROOT } from "./package-info.ts";

/** The networks that come with the package. */
export const MODELS_FOLDER = join(PACKAGE_ROOT, "models");

/** What the command line says about the warm start; plain data. */
export type StartRequest = {
  readonly init: string;
  /** An ONNX file; the robot's own out of {@link MODELS_FOLDER} where missing. */
  readonly model?: string;
};

/** A warm start, ready to use. */
export type OpenedStart = {
  readonly warmStart: WarmStart;
  /** File of the network it asks. */
  readonly model?: string;
  /** What that network is made for and sees. */
  readonly netSpec?: NetSpec;
  /** Why it asks none although it should; for people. */
  readonly note?: string;
};

/** A network, or why there is none; `missing` where nobody ever made one for this robot. */
export type FoundNet =
  | { readonly net: NetInference; readonly model: string }
  | { readonly net?: undefined; readonly note: string; readonly missing: boolean };

/**
 * Looks for the network of a robot.
 *
 * @param model a file that must do; without one the robot's own in `folder`, where there is a usable one
 * @throws FormatError, ConfigError as `loadNet` does, or the file system's error, for a named file only
 */
export async function findNet(
  model: string | undefined,
  robot: Robot,
  sizes: NavigationSizes,
  folder = MODELS_FOLDER,
): Promise<FoundNet> {
  if (model !== undefined) return { net: await load(model, robot, sizes), model };
  const own = ownModel(robot, folder);
  if (own === undefined) {
    const others = listModels(folder);
    const there = others.length === 0 ? "no network" : others.join(", ");
    return { note: `no network for the ${robot.name} in ${folder} (there: ${there})`, missing: true };
  }
  try {
    return { net: await load(own, robot, sizes), model: nameOf(own) };
  } catch (error) {
    if (!(error instanceof MpcError) && !(error instanceof Error && "code" in error)) throw error;
    return { note: describeError(error).message, missing: false };
  }
}

/** Imports what runs networks too, which only those pay for who need it. */
async function load(file: string, robot: Robot, sizes: NavigationSizes): Promise<NetInference> {
  const { loadNet } = await import("../init-net/node.ts");
  return loadNet(file, robot, sizes).catch((error: unknown) => {
    throw nameFile(error, file);
  });
}

/**
 * The warm start that was asked for, with its network. Where no network was named and none is there or fits,
 * `net` becomes `shift`, with a note, and `best` does without.
 *
 * @throws as {@link findNet}; ConfigError for an unknown name
 */
export async function openWarmStart(
  { init, model }: StartRequest,
  robot: Robot,
  sizes: NavigationSizes,
  folder?: string,
): Promise<OpenedStart> {
  if (init !== "net" && init !== "best") {
    const note = model === undefined ? undefined : `--model is not read: --init ${init} asks no network`;
    return { warmStart: getWarmStart(init), note };
  }
  const found = await findNet(model, robot, sizes, folder);
  if (found.net !== undefined) {
    const { net } = found;
    return {
      warmStart: init === "net" ? createNetStart(net) : createBestStart(net),
      model: found.model,
      netSpec: net.spec,
    };
  }
  if (init === "best")
    return {
      warmStart: createBestStart(),
      ...(found.missing ? {} : { note: withoutNet(found.note, "best") }),
    };
  return { warmStart: getWarmStart("shift"), note: withoutNet(found.note, "net") };
}

function withoutNet(why: string, init: "net" | "best"): string {
  const instead = init === "net" ? "drives with --init shift instead" : "does without a network";
  return `--init ${init} ${instead}: ${why}`;
}

/** Path of the robot's own network, where there is one. */
export function ownModel(robot: Robot, folder = MODELS_FOLDER): string | undefined {
  if (!/^[\w.-]+$/.test(robot.name)) return undefined;
  const file = join(folder, `warm-start-${robot.name}.onnx`);
  return existsSync(file) ? file : undefined;
}

/** A file of the package by its place in it, so that results do not depend on where that is. */
function nameOf(file: string): string {
  return file.startsWith(PACKAGE_ROOT) ? relative(PACKAGE_ROOT, file).split(sep).join("/") : file;
}

/** Names of the .onnx files in a folder, in order; none where there is no such folder. */
export function listModels(folder = MODELS_FOLDER): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.toLowerCase().endsWith(".onnx"))
      .sort();
  } catch {
    return [];
  }
}
