import { join } from "node:path";
import { type Checkpoint, decodeCheckpoint } from "../init-net/index.ts";
import { openRunFolder, type RunFolder } from "../node/index.ts";

/** The files of a training run. */
export type TrainFolder = RunFolder<Checkpoint> & {
  readonly log: string;
  readonly curves: string;
  readonly model: string;
  readonly card: string;
};

/** Makes the folder of a run ready, as {@link openRunFolder} does. */
export async function openTrainFolder(folder: string, resume: boolean): Promise<TrainFolder> {
  return {
    ...(await openRunFolder(folder, resume, decodeCheckpoint)),
    log: join(folder, "log.jsonl"),
    curves: join(folder, "curves.svg"),
    model: join(folder, "model.onnx"),
    card: join(folder, "card.md"),
  };
}
