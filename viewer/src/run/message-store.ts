import { createBoundedCache } from "./bounded-cache.ts";
import type { MessagePlace } from "./log-scan.ts";

/** Messages of a topic, read when they are asked for; those used last are kept. */
export type MessageStore<T> = {
  /** @param number of the message in the log: the same number is the same message */
  load(number: number, place: MessagePlace): Promise<T | undefined>;
  /** What is held; while it is read, what was given out last. */
  now(number: number, place: MessagePlace): T | undefined;
};

type MessageStoreHooks<T> = {
  /** Reads a message from the file. */ read(place: MessagePlace): Promise<T | undefined>;
  /** What it costs to keep one. */ costOf(message: T): number;
  /** Cost of what is kept, at most. */ readonly budget: number;
  /** Called when a message came that {@link MessageStore.now} had asked for. */ changed(): void;
};

/** Creates the store. */
export function createMessageStore<T>({
  read,
  costOf,
  budget,
  changed,
}: MessageStoreHooks<T>): MessageStore<T> {
  const cache = createBoundedCache<number, T>(budget);
  const underway = new Map<number, Promise<T | undefined>>();
  const failed = new Set<number>();
  let last: T | undefined;

  const load: MessageStore<T>["load"] = (number, place) => {
    const held = cache.get(number);
    if (held !== undefined) return Promise.resolve(held);
    const begun = underway.get(number);
    if (begun !== undefined) return begun;
    const reading = read(place)
      .then((message) => {
        if (message === undefined) failed.add(number);
        else cache.set(number, message, costOf(message));
        return message;
      })
      .finally(() => underway.delete(number));
    underway.set(number, reading);
    return reading;
  };

  return {
    load,
    now(number, place) {
      const held = cache.get(number);
      if (held !== undefined) {
        last = held;
        return held;
      }
      if (!failed.has(number) && !underway.has(number))
        load(number, place)
          .catch(() => failed.add(number))
          .finally(changed);
      return last;
    },
  };
}
