/** What this room uses of a tfjs tensor. */
export type TfTensor = {
  readonly shape: number[];
  readonly dtype: string;
  data(): Promise<unknown>;
  dispose(): void;
};

type DataTypeName = "float32" | "int32" | "bool";

/**
 * The part of TensorFlow.js that this room calls, so that any of its packages can be handed in
 * (`@tensorflow/tfjs`, `-node`, `-node-gpu`) and none has to be installed. Methods, not function
 * properties: tfjs's own generic signatures are then assignable.
 */
export type TfjsModule = {
  ready(): Promise<void>;
  getBackend(): string;
  /** Returns what `work` returns; `void` because tfjs's type of legal results admits only its own classes. */
  tidy(work: () => void): void;
  keep(x: TfTensor): TfTensor;
  dispose(x: unknown): void;
  tensor(values: Float32Array | Int32Array | Uint8Array, shape: number[], dtype: DataTypeName): TfTensor;
  clone(x: TfTensor): TfTensor;

  add(a: TfTensor, b: TfTensor): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  div(a: TfTensor, b: TfTensor): TfTensor;
  maximum(a: TfTensor, b: TfTensor): TfTensor;
  minimum(a: TfTensor, b: TfTensor): TfTensor;
  greater(a: TfTensor, b: TfTensor): TfTensor;
  less(a: TfTensor, b: TfTensor): TfTensor;
  equal(a: TfTensor, b: TfTensor): TfTensor;
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor;

  neg(x: TfTensor): TfTensor;
  exp(x: TfTensor): TfTensor;
  log(x: TfTensor): TfTensor;
  sqrt(x: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  square(x: TfTensor): TfTensor;
  reciprocal(x: TfTensor): TfTensor;
  abs(x: TfTensor): TfTensor;
  sign(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  softplus(x: TfTensor): TfTensor;
  erf(x: TfTensor): TfTensor;
  sin(x: TfTensor): TfTensor;
  cos(x: TfTensor): TfTensor;

  reshape(x: TfTensor, shape: number[]): TfTensor;
  transpose(x: TfTensor, perm: number[]): TfTensor;
  slice(x: TfTensor, begin: number[], size: number[]): TfTensor;
  concat(xs: TfTensor[], axis: number): TfTensor;
  gather(x: TfTensor, ids: TfTensor): TfTensor;
  scatterND(places: TfTensor, rows: TfTensor, shape: number[]): TfTensor;
  pad(x: TfTensor, paddings: Array<[number, number]>, value: number): TfTensor;
  broadcastTo(x: TfTensor, shape: number[]): TfTensor;
  sum(x: TfTensor, axes: number[], keepDims: boolean): TfTensor;
  mean(x: TfTensor, axes: number[], keepDims: boolean): TfTensor;
  max(x: TfTensor, axes: number[], keepDims: boolean): TfTensor;
  min(x: TfTensor, axes: number[], keepDims: boolean): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA: boolean, transposeB: boolean): TfTensor;
};

/** Runs `work` and disposes every tensor it made but for those it returns. */
export function tidyTensors(tf: TfjsModule, work: () => TfTensor[]): TfTensor[] {
  return tf.tidy(work) as unknown as TfTensor[];
}
