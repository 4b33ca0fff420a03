import type { Rng } from "../base/index.ts";

/** Puts the numbers into random order, in place (Fisher-Yates). */
export function shuffle(values: Int32Array, rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [values[i], values[j]] = [values[j], values[i]];
  }
}
