import { FormatError, parseJson } from "../base/index.ts";
import type { DatasetSizes } from "./dataset-columns.ts";

/** Name and version of the format; a reader takes no other. */
export const DATASET_FORMAT = "mnemosyne-dataset-1";

/** What a shard says about itself, in the metadata of its schema. */
export type ShardInfo = {
  readonly sizes: DatasetSizes;
  /** Stage of the trajectories. [s] */
  readonly dt: number;
  /** [m] */
  readonly lookahead: number;
  readonly robot: string;
  /** Names of the worlds it was collected from, those without an example too. */
  readonly worlds: readonly string[];
  readonly examples: number;
  /** Number of examples by kind. */
  readonly kinds: Readonly<Record<string, number>>;
};

/** Reads the metadata of a shard. @throws FormatError for those of another format or version */
export function parseShardInfo(metadata: ReadonlyMap<string, string>): ShardInfo {
  const format = metadata.get("format");
  if (format !== DATASET_FORMAT) {
    const found = format === undefined ? "it names no format" : `its format is "${format.slice(0, 60)}"`;
    throw new FormatError(`not a shard of a data set: ${found}, expected "${DATASET_FORMAT}"`);
  }
  const info = parseJson(
    metadata.get("info") ?? "",
    "damaged shard: what it says of itself is ",
  ) as ShardInfo;
  const { sizes, dt, lookahead, worlds, examples } = info ?? {};
  const whole = [sizes?.nx, sizes?.nu, sizes?.N, sizes?.m, examples].every(
    (n) => Number.isInteger(n) && n! >= 0,
  );
  if (!whole || !(dt > 0) || !(lookahead > 0) || !Array.isArray(worlds))
    throw new FormatError("damaged shard: what it says about itself lacks sizes, dt, lookahead or worlds");
  return info;
}
