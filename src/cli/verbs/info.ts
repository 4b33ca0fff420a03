import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { isWasmOrtThere, listDevices, NATIVE_ORT_HOW } from "../../graph/node.ts";
import { readNetMetadata } from "../../init-net/index.ts";
import {
  DATA_FOLDER,
  describeError,
  listModels,
  MODELS_FOLDER,
  PACKAGE_ROOT,
  readPackageJson,
} from "../../node/index.ts";
import { DIGIT_SOURCES } from "../../optim/index.ts";
import { describeDevice, findOptimizers, type OptionalPart, tfjsNodeGpuRuntime } from "../info-parts.ts";
import { shared } from "../options.ts";
import type { TextPaint } from "../output.ts";
import { defineVerb, type VerbContext, type VerbEnd } from "../verb.ts";

/** `mnemosyne info`: what runs here, what is missing and how to get it. */
export const registerInfo = defineVerb({
  name: "info",
  summary: "versions, providers, devices, models and data; what is missing and how to get it",
  description:
    "Prints versions and hardware, what can run networks, the devices they can run on (each is tried with " +
    "a small model), the models, learned optimizers and data found, and for what is missing how to get it.",
  flags: shared("seed", "json"),
  example: "npx mnemosyne-mpc info --json",
  action: (_, context) => printInfo(context),
});

async function printInfo({ output, signal }: VerbContext): Promise<VerbEnd> {
  const { name, version } = readPackageJson();
  const machine = {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory_gib: Math.round((10 * totalmem()) / 2 ** 30) / 10,
  };
  const providers = [...findProviders(), tfjsNodeGpuRuntime()];
  const devices = await listDevices({ signal });
  signal.throwIfAborted();
  const models = findModels();
  const optimizers = findOptimizers();
  const data = [
    findFiles("datasets", ".arrow", "npx mnemosyne-mpc collect --out FOLDER makes a data set"),
    ...findImages(),
  ];
  output.object({
    verb: "info",
    status: "done",
    name,
    version,
    ...machine,
    providers,
    devices,
    models,
    optimizers,
    data,
  });

  const { bold } = output.paint;
  const row = (key: string, value: string | number, width = 14): string => `${key.padEnd(width)}${value}`;
  const rows = (title: string, parts: readonly OptionalPart[]): string[] => [
    "",
    bold(title),
    ...parts.map((part) => `  ${row(part.name, describePart(part, output.paint), widthOf(parts))}`),
  ];
  const lines = [
    bold(`${name} ${version}`),
    ...Object.entries(machine).map(([key, value]) => row(key.replace("_gib", " [GiB]"), value)),
    ...rows("execution providers", providers),
    "",
    bold("devices for networks"),
    ...devices.map((report) => `  ${row(report.device, describeDevice(report, output.paint))}`),
    ...rows("models", models),
    ...rows("learned optimizers", optimizers),
    ...rows("data", data),
  ];
  output.text(lines.join("\n"));
  return "done";
}

/** So that the second column begins at one place in each list, two blanks behind the longest name. */
function widthOf(parts: readonly OptionalPart[]): number {
  return Math.max(14, ...parts.map(({ name }) => name.length + 2));
}

function describePart({ found, detail, how }: OptionalPart, paint: TextPaint): string {
  return found ? paint.green(detail ?? "found") : `${paint.yellow(detail ?? "missing")}: ${how}`;
}

/** What can run networks here. The planner itself needs none of them. */
function findProviders(): OptionalPart[] {
  const version = installedVersion("onnxruntime-node");
  const detail =
    version === undefined
      ? `its WebAssembly build, part of this package; the native one is faster: ${NATIVE_ORT_HOW}`
      : `onnxruntime-node ${version}`;
  return [
    { name: "typescript", found: true, detail: "built in: planning needs nothing else", how: "" },
    {
      name: "onnxruntime",
      found: version !== undefined || isWasmOrtThere(),
      detail,
      how: `needed only for --init net and best with a network; ${NATIVE_ORT_HOW}`,
    },
  ];
}

/** Version of an optional package, found without running any of its code. */
function installedVersion(name: string): string | undefined {
  try {
    return createRequire(import.meta.url)(`${name}/package.json`).version;
  } catch {
    return undefined;
  }
}

/** The networks that come with the package, by their own account. */
function findModels(): OptionalPart[] {
  const how = "no trained network is part of this version: npx mnemosyne-mpc train makes one";
  const names = listModels();
  if (names.length === 0) return [{ name: "models", found: false, how }];
  return names.map((name): OptionalPart => {
    try {
      const bytes = readFileSync(join(MODELS_FOLDER, name));
      const { robot, N, dt, options } = readNetMetadata(bytes).spec;
      const horizon = `${N} stages of ${dt} s`;
      const size = `${(bytes.length / 1e6).toFixed(1)} MB`;
      const design = `${options.hypotheses} hypotheses, window ${options.window}, ${options.map}`;
      return { name, found: true, detail: `for the ${robot}: ${horizon}, ${design}, ${size}`, how: "" };
    } catch (error) {
      return { name, found: false, detail: "unusable", how: describeError(error).message };
    }
  });
}

/** The published images where `optimize` looks for them: in a folder below the current one. */
function findImages(): OptionalPart[] {
  return Object.entries(DIGIT_SOURCES).map(([name, { files }]): OptionalPart => {
    const folder = join(DATA_FOLDER, name);
    const names = Object.values(files).flatMap(({ images, labels }) => [images.name, labels.name]);
    const there = names.filter((file) => existsSync(join(folder, file))).length;
    const how = `npx mnemosyne-mpc download ${name}, for npx mnemosyne-mpc optimize`;
    const detail = there === 0 ? {} : { detail: `${there} of ${names.length} files in ${folder}` };
    return { name, found: there === names.length, ...detail, how };
  });
}

/** Counts a kind of file in a folder of the package. */
function findFiles(folder: string, extension: string, how: string): OptionalPart {
  const path = join(PACKAGE_ROOT, folder);
  try {
    const files = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.toLowerCase().endsWith(extension),
    );
    const bytes = files.reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
    if (files.length > 0) {
      const detail = `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, in ${path}`;
      return { name: folder, found: true, detail, how };
    }
  } catch {
    // No such folder: nothing found.
  }
  return { name: folder, found: false, how };
}
