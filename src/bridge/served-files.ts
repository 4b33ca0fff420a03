import { existsSync, readdirSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { FormatError, MpcError } from "../base/index.ts";
import { listModels, MODELS_FOLDER, PACKAGE_ROOT } from "../node/index.ts";

/** Where the build puts the viewer. */
export const VIEWER_FOLDER = join(PACKAGE_ROOT, "dist", "viewer");

/** What may be fetched: path of a URL, decoded, to the path of a file. Nothing else is ever opened. */
export type ServedFiles = ReadonlyMap<string, string>;

/** A log as the page finds it. */
export type ServedLog = { readonly url: string; readonly file: string };

/**
 * Lists the files of the built viewer, and the networks for its demo: an installed package holds them once.
 *
 * @throws MpcError where it is not built
 */
export function listViewer(folder = VIEWER_FOLDER): ServedFiles {
  if (!existsSync(join(folder, "index.html")))
    throw new MpcError(
      "viewer",
      `the viewer is not built: ${join(folder, "index.html")} is missing. Build it with: npm run build`,
    );
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, file).split(sep).join("/")}`, file);
  }
  for (const name of listModels()) files.set(`/models/${name}`, join(MODELS_FOLDER, name));
  files.set("/", join(folder, "index.html"));
  return files;
}

/** The first bytes of every MCAP file. Source: mcap.dev/spec. */
const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

/**
 * Gives every log a path to be fetched by, under its own name and its number.
 *
 * @throws FormatError for a file that is empty or no MCAP file; the file system's error where it cannot be read
 */
export async function nameLogs(files: readonly string[]): Promise<ServedLog[]> {
  const logs: ServedLog[] = [];
  for (const [i, file] of files.entries()) {
    await checkMcap(file);
    logs.push({ url: `/logs/${i}/${basename(file)}`, file });
  }
  return logs;
}

async function checkMcap(file: string): Promise<void> {
  const info = await stat(file);
  if (info.isDirectory()) throw new FormatError(`${file} is a folder, expected an MCAP file`);
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(MAGIC.length), 0, MAGIC.length, 0);
    if (bytesRead === 0) throw new FormatError(`${file} is empty (0 bytes), expected an MCAP file`);
    if (bytesRead < MAGIC.length || !MAGIC.every((byte, i) => buffer[i] === byte)) {
      const hex = Array.from(buffer.subarray(0, bytesRead), (byte) => byte.toString(16).padStart(2, "0"));
      throw new FormatError(
        `${file} is not an MCAP file: it begins with ${hex.join(" ")}, expected 89 4d 43 41 50 30 0d 0a`,
      );
    }
  } finally {
    await handle.close();
  }
}
