import { ConfigError, didYouMean, ShapeError } from "../base/index.ts";
import type { TensorData } from "./executor.ts";
import type { DType } from "./graph.ts";
import { sameShape, shapeText, sizeOf } from "./shapes.ts";

/** Name and type of an input or output, as an executor is told it. */
export type Port = { readonly name: string; readonly shape: readonly number[]; readonly dtype: DType };

const ARRAYS = { float32: Float32Array, int64: BigInt64Array, bool: Uint8Array } as const;

/** What a state holds before it is written. */
export function zerosOf({ shape, dtype }: Port): TensorData {
  return { data: new ARRAYS[dtype](sizeOf(shape)), shape };
}

/** @throws ShapeError unless `feeds` has exactly the inputs' names, each with its type and shape */
export function checkFeeds(inputs: readonly Port[], feeds: Readonly<Record<string, TensorData>>): void {
  const names = inputs.map((port) => port.name);
  for (const name of Object.keys(feeds))
    if (!names.includes(name))
      throw new ShapeError(`feed ${name} is no input${didYouMean(name, names)}. Inputs: ${listed(names)}`);
  for (const port of inputs) {
    const value = Object.hasOwn(feeds, port.name) ? feeds[port.name] : undefined;
    if (value === undefined)
      throw new ShapeError(
        `feed ${port.name} is missing, expected ${port.dtype} ${shapeText(port.shape)}. Inputs: ${listed(names)}`,
      );
    checkValue(`feed ${port.name}`, port, value);
  }
}

/** @throws ShapeError unless the array's type, the shape and the length are those of the port */
export function checkValue(what: string, port: Port, value: TensorData): void {
  const expected = ARRAYS[port.dtype];
  if (!(value.data instanceof expected))
    throw new ShapeError(
      `${what} has a ${value.data?.constructor?.name ?? typeof value.data}, expected a ${expected.name} for ${port.dtype}`,
    );
  if (!sameShape(value.shape, port.shape))
    throw new ShapeError(`${what} has shape ${shapeText(value.shape)}, expected ${shapeText(port.shape)}`);
  if (value.data.length !== sizeOf(port.shape))
    throw new ShapeError(
      `${what} has ${value.data.length} elements, expected ${sizeOf(port.shape)} for shape ${shapeText(port.shape)}`,
    );
}

/** @throws ConfigError for a name that is not among the outputs that can be fetched */
export function checkFetch(outputs: readonly string[], fetch: readonly string[] | undefined): void {
  const unknown = fetch?.find((name) => !outputs.includes(name));
  if (unknown !== undefined) refuse(`output ${unknown} cannot be fetched`, unknown, "Outputs", outputs);
}

/**
 * What of `state` (output name -> input name) fits the model: each output and each input exists, pairs
 * have equal types and shapes, and no input is fed by two outputs.
 *
 * @returns per output's name the two ends
 * @throws ConfigError otherwise
 */
export function checkStates(
  inputs: readonly Port[],
  outputs: readonly Port[],
  state: Readonly<Record<string, string>>,
): Map<string, { readonly output: Port; readonly input: Port }> {
  const pairs = new Map<string, { output: Port; input: Port }>();
  const taken = new Set<string>();
  for (const [outputName, inputName] of Object.entries(state)) {
    const output = find("output", outputName, outputs);
    const input = find("input", inputName, inputs);
    if (output.dtype !== input.dtype || !sameShape(output.shape, input.shape))
      throw new ConfigError(
        `state ${outputName} is ${output.dtype} ${shapeText(output.shape)}, its input ${inputName} is ` +
          `${input.dtype} ${shapeText(input.shape)}, expected the same`,
      );
    if (taken.has(inputName))
      throw new ConfigError(`state ${outputName}: input ${inputName} is fed by another state already`);
    taken.add(inputName);
    pairs.set(outputName, { output, input });
  }
  return pairs;
}

/** @throws ConfigError where no state has this name */
export function checkStateName(name: string, states: ReadonlyMap<string, unknown>): void {
  if (!states.has(name)) refuse(`${name} is no state`, name, "States", [...states.keys()]);
}

function find(what: "input" | "output", name: string, ports: readonly Port[]): Port {
  const port = ports.find((candidate) => candidate.name === name);
  const names = ports.map((candidate) => candidate.name);
  return port ?? refuse(`state names ${what} ${name}, which is not there`, name, "Legal", names);
}

function refuse(complaint: string, name: string, what: string, names: readonly string[]): never {
  throw new ConfigError(`${complaint}${didYouMean(name, names)}. ${what}: ${listed(names)}`);
}

function listed(names: readonly string[]): string {
  return names.length > 0 ? names.join(", ") : "(none)";
}
