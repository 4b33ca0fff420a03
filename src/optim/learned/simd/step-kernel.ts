import {
  type Address,
  type Code,
  createKernel,
  createLocals,
  createMemoryPlan,
  dense,
  denseFloats,
  doWhile,
  type Emitter,
  f32,
  f32x4,
  get,
  i32,
  type Kernel,
  type ModuleParts,
  repeat,
  sequence,
  set,
  sumLanes,
  tee,
  v128,
} from "../../../wasm/index.ts";
import { type CellWeights, withoutPrefix } from "../cell.ts";
import { inputCount } from "../gradient-inputs.ts";
import type { LearnedSpec, LstmSpec, MnemosyneSpec } from "../learned-spec.ts";
import { createStreams } from "../memory-cell.ts";
import { feedForwardLayer } from "./feed-forward-kernel.ts";
import { lstmCell } from "./lstm-cell-kernel.ts";
import { memoryCell } from "./memory-cell-kernel.ts";

/** A step of some coordinates at a time, from inputs and state in memory to updates and state after. */
export type StepKernel = {
  /** Most coordinates at a time. */
  readonly capacity: number;
  /** (capacity, inputCount), written before a run. */
  readonly inputs: Float32Array;
  /** The arrays of the cells' state, the i-th (capacity, sizes[i]); changed by a run. */
  readonly state: readonly Float32Array[];
  /** (capacity), written by a run. */
  readonly updates: Float32Array;
  /**
   * @param count how many coordinates, 1 to capacity
   * @returns whether the state after is finite
   */
  run(count: number): boolean;
};

/** Bytes of state in memory at once: a part of a second-level cache. */
const CHUNK_BYTES = 2 ** 18;
const MOST_COORDINATES = 2048;
/** Designs that would take more are left to the plain step. */
const MOST_BYTES = 2 ** 26;

/** Whether there is code for a design: widths of whole vectors, memories of one slice, LSTMs. */
export function hasStepKernel(spec: LearnedSpec): boolean {
  if (spec.width % 4 !== 0) return false;
  if (spec.kind === "lstm") return true;
  const streams = createStreams(spec.memory, spec.width, spec.taus[0], 0);
  return "coefficients" in streams && streams.coefficients.length === 1;
}

/**
 * The network of a learned optimizer as a function of WebAssembly, made for its design.
 *
 * @param sizes floats per coordinate of the cells' arrays, in the order of the cells
 * @param limit largest size of the network's output
 * @returns undefined for designs without a kernel and where vectors cannot be used
 */
export function createStepKernel(
  spec: LearnedSpec,
  named: CellWeights,
  sizes: readonly number[],
  limit: number,
): StepKernel | undefined {
  if (!hasStepKernel(spec)) return undefined;
  const { parts, fill, capacity, places } = emitStep(spec, named, sizes, limit);
  if (parts.pages * 65536 > MOST_BYTES) return undefined;
  const kernel: Kernel | undefined = createKernel(parts);
  if (kernel === undefined) return undefined;
  const { memory, run } = kernel;
  fill(new Float32Array(memory));
  const view = ({ offset }: Address, floats: number): Float32Array =>
    new Float32Array(memory, offset, capacity * floats);
  return {
    capacity,
    inputs: view(places.inputs, inputCount(spec.inputs)),
    state: places.state.map((place, i) => view(place, sizes[i])),
    updates: view(places.updates, 1),
    run: (count) => run(count) !== 0,
  };
}

