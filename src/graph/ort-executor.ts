import type * as OrtTypes from "onnxruntime-node";
import { ConfigError, checkCount, FormatError, messageOf } from "../base/index.ts";
import {
  checkFeeds,
  checkFetch,
  checkStateName,
  checkStates,
  checkValue,
  type Port,
  zerosOf,
} from "./check-feeds.ts";
import type { StatefulExecutor, TensorData } from "./executor.ts";
import { createGpuReader } from "./gpu-reader.ts";
import type { ConstantData, DType } from "./graph.ts";
import { loadOrt, type Ort } from "./load-ort.ts";
import type { OrtRuntime } from "./ort-builds.ts";
import { plainOrtMessage } from "./ort-message.ts";

export type OrtDevice = "cpu" | "webgpu" | "cuda";

export type OrtExecutorOptions = {
  /** Default "cpu"; a device that is not there is an error, never replaced by another. */
  readonly device?: OrtDevice;
  /** The build of ONNX Runtime. Default "native" where it loads, else, on the CPU, "wasm". */
  readonly runtime?: OrtRuntime;
  /** Threads within one operation, an integer >= 1. Default 1: several executors beside each other. WebAssembly has one. */
  readonly threads?: number;
  /** Outputs kept on the device and fed back as the named input of the next run; zeros at first. */
  readonly state?: Readonly<Record<string, string>>;
};

/**
 * Runs a written model with ONNX Runtime. Runs follow one another in the order of the calls; a run
 * that fails leaves the states as they were.
 *
 * @throws FormatError for bytes that are no model ONNX Runtime can run; ConfigError for a device that
 *   cannot be used, an illegal number of threads, or a state that does not fit the model
 */
export async function createOrtExecutor(
  model: Uint8Array,
  {
    device = "cpu",
    runtime = device === "cpu" ? undefined : "native",
    threads = 1,
    state = {},
  }: OrtExecutorOptions = {},
): Promise<StatefulExecutor> {
  checkCount("threads", threads, 1);
  const { ort, runtime: loaded } = await loadOrt(runtime);
  const session = await createSession(ort, model, device, sessionOptions(device, threads, state));
  let states: ReturnType<typeof checkStates>;
  const outputs = portsOf(session.outputMetadata);
  try {
    states = checkStates(portsOf(session.inputMetadata), outputs, state);
  } catch (error) {
    await session.release();
    throw error;
  }
  const fedBack = new Set(Object.values(state));
  const inputs = portsOf(session.inputMetadata).filter((port) => !fedBack.has(port.name));
  const defaults = session.outputNames.filter((name) => !states.has(name));
  // With a preferred location ONNX Runtime wants all outputs fetched, and ignores buffers handed in for them.
  const onGpu = device === "webgpu" && states.size > 0;
  // WebAssembly computes in its own memory: a buffer handed in for an output is not written.
  const swaps = !onGpu && loaded === "native";
  const reader = createGpuReader(ort, sessionOptions(device, 1, {}));
  const zeros = (port: Port): OrtTypes.Tensor => toTensor(ort, port, zerosOf(port).data);
  const kept = new Map<string, KeptState>();
  for (const [name, { input }] of states)
    kept.set(name, { current: zeros(input), spare: swaps ? zeros(input) : null });

  let disposed = false;
  const checkAlive = (): void => {
    if (disposed) throw new ConfigError("this executor is disposed, create a new one to run");
  };
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };

  /** A copy of a state, from wherever it is. */
  async function copyOf(value: OrtTypes.Tensor): Promise<TensorData> {
    if (value.location !== "cpu") return dataOf(await reader.read(value));
    const { data, shape } = dataOf(value);
    return { data: data.slice(), shape };
  }

  async function runOnce(
    feeds: Record<string, TensorData>,
    wanted: readonly string[],
  ): Promise<Record<string, TensorData>> {
    checkAlive();
    const bound: Record<string, OrtTypes.Tensor> = {};
    for (const port of inputs) bound[port.name] = toTensor(ort, port, feeds[port.name].data);
    for (const [name, { input }] of states) bound[input.name] = kept.get(name)!.current;
    const fetches: Record<string, OrtTypes.Tensor | null> = {};
    for (const name of onGpu ? session.outputNames : wanted) fetches[name] = null;
    for (const [name, { spare }] of kept) fetches[name] = spare;
    const values = await session.run(bound, fetches);
    for (const [name, pair] of kept) {
      const fresh = pair.spare ?? values[name];
      if (pair.spare) pair.spare = pair.current;
      else pair.current.dispose();
      pair.current = fresh;
    }
    const results: Record<string, TensorData> = {};
    for (const name of wanted) {
      const pair = kept.get(name);
      results[name] = pair ? await copyOf(pair.current) : dataOf(values[name]);
    }
    return results;
  }

  return {
    device,
    async run(feeds, fetch) {
      checkAlive();
      checkFeeds(inputs, feeds);
      checkFetch(session.outputNames, fetch);
      return inTurn(() => runOnce(feeds, fetch ?? defaults));
    },
    async readState(name) {
      checkAlive();
      checkStateName(name, states);
      return inTurn(() => copyOf(kept.get(name)!.current));
    },
    writeState(name, value) {
      checkAlive();
      checkStateName(name, states);
      const { input } = states.get(name)!;
      checkValue(`state ${name}`, input, value);
      const fresh = toTensor(ort, input, value.data.slice());
      void inTurn(async () => {
        kept.get(name)!.current.dispose();
        kept.get(name)!.current = fresh;
      });
    },
    async dispose() {
      if (disposed) return;
      await inTurn(async () => {
        disposed = true;
        for (const { current } of kept.values()) current.dispose();
        await reader.dispose();
        await session.release();
      });
    },
  };
}

