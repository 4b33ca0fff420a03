import type { ByteSource } from "../../../src/record/index.ts";

type Block = { readonly from: bigint; readonly bytes: Uint8Array };

/** What lies between two chunks, their message indexes, is no jump. [bytes] */
const GAP = 2n ** 16n;

/**
 * Reads large blocks where a source is read on from what is held, and keeps the last few: a log is read chunk after
 * chunk, and a request for each would cost more than its bytes. After a jump only what is asked for is read: while
 * a user scrubs, the next jump comes before the rest would be needed.
 *
 * @param blockSize bytes read at once, at least, where the reading goes on
 * @param kept blocks held at most
 */
export function withReadAhead(source: ByteSource, blockSize: number, kept: number): ByteSource {
  const blocks: Block[] = [];
  let size: bigint | undefined;
  return {
    size: () => source.size(),
    async read(offset, length) {
      const end = offset + length;
      const at = blocks.findIndex((b) => b.from <= offset && end <= b.from + BigInt(b.bytes.length));
      if (at >= 0) {
        const [block] = blocks.splice(at, 1);
        blocks.push(block);
        return block.bytes.subarray(Number(offset - block.from), Number(end - block.from));
      }
      size ??= await source.size();
      const left = size - offset;
      // Outside of the source: it is the source's to refuse.
      if (offset < 0n || length < 0n || left < length) return source.read(offset, length);
      const goesOn = blocks.some((b) => b.from <= offset && offset <= b.from + BigInt(b.bytes.length) + GAP);
      const wanted = goesOn && length < BigInt(blockSize) ? BigInt(blockSize) : length;
      const bytes = await source.read(offset, wanted < left ? wanted : left);
      blocks.push({ from: offset, bytes });
      if (blocks.length > kept) blocks.shift();
      return bytes.subarray(0, Number(length));
    },
  };
}
