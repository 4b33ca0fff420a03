import { join } from "node:path";
import { openRunFolder, type RunFolder } from "../../node/index.ts";
import { decodeMetaCheckpoint, type MetaCheckpoint } from "../../optim/index.ts";

/** The files of a meta-training run. */
export type MetaFolder = RunFolder<MetaCheckpoint> & {
  readonly log: string;
  readonly curves: string;
  /** The best weights so far. */
  readonly optimizer: string;
  readonly card: string;
};

/** Makes the folder of a run ready, as {@link openRunFolder} does. */
export async function openMetaFolder(folder: string, resume: boolean): Promise<MetaFolder> {
  return {
    ...(await openRunFolder(folder, resume, decodeMetaCheckpoint)),
    log: join(folder, "log.jsonl"),
    curves: join(folder, "curves.svg"),
    optimizer: join(folder, "optimizer.mnos"),
    card: join(folder, "card.md"),
  };
}