/** A state's value, and on the CPU a second buffer that the next run writes into. */
type KeptState = { current: OrtTypes.Tensor; spare: OrtTypes.Tensor | null };

function sessionOptions(
  device: OrtDevice,
  threads: number,
  state: Readonly<Record<string, string>>,
): OrtTypes.InferenceSession.SessionOptions {
  const onGpu = Object.keys(state).map((name) => [name, "gpu-buffer"] as const);
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // Spinning threads would take the core from other executors and from the caller.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...(device === "webgpu" && { preferredOutputLocation: Object.fromEntries(onGpu) }),
  };
}

async function createSession(
  ort: Ort,
  model: Uint8Array,
  device: OrtDevice,
  options: OrtTypes.InferenceSession.SessionOptions,
): Promise<OrtTypes.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, options);
  } catch (cause) {
    const reason = plainOrtMessage(messageOf(cause));
    if (device === "cpu")
      throw new FormatError(`ONNX Runtime cannot run this model (${model.length} bytes): ${reason}`, {
        cause,
      });
    throw new ConfigError(`ONNX Runtime cannot run this model on ${device}: ${reason}`, { cause });
  }
}

const DTYPES: Readonly<Record<string, DType>> = { float32: "float32", int64: "int64", bool: "bool" };

/** @throws FormatError for values that are not tensors of static shape and of a type used here */
function portsOf(metadata: readonly OrtTypes.InferenceSession.ValueMetadata[]): Port[] {
  return metadata.map((value) => {
    const dtype = value.isTensor ? DTYPES[value.type] : undefined;
    if (!value.isTensor || !dtype)
      throw new FormatError(
        `model: ${value.name} is ${value.isTensor ? value.type : "no tensor"}, expected a tensor of float32, int64 or bool`,
      );
    const shape = value.shape.map((d) => {
      if (typeof d === "number") return d;
      throw new FormatError(`model: ${value.name} has the open size ${d}, expected static shapes`);
    });
    return { name: value.name, shape, dtype };
  });
}

function toTensor(ort: Ort, port: Port, data: ConstantData): OrtTypes.Tensor {
  return new ort.Tensor(port.dtype, data as Float32Array, port.shape);
}

function dataOf(value: OrtTypes.Tensor): TensorData {
  return { data: value.data as ConstantData, shape: value.dims };
}
