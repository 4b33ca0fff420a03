import type { Optimizee } from "../optim/index.ts";
import type { HeldOut } from "../optim/node.ts";
import type { DataRequest, TaskOptions } from "./open-data.ts";

/** An optimizee with its data, opened. */
export type OpenedTask = {
  /** @param batch examples per step */
  create(batch?: number): Optimizee;
  /** None where the problem itself is what is judged. */
  readonly heldOut?: HeldOut;
  /** Tells data and given weights apart; none without data. */
  readonly id?: string;
  /** What whoever asked should know of the data. */
  readonly notes?: readonly string[];
};

/** A task of files on this machine: an optimizee that can be asked for by name, beside the optimizees of `src/optim`. */
export type TaskEntry = {
  /** One line for a help text. */
  readonly summary: string;
  /** What `data` is where nobody says. */
  readonly data: string;
  /** Names that `data` may be, besides files and folders. */
  readonly dataNames: readonly string[];
  /** Examples per step where nobody says. */
  readonly batch: number;
  readonly options: readonly (keyof TaskOptions)[];
  /** @throws UnavailableError where files are not there, FormatError where they are damaged, ConfigError for an illegal option */
  open(request: DataRequest): Promise<OpenedTask>;
};
