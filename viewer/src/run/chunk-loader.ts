/** Reads chunks one at a time, the one asked for last first: while a user scrubs, only the newest place counts. */
type ChunkLoader<T> = {
  /** Waits for a chunk; every one asked for this way comes. */ load(chunk: number): Promise<T>;
  /** Asks for a chunk, unless another is asked for before its turn. */ request(chunk: number): void;
  /** Asks for a chunk for when there is nothing else to do. */ prefetch(chunk: number): void;
};

type ChunkLoaderHooks<T> = {
  load(chunk: number): Promise<T>;
  store(chunk: number, value: T): void;
  /** Whether a chunk is held already, or there is none of that number. */ has(chunk: number): boolean;
  /** Called after a chunk was stored. */ changed(): void;
};

type Waiting<T> = { resolve(value: T): void; reject(error: unknown): void };

/** Creates the loader. A chunk that cannot be read is not asked for again unless somebody waits for it. */
export function createChunkLoader<T>({ load, store, has, changed }: ChunkLoaderHooks<T>): ChunkLoader<T> {
  const waiting = new Map<number, Waiting<T>[]>();
  const failed = new Set<number>();
  let wanted: number | undefined;
  let ahead: number | undefined;
  let busy: number | undefined;

  const pick = (): number | undefined => {
    const [first] = waiting.keys();
    const next = wanted ?? first ?? ahead;
    if (next === wanted) wanted = undefined;
    if (next === ahead) ahead = undefined;
    return next;
  };

  const turn = async (): Promise<void> => {
    if (busy !== undefined) return;
    for (let chunk = pick(); chunk !== undefined; chunk = pick()) {
      const idle = !waiting.has(chunk);
      if (idle && (has(chunk) || failed.has(chunk))) continue;
      busy = chunk;
      try {
        const value = await load(chunk);
        store(chunk, value);
        for (const { resolve } of taken(chunk)) resolve(value);
        changed();
      } catch (error) {
        failed.add(chunk);
        for (const { reject } of taken(chunk)) reject(error);
      }
      busy = undefined;
    }
  };

  const taken = (chunk: number): readonly Waiting<T>[] => {
    const those = waiting.get(chunk) ?? [];
    waiting.delete(chunk);
    return those;
  };

  return {
    load: (chunk) =>
      new Promise<T>((resolve, reject) => {
        waiting.set(chunk, [...(waiting.get(chunk) ?? []), { resolve, reject }]);
        void turn();
      }),
    request(chunk) {
      if (chunk === busy || has(chunk)) return;
      wanted = chunk;
      ahead = chunk + 1;
      void turn();
    },
    prefetch(chunk) {
      if (chunk === busy || has(chunk)) return;
      ahead = chunk;
      void turn();
    },
  };
}
