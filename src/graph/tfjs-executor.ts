import { ConfigError } from "../base/index.ts";
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
import type { Graph, Tensor } from "./graph.ts";
import { type TfjsModule, type TfTensor, tidyTensors } from "./tfjs-module.ts";
import { TYPES } from "./tfjs-ops.ts";
import { compileTfjs, runTfjs } from "./tfjs-program.ts";

export type TfjsExecutorOptions = {
  /** Outputs kept on the backend and fed back as the named input of the next run. */
  readonly state?: Readonly<Record<string, string>>;
};

/**
 * Runs a graph with TensorFlow.js, node by node, on whatever backend the given module has chosen: the
 * tests' oracle on `cpu`, an NVIDIA card with `@tensorflow/tfjs-node-gpu`. States are zeros until
 * written.
 *
 * @param tf a tfjs module whose backend is ready (`await tf.ready()`)
 * @param outputs by the name they are returned under
 * @throws ConfigError for an operation that tfjs lacks, an output of another graph, an illegal state
 */
export function createTfjsExecutor(
  tf: TfjsModule,
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  { state = {} }: TfjsExecutorOptions = {},
): StatefulExecutor {
  const program = compileTfjs(graph, outputs);
  const ports = Object.entries(outputs).map(([name, { shape, dtype }]): Port => ({ name, shape, dtype }));
  const states = checkStates(program.inputs, ports, state);
  const fedBack = new Set(Object.values(state));
  const inputs = program.inputs.filter((x) => !fedBack.has(x.name));
  const defaults = Object.keys(outputs).filter((name) => !states.has(name));
  const constants = new Map<string, TfTensor>();
  for (const { tensor, data } of program.constants)
    constants.set(tensor.name, tf.keep(upload(tf, { data, shape: tensor.shape }, tensor)));
  const kept = new Map<string, TfTensor>();
  for (const [name, { input }] of states) kept.set(name, tf.keep(upload(tf, zerosOf(input), input)));
  let disposed = false;
  const checkAlive = (): void => {
    if (disposed) throw new ConfigError("this executor is disposed, create a new one to run");
  };

  return {
    device: "tfjs",
    async run(feeds, fetch) {
      checkAlive();
      checkFeeds(inputs, feeds);
      checkFetch(Object.keys(outputs), fetch);
      const wanted = [...new Set(fetch ?? defaults)];
      const names = [...new Set([...wanted, ...states.keys()])];
      const values = tidyTensors(tf, () => {
        const bound = new Map(constants);
        for (const x of inputs) bound.set(x.name, upload(tf, feeds[x.name], x));
        for (const [name, { input }] of states) bound.set(input.name, kept.get(name)!);
        const borrowed = new Set([...constants.values(), ...kept.values()]);
        const results = names.map((name) => outputs[name]);
        return runTfjs(tf, program, bound, borrowed, results);
      });
      const fetched: TfTensor[] = [];
      for (const [i, name] of names.entries()) {
        if (i < wanted.length) fetched.push(states.has(name) ? tf.clone(values[i]) : values[i]);
        if (!states.has(name)) continue;
        kept.get(name)!.dispose();
        kept.set(name, tf.keep(values[i]));
      }
      try {
        const results: Record<string, TensorData> = {};
        for (const [i, name] of wanted.entries()) results[name] = await download(fetched[i], outputs[name]);
        return results;
      } finally {
        for (const value of fetched) value.dispose();
      }
    },
    async readState(name) {
      checkAlive();
      checkStateName(name, states);
      const copy = tf.clone(kept.get(name)!); // a run meanwhile may replace the state
      try {
        return await download(copy, outputs[name]);
      } finally {
        copy.dispose();
      }
    },
    writeState(name, value) {
      checkAlive();
      checkStateName(name, states);
      const { input } = states.get(name)!;
      checkValue(`state ${name}`, input, value);
      const fresh = tf.keep(upload(tf, { data: value.data.slice(), shape: value.shape }, input));
      kept.get(name)!.dispose();
      kept.set(name, fresh);
    },
    async dispose() {
      disposed = true;
      for (const x of [...constants.values(), ...kept.values()]) x.dispose();
      constants.clear();
      kept.clear();
    },
  };
}

/** tfjs has no 64-bit integers: int64 becomes int32 there. */
function upload(tf: TfjsModule, { data }: TensorData, { shape, dtype }: Port): TfTensor {
  const values = data instanceof BigInt64Array ? Int32Array.from(data, Number) : data;
  return tf.tensor(values, [...shape], TYPES[dtype]);
}

/** A copy: tfjs's cpu backend hands out the array it computes with. */
async function download(x: TfTensor, { shape, dtype }: Port): Promise<TensorData> {
  const values = (await x.data()) as ArrayLike<number>;
  if (dtype === "float32") return { data: Float32Array.from(values), shape };
  if (dtype === "bool") return { data: Uint8Array.from(values), shape };
  return { data: BigInt64Array.from(Array.from(values), BigInt), shape };
}
