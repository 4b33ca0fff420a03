import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { InvalidArgumentError } from "commander";
import {
  type LatencyVariant,
  latencySteps,
  netText,
  type TrainingVariant,
  timeLatency,
  timeTraining,
  untrainedVariant,
} from "../../bench/index.ts";
import { type DeviceReport, inspectDevice, ORT_DEVICES, type OrtDevice } from "../../graph/node.ts";
import { ATTENTION_MAPS, checkFit, netMisfits, PATCH, readNetMetadata } from "../../init-net/index.ts";
import { complainAbout, openRobot, ownModel, tryNetwork, UsageError } from "../../node/index.ts";
import { createNavigationProblem, type NavigationProblem } from "../../planner/index.ts";
import { collectScenes } from "../../scenes/index.ts";
import { openSource, SOURCE_FLAGS } from "../bench-source.ts";
import { defineBench } from "../define-bench.ts";
import { choiceFlag, type FlagValues, flag, listFlag, switchFlag } from "../flag-table.ts";
import { shared } from "../options.ts";
import { parseChoice, parseInteger } from "../parse-values.ts";
import type { VerbContext } from "../verb.ts";

type DeviceChoice = "auto" | readonly OrtDevice[];

const FLAGS = {
  scenes: flag("--scenes <N>", "scenes that are predicted", parseInteger(1, 10_000), 60),
  windows: listFlag(
    "--windows <LIST>",
    `cells along a side of the grid, multiples of ${PATCH}`,
    parseIntegers(PATCH, 500, PATCH),
    [50, 100],
  ),
  features: listFlag(
    "--features <LIST>",
    "random projections per head",
    parseIntegers(1, 4096),
    [8, 16, 32, 64],
  ),
  attention: choiceFlag("--attention <KIND>", "beside softmax", ATTENTION_MAPS, "hf+"),
  batches: listFlag("--batches <LIST>", "examples per training step", parseIntegers(1, 65_536), [1, 32, 64]),
  threads: flag("--threads <N>", "most threads of training on the CPU (all cores)", parseInteger(1, 1024)),
  devices: flag<DeviceChoice>(
    "--devices <LIST>",
    `of training: auto (those that work), or some of ${ORT_DEVICES.join(", ")}`,
    parseDevices,
    "auto",
  ),
  training: { ...switchFlag("--no-training", "inference alone"), usual: true },
  ...SOURCE_FLAGS,
  ...shared("map", "robot", "model"),
};

type NetFlags = FlagValues<typeof FLAGS>;

/** `mnemosyne bench net`. */
export const registerBenchNet = defineBench({
  name: "net",
  summary: "inference and training throughput of the warm-start network",
  description:
    "Times what a prediction takes on one thread, by window size and number of random features, with networks " +
    "that were never trained (and the robot's own, where there is one); then training steps by device and " +
    "batch, on made-up examples.",
  flags: FLAGS,
  example: "npx mnemosyne-mpc bench net --scenes 20 --no-training",
  async measure(flags, context) {
    const { output, signal, now: clock } = context;
    const { seed } = flags;
    const robot = await openRobot(flags.robot);
    const problem = createNavigationProblem(robot);
    const source = await openSource(flags, robot);
    const file = flags.model ?? ownModel(robot);
    const variants = untrainedVariants(problem, flags, seed);
    if (file !== undefined) {
      if (file === flags.model) await tryNetwork(file, robot, problem.options);
      const bytes = await complainAbout(file, () => readFile(file));
      const { spec } = await complainAbout(file, async () => readNetMetadata(bytes));
      const misfits = netMisfits(spec, robot, problem.options);
      if (misfits.length === 0) variants.push({ name: basename(file), bytes });
      else if (flags.model === undefined) output.log(`without ${basename(file)}: ${misfits.join("; ")}`);
      else await complainAbout(file, async () => checkFit(spec, robot, problem.options));
    }
    const scenes = await collectScenes({ source, robot, count: flags.scenes, seed, signal });
    signal.throwIfAborted();
    const latency = await output.withProgress("predictions", latencySteps(scenes.length), (onProgress) =>
      complainAbout(file ?? "the network", () =>
        timeLatency({ variants, scenes, robot, clock, signal, onProgress }),
      ),
    );
    const { devices, training } = flags.training
      ? await train(flags, seed, problem, context)
      : { devices: undefined, training: undefined };
    const result = { latency, training, devices };
    const title = `${scenes.length} scenes of ${robot.name}, ${source.description}`;
    return {
      object: { scenes: scenes.length, source: source.description, ...result, robot: robot.name, seed },
      text: `${title}\n\n${netText(result)}`,
    };
  },
});

/** Networks of every size that was asked for. */
function untrainedVariants(
  problem: NavigationProblem,
  { windows, features: sizes, attention }: NetFlags,
  seed: number,
): LatencyVariant[] {
  return windows.flatMap((window) => {
    const hidden = attention === "softmax" ? [] : sizes;
    return [
      ...hidden.map((features) => untrainedVariant(problem, { window, features, map: attention }, seed)),
      untrainedVariant(problem, { window, map: "softmax" }, seed),
    ];
  });
}

/** Training steps on every device that was asked for or works. */
async function train(
  { batches, threads: most, devices: wanted }: NetFlags,
  seed: number,
  { robot, options: navigation }: NavigationProblem,
  { output, signal, now: clock }: VerbContext,
) {
  const { devices, usable } = await findDevices(wanted);
  const threads = Math.min(most ?? availableParallelism(), 16);
  const variants: TrainingVariant[] = [];
  for (const device of usable) {
    for (const batch of batches) {
      variants.push({ device, batch, threads: 1 });
      if (device === "cpu" && threads > 1 && batch % threads === 0) variants.push({ device, batch, threads });
    }
  }
  const training = await output.withProgress("training", variants.length, (onProgress) =>
    timeTraining({ variants, robot, navigation, seed, clock, signal, onProgress }),
  );
  return { devices, training };
}

/** @throws UsageError for a device that was asked for and cannot be used */
async function findDevices(
  choice: DeviceChoice,
): Promise<{ devices: readonly DeviceReport[]; usable: readonly OrtDevice[] }> {
  const devices: DeviceReport[] = [];
  for (const device of choice === "auto" ? ORT_DEVICES : choice) devices.push(await inspectDevice(device));
  const unusable = devices.find((device) => !device.usable);
  if (choice !== "auto" && unusable !== undefined)
    throw new UsageError(
      `device ${unusable.device} cannot be used: ${unusable.reason}. Needed: ${unusable.how}`,
    );
  return { devices, usable: devices.filter((device) => device.usable).map(({ device }) => device) };
}

/** Whole numbers with commas between, each from `min` to `max` and a multiple of `step`. */
function parseIntegers(min: number, max: number, step = 1): (text: string) => number[] {
  const parse = parseInteger(min, max);
  return (text) => {
    const values = text.slice(0, 500).split(",").map(parse);
    if (values.some((value) => value % step !== 0))
      throw new InvalidArgumentError(`Expected multiples of ${step}.`);
    return [...new Set(values)];
  };
}

function parseDevices(text: string): DeviceChoice {
  if (text === "auto") return "auto";
  return [...new Set(text.slice(0, 100).split(",").map(parseChoice(ORT_DEVICES)))];
}
