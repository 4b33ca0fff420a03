import { UnavailableError } from "./errors.ts";

export type FetchOptions = {
  readonly signal: AbortSignal;
  /** A server that says nothing for so long is given up. [ms] */
  readonly patienceMs?: number;
  /** More is refused. [bytes] */
  readonly most?: number;
  /** Hears what has come, out of how much where the server says. [bytes] */
  readonly onBytes?: (got: number, of: number | undefined) => void;
};

export const FETCH_DEFAULTS = { patienceMs: 30_000, most: 2 ** 28 } as const;

/**
 * The bytes at an address.
 *
 * @throws UnavailableError that says why they are not to be had; what `signal` was aborted with
 */
export async function fetchBytes(url: string, options: FetchOptions): Promise<Uint8Array> {
  const { signal, onBytes, patienceMs, most } = { ...FETCH_DEFAULTS, ...options };
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), patienceMs);
  };
  try {
    wait();
    const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) });
    if (!response.ok || response.body === null)
      throw new UnavailableError(
        `${url}: the server answers ${response.status} ${response.statusText}`.trimEnd(),
      );
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    const packed = response.headers.get("content-encoding") !== null; // then the length is not that of the content
    const total = Number.isSafeInteger(length) && !packed ? length : undefined;
    const parts: Uint8Array[] = [];
    let got = 0;
    for await (const part of response.body) {
      wait();
      parts.push(part);
      got += part.length;
      if (got > most) throw new UnavailableError(`${url}: more than ${most} bytes, expected fewer`);
      onBytes?.(got, total);
    }
    if (total !== undefined && got !== total)
      throw new UnavailableError(`${url}: ${got} bytes came, expected ${total}`);
    return Buffer.concat(parts, got);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UnavailableError) throw error;
    const why = silence.signal.aborted ? `no answer in ${patienceMs / 1000} s` : reasonOf(error);
    throw new UnavailableError(`${url}: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
    silence.abort(); // closes a connection that was left in the middle
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the server's name is not known (is there a network?)",
  EAI_AGAIN: "the server's name is not known (is there a network?)",
  ECONNREFUSED: "the connection is refused",
  ECONNRESET: "the connection broke",
  ENETUNREACH: "the network cannot be reached",
  EHOSTUNREACH: "the server cannot be reached",
  ETIMEDOUT: "no answer",
  UND_ERR_CONNECT_TIMEOUT: "no answer",
  UND_ERR_SOCKET: "the connection broke",
};

/** `fetch` hides the reason in its error's cause. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const errors = at instanceof AggregateError ? at.errors : [at];
    for (const { code } of errors as { code?: unknown }[])
      if (typeof code === "string" && Object.hasOwn(REASONS, code)) return REASONS[code];
    if (!(at.cause instanceof Error)) return at.message;
  }
  return String(error);
}
