import { MpcError } from "../base/index.ts";

/** A log could not be written or read for a reason outside of it: the disk, the folder, the permissions. */
export class RecordError extends MpcError {
  constructor(message: string, options?: { cause?: unknown }) {
    super("io", message, options);
  }
}
