import type { Vec } from "../ocp/index.ts";

/** How the multipliers of a problem without movers lie: in each of N stages m, the first `rows` of them collision rows. */
type Standing = { readonly N: number; readonly rows: number; readonly m: number };

/**
 * Takes the multipliers of rows that keep clear of movers, which only problems with somebody near have, out from
 * between those of what stands and those of the speed limits.
 *
 * @param Y (N, rows + movers + speed limits)
 * @returns Y (N, m) without them, and `movers` (N, movers), empty where nobody is near
 */
export function splitMultipliers(
  Y: Vec,
  { N, rows, m }: Standing,
): { readonly Y: Vec; readonly movers: Vec } {
  const all = Y.length / N;
  const count = all - m;
  if (!(count > 0)) return { Y, movers: new Float64Array(0) };
  const kept = new Float64Array(N * m);
  const movers = new Float64Array(N * count);
  for (let k = 0; k < N; k++) {
    const stage = Y.subarray(k * all, (k + 1) * all);
    kept.set(stage.subarray(0, rows), k * m);
    kept.set(stage.subarray(rows + count), k * m + rows);
    movers.set(stage.subarray(rows, rows + count), k * count);
  }
  return { Y: kept, movers };
}

/** Puts the multipliers of {@link splitMultipliers} together again. */
export function joinMultipliers(Y: Vec, movers: Vec, { N, rows, m }: Standing): Vec {
  if (movers.length === 0) return Y;
  const count = movers.length / N;
  const all = m + count;
  const joined = new Float64Array(N * all);
  for (let k = 0; k < N; k++) {
    joined.set(Y.subarray(k * m, k * m + rows), k * all);
    joined.set(movers.subarray(k * count, (k + 1) * count), k * all + rows);
    joined.set(Y.subarray(k * m + rows, (k + 1) * m), k * all + rows + count);
  }
  return joined;
}
