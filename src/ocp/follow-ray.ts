/** Where a search beyond a whole step ended. */
export type Ray = { readonly alpha: number; readonly unbounded: boolean };

/** What falls in proportion up to so many steps falls for ever. */
const FOR_EVER = 1e10;
/** Falling that far before the numbers end says the same. */
const FAR = 1e4;
/** Share of the first step's decrease that each further one must keep. */
const SHARE = 0.1;

/**
 * Follows a direction beyond its whole step, tenfold each time, for as long as each length brings at least a tenth
 * of what as many first steps would.
 *
 * @param cost cost at a step, NaN where it may not go
 * @param decrease of the whole step, positive
 */
export function followRay(cost: (alpha: number) => number, start: number, decrease: number): Ray {
  let last = 1;
  for (let alpha = 10; alpha <= FOR_EVER; alpha *= 10) {
    const next = cost(alpha);
    if (next === -Infinity) return { alpha: last, unbounded: true };
    if (!Number.isFinite(next)) return { alpha: last, unbounded: alpha > FAR };
    if (!(next <= start - SHARE * alpha * decrease)) return { alpha: last, unbounded: false };
    last = alpha;
  }
  return { alpha: last, unbounded: true };
}
