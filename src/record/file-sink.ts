import { constants } from "node:fs";
import { type FileHandle, open, realpath, rename, stat } from "node:fs/promises";
import { messageOf } from "../base/index.ts";
import { type ByteSink, type ByteSource, checkRange } from "./byte-sink.ts";
import { RecordError } from "./errors.ts";

/** A sink that writes a file, whole or not at all. */
export type FileSink = ByteSink & {
  /** Where the log will be. */ readonly path: string;
  /** Where it is until it is whole, and where it stays if it never is. */ readonly partialPath: string;
};

/**
 * Opens a file for a log. Bytes go to `PATH.partial`, which takes PATH's place when the log is whole: an
 * older log is kept until then, and after a failure. A device or a pipe is written to directly.
 *
 * @throws RecordError naming the path and what is wrong with it: folder missing, no permission, no space
 */
export async function createFileSink(path: string): Promise<FileSink> {
  const { target, special } = await locate(path);
  const partialPath = special ? target : `${target}.partial`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(partialPath, special ? constants.O_WRONLY : "w");
  } catch (error) {
    throw explain(path, error);
  }
  return {
    path,
    partialPath,
    async write(bytes) {
      try {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await handle!.write(bytes, done);
          done += bytesWritten;
        }
      } catch (error) {
        throw explain(path, error, special ? undefined : partialPath);
      }
    },
    async close(whole) {
      const closing = handle;
      handle = undefined;
      if (closing === undefined) return;
      try {
        if (!special && whole) await closing.sync();
      } catch (error) {
        throw explain(path, error, partialPath);
      } finally {
        await closing.close().catch(() => {});
      }
      if (special || !whole) return;
      try {
        await rename(partialPath, target);
      } catch (error) {
        throw explain(path, error, partialPath);
      }
    },
  };
}

/** A file as a source of bytes, read piece by piece; close it when done. */
export type FileSource = ByteSource & { close(): Promise<void> };

/**
 * Opens a log file for reading.
 *
 * @throws RecordError naming the path and what is wrong with it
 */
export async function openFileSource(path: string): Promise<FileSource> {
  let handle: FileHandle;
  let size: bigint;
  try {
    handle = await open(path, "r");
    const status = await handle.stat({ bigint: true });
    if (status.isDirectory()) {
      await handle.close();
      throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    }
    size = status.size;
  } catch (error) {
    throw explain(path, error, undefined, "read");
  }
  return {
    async size() {
      return size;
    },
    async read(offset, length) {
      checkRange(offset, length, size);
      const bytes = new Uint8Array(Number(length));
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, Number(offset) + done);
        if (bytesRead === 0) throw new RecordError(`${path}: the file shrank while it was read`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** What a path leads to, through links, and whether it is something other than a plain file. */
async function locate(path: string): Promise<{ target: string; special: boolean }> {
  try {
    const target = await realpath(path);
    const status = await stat(target);
    if (status.isDirectory()) throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    return { target, special: !status.isFile() };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { target: path, special: false };
    throw explain(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "the folder does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "is a folder, expected a file",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EIO: "input or output error",
};

function explain(
  path: string,
  error: unknown,
  kept?: string,
  doing: "write" | "read" = "write",
): RecordError {
  if (error instanceof RecordError) return error;
  const code = codeOf(error) ?? "";
  const missing = doing === "read" && code === "ENOENT" ? "no such file" : undefined;
  const reason = missing ?? REASONS[code] ?? messageOf(error);
  const rest = kept === undefined ? "" : `; what was written before is in ${kept}`;
  return new RecordError(`${path}: cannot ${doing} the log: ${reason}${rest}`, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
