import { readFile } from "node:fs/promises";
import { ConfigError, FormatError, MpcError } from "../base/index.ts";
import { type Executor, readOnnxMetadata, type TensorData } from "../graph/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import type { Robot } from "../sim/index.ts";
import { readNetMetadata } from "./net-file.ts";
import { checkFit } from "./net-fit.ts";
import {
  createNetInference,
  createSceneInputs,
  type NetInference,
  type NetSession,
} from "./net-inference.ts";
import type { NetMetadata } from "./net-metadata.ts";
import { type NavigationSizes, type NetSpec, specFor } from "./net-spec.ts";

/** A network that predicts; owns its ONNX Runtime session. */
export type LoadedNet = NetInference & {
  readonly metadata: NetMetadata;
  /** Frees the session; `predict` fails afterwards. */
  dispose(): Promise<void>;
};

/**
 * Loads a warm-start network for a robot and the sizes of its navigation problem. It runs on the CPU, on one
 * thread that does not spin. The file is read, run once on zeros, and then no longer needed.
 *
 * @param source path of an .onnx file, or its bytes
 * @throws FormatError for a file that is damaged or not a network of this program; ConfigError for a network
 *   that was made for another robot or other sizes; an error of the file system where it cannot be read
 */
export async function loadNet(
  source: string | Uint8Array,
  robot: Robot,
  sizes: NavigationSizes,
): Promise<LoadedNet> {
  const name = typeof source === "string" ? source : "the model";
  const bytes = typeof source === "string" ? await readFile(source) : source;
  try {
    const metadata = readNetMetadata(bytes);
    checkFit(metadata.spec, robot, sizes);
    const executor = await createOrtExecutor(bytes, { device: "cpu", threads: 1 });
    try {
      const session = feedOnly(
        executor,
        readOnnxMetadata(bytes).inputs.map((input) => input.name),
      );
      const spec = specFor(metadata.spec, robot, sizes);
      await tryOut(session, spec);
      const inference = createNetInference(session, spec, robot);
      return { ...inference, metadata, dispose: () => executor.dispose() };
    } catch (error) {
      await executor.dispose();
      throw error;
    }
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${name}: ${error.message}`, { cause: error });
    if (error instanceof MpcError) throw new FormatError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A session that is fed no more than the model reads: a network need not look at all features. */
function feedOnly(executor: Executor, names: readonly string[]): NetSession {
  let given: Readonly<Record<string, TensorData>> | undefined;
  let read: Record<string, TensorData> = {};
  return {
    run(feeds) {
      if (feeds !== given) read = Object.fromEntries(names.map((name) => [name, feeds[name]]));
      given = feeds;
      return executor.run(read);
    },
  };
}

/** Runs once, so that a model that ONNX Runtime takes but cannot run is found out now. */
async function tryOut(session: NetSession, spec: NetSpec): Promise<void> {
  try {
    await session.run(createSceneInputs(spec).feeds);
  } catch (error) {
    throw new FormatError(`ONNX Runtime cannot run it: ${(error as Error).message}`, { cause: error });
  }
}
