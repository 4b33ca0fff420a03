import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { decodeText, FormatError, MpcError } from "../base/index.ts";
import {
  type FilterMask,
  loadMap,
  MAX_YAML_LENGTH,
  type MapImageFormat,
  type MapMode,
  type OccupancyGrid,
  parseFilterInfo,
  writeMap,
} from "../sim/index.ts";
import { complainAbout, meaningOf } from "./errors.ts";
import { readApart } from "./read-apart.ts";
import { writeFileAtomic } from "./write-file.ts";

/** A larger image file is refused unread. [bytes] */
const MAX_IMAGE_FILE = 2 ** 29;

/**
 * Reads a ROS map: a YAML file and the image beside it that it names.
 *
 * @param path of the YAML file; a relative image path in it starts from its folder
 * @throws FormatError that names the files and what is wrong: missing, a folder, no permission, malformed
 */
export async function readMapFile(path: string): Promise<OccupancyGrid> {
  return (await readApartMap(path, "map")).grid;
}

/**
 * Reads the mask of a costmap filter: a ROS map, in whose YAML `type`, `base` and `multiplier` may say what its values mean.
 *
 * @throws FormatError as {@link readMapFile}
 */
export async function readMaskFile(path: string): Promise<FilterMask & { readonly name: string }> {
  const { grid, text } = await readApartMap(path, "mask");
  return { grid, ...parseFilterInfo(text, path), name: path };
}

type MapJob = { readonly file: string; readonly what: "map" | "mask" };

/** A map is often somebody else's. */
function readApartMap(file: string, what: MapJob["what"]): Promise<MapAndText> {
  return readApart(new URL("./map-worker.js", import.meta.url), { file, what }, readMapDirect);
}

type MapAndText = { readonly grid: OccupancyGrid; readonly text: string };

/** What a worker is asked for, see `readApart`. */
export async function readMapDirect({ file: path, what }: MapJob): Promise<MapAndText> {
  const bytes = await readWhole(path, what, MAX_YAML_LENGTH, hintForYaml(path));
  const text = await complainAbout(`${what} ${path}`, () => decodeText(bytes));
  let imagePath: string | undefined;
  try {
    const grid = await loadMap(
      text,
      (image) => {
        imagePath = isAbsolute(image) ? image : join(dirname(path), image);
        return readWhole(
          imagePath,
          `image of ${what} ${path}`,
          MAX_IMAGE_FILE,
          "check the key image in the YAML",
        );
      },
      path,
    );
    return { grid, text };
  } catch (cause) {
    if (!(cause instanceof MpcError) || imagePath === undefined || cause.message.includes(imagePath))
      throw cause;
    throw new FormatError(`${what} ${path}, image ${imagePath}: ${cause.message}`, { cause });
  }
}

/**
 * Writes a grid as a ROS map, `X.yaml` and `X.pgm` (or png, bmp), each whole or not at all: into a
 * temporary file first, which then takes the name. Missing folders are made.
 *
 * @param path `X.yaml`, or `X`
 * @returns the paths written
 * @throws MpcError with code "file" that names the files if they cannot be written
 */
export async function writeMapFiles(
  path: string,
  grid: OccupancyGrid,
  options: { readonly mode?: MapMode; readonly format?: MapImageFormat } = {},
): Promise<{ yamlPath: string; imagePath: string }> {
  const folder = dirname(path);
  const name = /^\.ya?ml$/i.test(extname(path)) ? basename(path, extname(path)) : basename(path);
  const files = writeMap(grid, { ...options, name });
  const imagePath = join(folder, files.imageName);
  const yamlPath = name === basename(path) ? join(folder, `${name}.yaml`) : path;
  try {
    // The image first: a YAML never names an image that is not there.
    await writeFileAtomic(imagePath, files.image);
    await writeFileAtomic(yamlPath, files.yaml);
  } catch (cause) {
    throw new MpcError("file", `cannot write map ${yamlPath} with image ${imagePath}: ${reason(cause)}`, {
      cause,
    });
  }
  return { yamlPath, imagePath };
}

async function readWhole(path: string, what: string, limit: number, hint: string): Promise<Uint8Array> {
  const fail = (why: string, cause?: unknown) =>
    new FormatError(`${what}: cannot read ${path}: ${why}`, { cause });
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw fail(`it is a folder, expected a file; ${hint}`);
    if (!info.isFile()) throw fail("it is not a regular file");
    if (info.size > limit) throw fail(`it has ${info.size} bytes, expected at most ${limit}; ${hint}`);
    return await readFile(path);
  } catch (cause) {
    throw cause instanceof FormatError ? cause : fail(`${reason(cause)}; ${hint}`, cause);
  }
}

function hintForYaml(path: string): string {
  const isImage = /\.(pgm|png|bmp)$/i.test(path);
  return isImage ? "give the YAML file that names this image" : "expected the YAML file of a ROS map";
}

function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return meaningOf(code) ?? message;
}
