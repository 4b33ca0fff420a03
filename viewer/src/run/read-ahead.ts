import type { ByteSource } from "../../../src/record/index.ts";

type Block = {
  readonly from: bigint;
  readonly bytes: Uint8Array;
  /** What follows it, being read; undefined in the end where that failed. */ ahead?: Promise<
    Block | undefined
  >;
};

/** What lies between two chunks, their message indexes, is no jump. [bytes] */
const GAP = 2n ** 16n;

/**
 * Reads large blocks where a source is read on from what is held, the next one while this one is used, and keeps
 * the last few: a log is read chunk after chunk, and a request for each would cost more than its bytes. After a
 * jump only what is asked for is read: while a user scrubs, the next jump comes before the rest would be needed.
 *
 * @param blockSize bytes read at once, at least, where the reading goes on
 * @param kept blocks held at most
 */
export function withReadAhead(source: ByteSource, blockSize: number, kept: number): ByteSource {
  const blocks: Block[] = [];
  let size: bigint | undefined;

  const keep = (block: Block): void => {
    const at = blocks.indexOf(block);
    if (at >= 0) blocks.splice(at, 1);
    blocks.push(block);
    if (blocks.length > kept) blocks.shift();
  };
  const readBlock = async (from: bigint, wanted: bigint): Promise<Block> => {
    const left = size! - from;
    return { from, bytes: await source.read(from, wanted < left ? wanted : left) };
  };
  const goOn = (block: Block): void => {
    const end = endOf(block);
    if (end < size!) block.ahead ??= readBlock(end, BigInt(blockSize)).catch(() => undefined);
  };

  return {
    size: () => source.size(),
    async read(offset, length) {
      const end = offset + length;
      const held = blocks.find((b) => b.from <= offset && end <= endOf(b));
      if (held !== undefined) {
        keep(held);
        return part(held, offset, end);
      }
      size ??= await source.size();
      // Outside of the source: it is the source's to refuse.
      if (offset < 0n || length < 0n || end > size) return source.read(offset, length);
      const before = blocks.find((b) => b.ahead && b.from <= offset && offset <= endOf(b) + GAP);
      const next = await before?.ahead;
      if (before !== undefined && next !== undefined && end <= endOf(next)) {
        keep(next);
        goOn(next);
        return offset >= next.from ? part(next, offset, end) : joined(before, next, offset, end);
      }
      const goesOn = blocks.some((b) => b.from <= offset && offset <= endOf(b) + GAP);
      const large = goesOn && length < BigInt(blockSize);
      const block = await readBlock(offset, large ? BigInt(blockSize) : length);
      keep(block);
      if (large) goOn(block);
      return block.bytes.subarray(0, Number(length));
    },
  };
}

function endOf({ from, bytes }: Block): bigint {
  return from + BigInt(bytes.length);
}

function part({ from, bytes }: Block, offset: bigint, end: bigint): Uint8Array {
  return bytes.subarray(Number(offset - from), Number(end - from));
}

/** Bytes that begin in one block and end in the one after it. */
function joined(first: Block, next: Block, offset: bigint, end: bigint): Uint8Array {
  const bytes = new Uint8Array(Number(end - offset));
  const head = first.bytes.subarray(Number(offset - first.from));
  bytes.set(head);
  bytes.set(next.bytes.subarray(0, bytes.length - head.length), head.length);
  return bytes;
}
