import type { Evaluation } from "./evaluator.ts";
import type { LossOptions } from "./net-loss.ts";
import type { NetSpec } from "./net-spec.ts";

/** Rows in memory that threads share: where they begin and how many there are. */
export type SharedRows = {
  readonly buffer: SharedArrayBuffer;
  /** [bytes] */
  readonly offset: number;
  readonly length: number;
};

/** What a thread of a parallel runner is started with. */
export type RunnerSetup = {
  readonly spec: NetSpec;
  readonly shards: readonly SharedRows[];
  /** Examples of a batch that are this thread's. */
  readonly batch: number;
  readonly loss?: Partial<LossOptions>;
  /** (total) written by the main thread before it asks. */
  readonly parameters: SharedArrayBuffer;
  /** (total) written by this thread before it answers. */
  readonly gradient: SharedArrayBuffer;
};

/** To a thread. `parameters` have been written by then; `prepare` is not answered. */
export type RunnerRequest =
  | { readonly act: "gradient"; readonly id: number; readonly part: ExampleDrawPart }
  | { readonly act: "prepare"; readonly part: ExampleDrawPart }
  | { readonly act: "evaluate"; readonly id: number; readonly examples: Uint32Array };

/** A thread's part of a batch; `number` tells batches apart. */
export type ExampleDrawPart = {
  readonly number: number;
  readonly examples: Uint32Array;
  readonly mirrors?: Uint8Array;
};

/** From a thread, in the order of the requests; the first says that it is ready. */
export type RunnerReply =
  | { readonly id: 0 }
  | { readonly id: number; readonly loss: number }
  | { readonly id: number; readonly evaluation: Evaluation }
  | { readonly id: number; readonly error: string };
