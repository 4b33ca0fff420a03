/** Numbers on the way into or out of an executor: float32, int64 or bool (one byte each), row-major. */
export type TensorData = {
  readonly data: Float32Array | BigInt64Array | Uint8Array;
  readonly shape: readonly number[];
};

export const DEVICES = ["cpu", "webgpu", "cuda", "tfjs"] as const;
export type Device = (typeof DEVICES)[number];

/** Runs one written or built graph. */
export type Executor = {
  readonly device: Device;
  /**
   * @param feeds one entry per input that is not state
   * @param fetch names of outputs to return; all outputs that are not state where absent
   * @throws ShapeError for a missing, unknown, mistyped or misshapen feed; ConfigError for an unknown fetch
   */
  run(feeds: Record<string, TensorData>, fetch?: readonly string[]): Promise<Record<string, TensorData>>;
  /** Frees what the executor holds; it cannot run afterwards. */
  dispose(): Promise<void>;
};

/** An executor whose outputs named as state are fed back as inputs of the next run. */
export type StatefulExecutor = Executor & {
  /** A copy of the current value of a state, by its output's name. */
  readState(name: string): Promise<TensorData>;
  /** Replaces the current value of a state, by its output's name; the data is copied. */
  writeState(name: string, value: TensorData): void;
};
