import { ConfigError, errorOf, FormatError, MpcError } from "../base/index.ts";

/** The command line was misused: an unknown flag, an illegal value, flags that exclude each other. */
export class UsageError extends errorOf("usage") {}

/** The user stopped the program, or whoever read its output went away. */
export class InterruptedError extends MpcError {
  constructor(message = "interrupted", options?: { cause?: unknown }) {
    super("interrupted", message, options);
  }
}

/** Data that are not there, or not to be had: nothing downloaded yet, no network, a server that refuses. */
export class UnavailableError extends errorOf("io") {}

/** The exit status of the program: 0 done as asked, 1 ran and failed, 2 misuse. */
export type ExitCode = 0 | 1 | 2;

/** An error as the user sees it. */
export type Failure = {
  /** Short and stable, for programs: usage, config, format, scene, shape, io, interrupted, internal. */
  readonly code: string;
  readonly message: string;
  readonly exitCode: ExitCode;
};

/**
 * Says what an error means to the user, whatever was thrown.
 *
 * A {@link UsageError} or a `ConfigError` is misuse (2). Anything else ran and failed (1): a bad data file,
 * a scene that cannot be driven, the file system, a defect of this program.
 */
export function describeError(error: unknown): Failure {
  if (error instanceof MpcError) {
    const misuse = error instanceof UsageError || error instanceof ConfigError;
    return { code: error.code, message: error.message, exitCode: misuse ? 2 : 1 };
  }
  const system = describeSystemError(error);
  if (system !== undefined) return { code: "io", message: system, exitCode: 1 };
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const hint = "this is a defect; run again with MNEMOSYNE_DEBUG=1 for the stack trace";
  return { code: "internal", message: `${text} (${hint})`, exitCode: 1 };
}

/**
 * Runs `read` on a data file or its content and makes its complaints complaints about that file: a value that
 * is illegal in a file is bad data, not misuse of the command line, and the message names the file.
 */
export async function complainAbout<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MpcError)) throw nameFile(error, file);
    const message = error.message.includes(file) ? error.message : `${file}: ${error.message}`;
    throw new FormatError(message, { cause: error });
  }
}

/** An error of the file system that says which file it is about: Node's own do not where it is a folder. */
export function nameFile(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || "path" in error) return error;
  return Object.assign(error, { path: file });
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "is a folder, expected a file",
  EEXIST: "exists already",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EIO: "input or output error",
  ERR_FS_FILE_TOO_LARGE: "the file is too large",
  ERR_INVALID_ARG_VALUE: "not a legal path",
};

/** What the code of a system's error means, in words. */
export function meaningOf(code: string | undefined): string | undefined {
  return code === undefined ? undefined : SYSTEM_ERRORS[code];
}

function describeSystemError(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const call = "syscall" in error ? error.syscall : undefined;
  const inTheWay =
    (error.code === "EEXIST" && call === "mkdir") || (error.code === "ENOTDIR" && call === "scandir");
  const meaning = inTheWay ? "is a file, expected a folder" : meaningOf(error.code);
  if (meaning === undefined) return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : undefined;
  return path === undefined ? meaning : `${path}: ${meaning}`;
}