/** The module of a step, what its memory is filled with, and where things lie in it. */
export function emitStep(
  spec: LearnedSpec,
  named: CellWeights,
  sizes: readonly number[],
  limit: number,
): {
  parts: ModuleParts;
  fill: (memory: Float32Array) => void;
  capacity: number;
  places: { inputs: Address; state: readonly Address[]; updates: Address };
} {
  const COUNT = 0; // the only parameter
  const locals = createLocals(1);
  const memory = createMemoryPlan();
  const emitter = { locals, memory };
  const features = inputCount(spec.inputs);
  const perCoordinate = sizes.reduce((a, b) => a + b, 0);
  const capacity = Math.max(1, Math.min(MOST_COORDINATES, Math.floor(CHUNK_BYTES / (4 * perCoordinate))));

  const arrays = [features, ...sizes, 1].map((size) => ({
    place: memory.reserve(capacity * size),
    pointer: locals.add("i32"),
    bytes: 4 * size,
  }));
  const pointers: Address[] = arrays.map(({ pointer }) => ({ local: pointer, offset: 0 }));
  const [inputs, ...state] = pointers;
  const updates = state.pop()!;
  const zero = locals.add("v128");
  const { code, h } =
    spec.kind === "lstm"
      ? emitLstm(emitter, spec, named, inputs, state, zero)
      : emitMnemosyne(emitter, spec, named, inputs, state, zero);
  const body = sequence(
    ...arrays.map(({ place, pointer }) => set(pointer, i32.constant(place.offset))),
    doWhile(
      sequence(
        code,
        emitOutput(emitter, spec, named, limit, h, updates),
        ...arrays.map(({ pointer, bytes }) => set(pointer, i32.add(get(pointer), i32.constant(bytes)))),
      ),
      tee(COUNT, i32.sub(get(COUNT), i32.constant(1))),
    ),
    i32.isZero(v128.anyTrue(f32x4.notEqual(get(zero), get(zero)))),
  );
  const [first, ...others] = arrays.map(({ place }) => place);
  return {
    parts: { params: ["i32"], result: "i32", locals: locals.types, body, pages: memory.pages() },
    fill: memory.fill,
    capacity,
    places: { inputs: first, state: others.slice(0, -1), updates: others[others.length - 1] },
  };
}

/** All cells, from the inputs of a coordinate to h (width). */
function emitMnemosyne(
  emitter: Emitter,
  spec: MnemosyneSpec,
  named: CellWeights,
  inputs: Address,
  state: readonly Address[],
  zero: number,
): { code: Code; h: Address } {
  const { width, feedForward, memory, taus } = spec;
  const x = emitter.memory.reserve(denseFloats(width));
  const embed = {
    inputs: inputCount(spec.inputs),
    outputs: width,
    W: named["in/weight"],
    bias: named["in/bias"],
  };
  const cells = taus.map((tau, i) => {
    const streams = createStreams(memory, width, tau, i);
    if ("capacity" in streams) throw new Error("a cache has no kernel");
    const weights = withoutPrefix(named, `cell${i}/`);
    const places = { x, state: state.slice(3 * i, 3 * i + 3), zero };
    return sequence(
      memoryCell(emitter, streams, weights, places),
      feedForward === 0 ? [] : feedForwardLayer(emitter, weights, width, feedForward, x),
    );
  });
  return { code: sequence(dense(emitter, embed, inputs, x), ...cells), h: x };
}

function emitLstm(
  emitter: Emitter,
  { width, cells, inputs: kind }: LstmSpec,
  named: CellWeights,
  inputs: Address,
  state: readonly Address[],
  zero: number,
): { code: Code; h: Address } {
  const { locals, memory } = emitter;
  const features = inputCount(kind);
  const [firstJoined, ...others] = Array.from({ length: cells + 1 }, (_, i) =>
    memory.reserve((i === 0 ? features : width) + width),
  );
  const copied = repeat(
    locals,
    features,
    [
      { from: inputs, stride: 4 },
      { from: firstJoined, stride: 4 },
    ],
    // Whole vectors, but only the first number of each stays.
    ([from, to]) => v128.store(to, v128.loadSplat(from)),
  );
  let joined = firstJoined;
  const code = others.map((out, i) => {
    const own = state.slice(2 * i, 2 * i + 2);
    const size = i === 0 ? features : width;
    const cell = lstmCell(emitter, withoutPrefix(named, `cell${i}/`), size, width, joined, own, out, zero);
    joined = out;
    return cell;
  });
  return { code: sequence(copied, ...code), h: joined };
}

/** `updates = outputScale clip(w'h + b)` */
function emitOutput(
  emitter: Emitter,
  { width, outputScale }: LearnedSpec,
  named: CellWeights,
  limit: number,
  h: Address,
  updates: Address,
): Code {
  const { locals, memory } = emitter;
  const sum = locals.add("v128");
  const products = repeat(
    locals,
    width / 4,
    [
      { from: h, stride: 16 },
      { from: memory.data(named["out/weight"]), stride: 16 },
    ],
    ([x, w]) => set(sum, f32x4.add(get(sum), f32x4.mul(v128.load(x), v128.load(w)))),
  );
  const y = f32.add(f32x4.first(sumLanes(emitter, get(sum))), f32.constant(named["out/bias"][0]));
  const clipped = f32.max(f32.min(y, f32.constant(limit)), f32.constant(-limit));
  return sequence(
    set(sum, memory.constant(0)),
    products,
    f32.store(updates, f32.mul(clipped, f32.constant(outputScale))),
  );
}
