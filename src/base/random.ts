/** A seeded source of random numbers; the only source in this code base. Same seed, same bytes. */
export type Rng = {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  gauss(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
};

/**
 * Creates a generator (mulberry32 stream, Box-Muller normals).
 *
 * @param seed any 32-bit integer; nearby seeds are decorrelated by a hash first
 */
export function createRng(seed: number): Rng {
  let s = hashSeed(seed, 0x9e3779b9);
  const uniform = (): number => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  let spare = Number.NaN;
  const gauss = (): number => {
    if (!Number.isNaN(spare)) {
      const g = spare;
      spare = Number.NaN;
      return g;
    }
    let u = 0;
    while (u === 0) u = uniform();
    const radius = Math.sqrt(-2 * Math.log(u));
    const phase = 2 * Math.PI * uniform();
    spare = radius * Math.sin(phase);
    return radius * Math.cos(phase);
  };
  return { uniform, gauss, int: (n) => Math.floor(uniform() * n) };
}

/** Mixes two integers into one seed, so that each part of a run can draw from a stream of its own. */
export function hashSeed(seed: number, salt: number): number {
  let h = (Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(salt | 0, 0xc2b2ae35)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) | 0;
}

/** Puts numbers into random order, in place (Fisher-Yates). */
export function shuffle(values: Int32Array | Uint32Array, rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [values[i], values[j]] = [values[j], values[i]];
  }
}
