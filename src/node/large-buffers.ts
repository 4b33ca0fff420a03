/** Smaller ones are copied: they may be of a pool that others have a part in. [bytes] */
const LEAST = 2 ** 16;

/** The large buffers of arrays in plain data, each once: a thread that sends the data gives them away instead of copying them. */
export function largeBuffers(data: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(data)) {
    const { buffer } = data;
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= LEAST) found.add(buffer);
  } else if (typeof data === "object" && data !== null)
    for (const part of Object.values(data)) largeBuffers(part, found);
  return found;
}
