import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, decodeCheckpoint } from "../../init-net/index.ts";
import { ConfigError } from "../../linalg/index.ts";
import { complainAbout } from "../errors.ts";
import { readFileIfThere } from "../read-file.ts";

/** The files of a training run. */
export type TrainFolder = {
  readonly checkpoint: string;
  readonly log: string;
  readonly curves: string;
  readonly model: string;
  readonly card: string;
  /** Where training goes on, if it does. */
  readonly from?: Checkpoint;
};

/**
 * Makes the folder of a run ready. With `resume` it goes on from the checkpoint there, or begins where there is
 * none yet.
 *
 * @throws ConfigError where a run is in it and shall not be gone on with; FormatError for a damaged checkpoint
 */
export async function openTrainFolder(folder: string, resume: boolean): Promise<TrainFolder> {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(folder)) {
    if (/\.\d+\.partial$/.test(file)) await rm(join(folder, file), { force: true });
  }
  const paths = {
    checkpoint: join(folder, "checkpoint.bin"),
    log: join(folder, "log.jsonl"),
    curves: join(folder, "curves.svg"),
    model: join(folder, "model.onnx"),
    card: join(folder, "card.md"),
  };
  const bytes = await readFileIfThere(paths.checkpoint);
  if (bytes === undefined) return paths;
  if (!resume)
    throw new ConfigError(
      `${folder} holds a training run: go on with it by --resume, or choose another --out`,
    );
  return { ...paths, from: await complainAbout(paths.checkpoint, () => decodeCheckpoint(bytes)) };
}
