/** Where a log's bytes go: a file, memory, a socket. */
export type ByteSink = {
  /** Takes the next bytes; they belong to the caller again as soon as this returns or resolves. */
  write(bytes: Uint8Array): void | Promise<void>;
  /**
   * Called once, after the last write.
   *
   * @param whole false where the log was cut short by a failure
   */
  close(whole: boolean): void | Promise<void>;
};

/** Where a log's bytes come from; the same shape as `IReadable` of @mcap/core. */
export type ByteSource = {
  size(): Promise<bigint>;
  /** Rejects where the range is not inside the source. */
  read(offset: bigint, length: bigint): Promise<Uint8Array>;
};

/** A sink that keeps everything in memory. */
export type MemorySink = ByteSink & {
  /** All bytes so far, a copy. */ readonly bytes: Uint8Array;
};

/** Creates a sink that keeps everything in memory: for tests, and for a download in a browser. */
export function createMemorySink(): MemorySink {
  const parts: Uint8Array[] = [];
  let length = 0;
  return {
    write(bytes) {
      parts.push(new Uint8Array(bytes));
      length += bytes.length;
    },
    close() {},
    get bytes() {
      const all = new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
  };
}

/** Reads from bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    async size() {
      return BigInt(bytes.length);
    },
    async read(offset, length) {
      checkRange(offset, length, BigInt(bytes.length));
      return bytes.subarray(Number(offset), Number(offset + length));
    },
  };
}

/** Reads from a `Blob` or `File`, as a browser's file chooser gives it, piece by piece. */
export function blobSource(blob: Blob): ByteSource {
  return {
    async size() {
      return BigInt(blob.size);
    },
    async read(offset, length) {
      checkRange(offset, length, BigInt(blob.size));
      return new Uint8Array(await blob.slice(Number(offset), Number(offset + length)).arrayBuffer());
    },
  };
}

/** Checks that [offset, offset + length) lies inside `size` bytes. @throws RangeError unless it does */
export function checkRange(offset: bigint, length: bigint, size: bigint): void {
  if (offset < 0n || length < 0n || offset + length > size) {
    throw new RangeError(`bytes ${offset} .. ${offset + length} lie outside the ${size} bytes there are`);
  }
}
