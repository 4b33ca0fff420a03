import type { ByteSource } from "../../../src/record/index.ts";

/** How much a server without ranges may send: it has to be held in memory. [bytes] */
const MOST_WITHOUT_RANGES = 2 ** 28;

/**
 * Reads a file from a server piece by piece (RFC 9110, section 14), or, where the server knows no ranges, at once.
 *
 * @throws Error saying what the server answered
 */
export async function httpSource(url: string): Promise<ByteSource> {
  const first = await ask(url, { Range: "bytes=0-7" });
  const size = sizeOf(first.headers.get("content-range"));
  if (first.status === 206 && size !== undefined) {
    await first.body?.cancel();
    return rangesOf(url, size);
  }
  if (first.status === 416) {
    await first.body?.cancel();
    return wholeOf(new Uint8Array(0));
  }
  const length = Number(first.headers.get("content-length") ?? 0);
  if (length > MOST_WITHOUT_RANGES) {
    await first.body?.cancel();
    throw new Error(
      `${url} has ${Math.round(length / 1e6)} MB and its server answers no range requests: save it and open the file`,
    );
  }
  return wholeOf(new Uint8Array(await first.arrayBuffer()));
}

function rangesOf(url: string, size: bigint): ByteSource {
  return {
    async size() {
      return size;
    },
    async read(offset, length) {
      if (length === 0n) return new Uint8Array(0);
      if (offset < 0n || offset + length > size)
        throw new RangeError(`bytes ${offset} .. ${offset + length} lie outside the ${size} bytes there are`);
      const response = await ask(url, { Range: `bytes=${offset}-${offset + length - 1n}` });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206 || BigInt(bytes.length) !== length)
        throw new Error(`${url}: asked for ${length} bytes, got ${bytes.length} (status ${response.status})`);
      return bytes;
    },
  };
}

function wholeOf(bytes: Uint8Array): ByteSource {
  return {
    async size() {
      return BigInt(bytes.length);
    },
    async read(offset, length) {
      if (offset < 0n || offset + length > BigInt(bytes.length))
        throw new RangeError(
          `bytes ${offset} .. ${offset + length} lie outside the ${bytes.length} bytes there are`,
        );
      return bytes.subarray(Number(offset), Number(offset + length));
    },
  };
}

async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers });
  } catch (error) {
    throw new Error(
      `${url} cannot be reached: is the server running, and does it allow this page to read from it?`,
      {
        cause: error,
      },
    );
  }
  if (!response.ok && response.status !== 416)
    throw new Error(`${url}: the server answered ${response.status} ${response.statusText}`.trim());
  return response;
}

/** The size in `bytes 0-7/1234`. */
function sizeOf(range: string | null): bigint | undefined {
  const found = /\/(\d+)$/.exec(range ?? "");
  return found === null ? undefined : BigInt(found[1]);
}
