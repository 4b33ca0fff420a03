import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { MpcError } from "../base/index.ts";
import type { NavigationSizes, NetSpec } from "../init-net/index.ts";
import type { LoadedNet } from "../init-net/node.ts";
import {
  createBestStart,
  createNetStart,
  getWarmStart,
  resolveNavigationOptions,
  type WarmStart,
} from "../planner/index.ts";
import { ROBOTS, type Robot } from "../sim/index.ts";
import { describeError, nameFile } from "./errors.ts";
import { MODELS_FOLDER, PACKAGE_ROOT } from "./package-info.ts";
import { tryNetwork } from "./try-network.ts";

/** What the command line says about the warm start; plain data. */
export type StartRequest = {
  readonly init: string;
  /** An ONNX file; one that fits out of {@link MODELS_FOLDER} where missing. */
  readonly model?: string;
  /** The robot as the command line names it, for the command that makes a network. */
  readonly robot?: string;
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

/**
 * A network and, where it is one for any robot instead of the robot's own, how to make that; or why there is none and, where
 * there is a way, how to make one; for people.
 */
export type FoundNet =
  | { readonly net: LoadedNet; readonly model: string; readonly note?: string }
  | { readonly net?: undefined; readonly note: string };

/**
 * Looks for the network of a robot.
 *
 * @param model a file that must do; without one the first of `folder` that fits, the one of the robot's name before all and
 *   one for any robot after all
 * @param called the robot as a command line names it
 * @throws FormatError, ConfigError as `loadNet` does, or the file system's error, for a named file only
 */
export async function findNet(
  model: string | undefined,
  robot: Robot,
  sizes: NavigationSizes,
  folder = MODELS_FOLDER,
  called?: string,
): Promise<FoundNet> {
  if (model !== undefined) {
    await tryNetwork(model, robot, sizes);
    return { net: await load(model, robot, sizes), model };
  }
  const own = ownModel(robot, folder);
  const others = listModels(folder);
  const there = others.length === 0 ? "no network" : others.join(", ");
  let why = `no network for the ${robot.name} in ${folder} (there: ${there})`;
  let shared: { readonly net: LoadedNet; readonly model: string } | undefined;
  const files = [...(own === undefined ? [] : [own]), ...others.map((name) => join(folder, name))];
  for (const file of new Set(files)) {
    try {
      const found = { net: await load(file, robot, sizes), model: nameOf(file) };
      if (found.net.metadata.spec.body !== undefined || found.net.spec.options.robots === "one") {
        await shared?.net.dispose();
        return found;
      }
      if (shared === undefined) shared = found;
      else await found.net.dispose();
    } catch (error) {
      if (!(error instanceof MpcError) && !(error instanceof Error && "code" in error)) throw error;
      if (file === own) why = describeError(error).message;
    }
  }
  const way = howToMake(robot, sizes, called, shared?.model);
  if (shared === undefined) return { note: `${why}${way}` };
  return { ...shared, note: `${why}${way}` };
}

/** The commands that make a network for a robot; nothing for sizes for which `train` makes none. */
function howToMake(
  robot: Robot,
  { N, dt, lookahead }: NavigationSizes,
  called = robotArgument(robot),
  from?: string,
): string {
  const usual = resolveNavigationOptions(robot);
  const apart = [usual.N - N, usual.dt - dt, usual.lookahead - lookahead];
  if (apart.some((by) => Math.abs(by) > 1e-6)) return "";
  const name = /^[\w.-]+$/.test(robot.name) ? robot.name : "own";
  return (
    `; to make one: npx mnemosyne-mpc collect --robot ${called} --out datasets/${name}, then npx mnemosyne-mpc train ` +
    `--robot ${called} --data datasets/${name}${from === undefined ? "" : ` --from ${from}`} --out runs/${name}, ` +
    `then drive with --model runs/${name}/model.onnx`
  );
}

/** A robot of the house goes by its name, any other by a file. */
function robotArgument(robot: Robot): string {
  const house = Object.values(ROBOTS).some((known) => JSON.stringify(known) === JSON.stringify(robot));
  return house ? robot.name : "FILE.json";
}

/** Imports what runs networks too, which only those pay for who need it. */
async function load(file: string, robot: Robot, sizes: NavigationSizes): Promise<LoadedNet> {
  const { loadNet } = await import("../init-net/node.ts");
  return loadNet(file, robot, sizes).catch((error: unknown) => {
    throw nameFile(error, file);
  });
}

/**
 * The warm start that was asked for, with its network. Where no network was named and none is there or fits,
 * `net` becomes `shift` and `best` does without, with a note.
 *
 * @throws as {@link findNet}; ConfigError for an unknown name
 */
export async function openWarmStart(
  { init, model, robot: called }: StartRequest,
  robot: Robot,
  sizes: NavigationSizes,
  folder?: string,
): Promise<OpenedStart> {
  if (init !== "net" && init !== "best") {
    const note = model === undefined ? undefined : `--model is not read: --init ${init} asks no network`;
    return { warmStart: getWarmStart(init), note };
  }
  const found = await findNet(model, robot, sizes, folder, called);
  // Alone, one for any robot is not good enough to go before the last plan.
  if (found.net !== undefined && (init === "best" || found.note === undefined)) {
    const { net } = found;
    return {
      warmStart: init === "net" ? createNetStart(net) : createBestStart(net),
      model: found.model,
      netSpec: net.spec,
      note: found.note && `--init best asks the network for any robot, ${found.model}: ${found.note}`,
    };
  }
  await found.net?.dispose();
  const instead = init === "net" ? "drives with --init shift instead" : "does without a network";
  return {
    warmStart: init === "net" ? getWarmStart("shift") : createBestStart(),
    note: `--init ${init} ${instead}: ${found.note}`,
  };
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
