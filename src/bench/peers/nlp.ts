import type { Vec } from "../../ocp/index.ts";

/** Where a sparse matrix may be other than zero. */
export type Pattern = { readonly row: Int32Array; readonly col: Int32Array };

/** A nonlinear program `min f(z), gLower <= g(z) <= gUpper, lower <= z <= upper` with sparse derivatives. */
export type Nlp = {
  readonly n: number;
  readonly m: number;
  readonly lower: Vec;
  readonly upper: Vec;
  readonly gLower: Vec;
  readonly gUpper: Vec;
  readonly jacobianPattern: Pattern;
  /** Of the lower triangle. */
  readonly hessianPattern: Pattern;
  /** Writes g (m) and returns f. */
  value(z: Vec, g: Vec): number;
  /** Writes the gradient of f (n) and the entries of dg/dz in the order of their pattern. */
  slope(z: Vec, gradient: Vec, jacobian: Vec): void;
  /** Writes the entries of the Hessian of `factor f + lambda'g`. */
  hessian(z: Vec, factor: number, lambda: Vec, entries: Vec): void;
};

/** Gives every entry of a sparse matrix, in an order that never changes; an entry may come up only once. */
export type Entries = (entry: (row: number, col: number, value: number) => void) => void;

/** The entries that are not zero for all of `samples`, and a function that writes those of a like matrix. */
export function sparsify(samples: readonly Entries[]): {
  pattern: Pattern;
  write(entries: Entries, out: Vec): void;
} {
  const place: [number, number][] = [];
  const used: boolean[] = [];
  samples.forEach((entries, sample) => {
    let e = 0;
    entries((row, col, value) => {
      if (sample === 0) place.push([row, col]);
      used[e] = used[e] === true || value !== 0;
      e++;
    });
  });
  const kept = place.filter((_, e) => used[e]);
  return {
    pattern: { row: Int32Array.from(kept, ([row]) => row), col: Int32Array.from(kept, ([, col]) => col) },
    write(entries, out) {
      let [e, at] = [0, 0];
      entries((_row, _col, value) => {
        if (used[e++]) out[at++] = value;
      });
    },
  };
}
