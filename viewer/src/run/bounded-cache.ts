/** Keeps what was used last, as long as its cost stays within a budget. */
type BoundedCache<K, V> = {
  /** Using counts as touching. */ get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V, cost: number): void;
  clear(): void;
  readonly cost: number;
};

/** Creates a cache; the entry set last stays even where it alone is over the budget. */
export function createBoundedCache<K, V>(budget: number): BoundedCache<K, V> {
  const entries = new Map<K, { value: V; cost: number }>();
  let total = 0;
  const remove = (key: K): void => {
    total -= entries.get(key)?.cost ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    has: (key) => entries.has(key),
    set(key, value, cost) {
      remove(key);
      entries.set(key, { value, cost });
      total += cost;
      for (const oldest of entries.keys()) {
        if (total <= budget || oldest === key) break;
        remove(oldest);
      }
    },
    clear() {
      entries.clear();
      total = 0;
    },
    get cost() {
      return total;
    },
  };
}
