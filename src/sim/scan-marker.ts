import type { OccupancyGrid } from "./grid.ts";
import type { Scan } from "./range-sensor.ts";

/** What one scan says about a cell, the stronger word winning: nothing, passed through, part of a surface, hit. */
export const FREE_MARK = 1;
/** On the line between neighbouring returns: neither free nor hit. */
const KEEP_MARK = 2;
/** The mark of a cell that a ray ended in. */
export const HIT_MARK = 3;
/** Hit by two beams or more. */
const HITS_MARK = 4;

type MarkedScan = {
  /** (size * size) marks; the reader sets those of touched cells back to 0. */ readonly marks: Uint8Array;
  /** Cells that have a mark, each once, in the first `count` places. */ readonly touched: Int32Array;
  readonly count: number;
  /** Beams without a valid return. */ readonly ignored: number;
};

/** A cell passed by more than this many beams for each that hits it is not hit: those were noise. */
const PASSES_PER_HIT = 4;
/** Neighbouring returns nearer than this are one surface. [m] */
const SURFACE_GAP = 0.5;

/** What a scan has said so far of the cells of a square grid; with the scratch for it. */
type ScanMarks = {
  /** Cells per side. */ readonly size: number;
  /** Side of a cell. [m] */ readonly resolution: number;
  /** How far behind a return its cell lies at most. [cells] */ readonly depth: number;
  /** Standard deviation of the returns. [cells] */ readonly noise: number;
  /** (size * size) evidence of earlier scans that cells are occupied. */ readonly known: Int8Array;
  readonly marks: Uint8Array;
  readonly touched: Int32Array;
  count: number;
  /** Beams that hit a cell. */ readonly hits: Uint16Array;
  /** Beams that pass through a cell that is hit. */ readonly passes: Uint16Array;
  /** (beams, 2) where beams ended; NaN where there was no return. [cells] */ ends: Float64Array;
  /** Where the beam at hand begins, u and v, its unit direction, and how far it is followed. [cells] */
  readonly beam: Float64Array;
};

/** A border between cells is passed by this much. [cells] */
const TINY = 1e-6;
/**
 * What a count of evidence is worth beside a squared standard deviation. None puts twice as many free cells among the
 * occupied ones, four times as much takes half as many again of the occupied ones away (12 worlds driven through).
 */
const WEIGHT = 0.18;

/**
 * Turns scans into marks on a square grid; owns the scratch.
 *
 * @param size cells per side
 * @param noise standard deviation of the returns [cells]
 * @param resolution side of a cell [m]
 * @param known (size * size) evidence that cells are occupied, read at every scan
 */
export function createScanMarker(
  size: number,
  noise: number,
  resolution: number,
  known: Int8Array,
): { mark(scan: Scan, grid: OccupancyGrid): MarkedScan } {
  const m: ScanMarks = {
    size,
    resolution,
    // A return exactly on a cell's border belongs to the cell behind it, also without noise.
    depth: Math.min(0.5, Math.max(TINY, 2 * noise)),
    noise: Math.max(TINY, noise),
    known,
    marks: new Uint8Array(size * size),
    touched: new Int32Array(size * size),
    count: 0,
    hits: new Uint16Array(size * size),
    passes: new Uint16Array(size * size),
    ends: new Float64Array(0),
    beam: new Float64Array(5),
  };
  const { marks, touched, beam } = m;
  return {
    mark(scan, grid) {
      const { pose, angles, ranges, range } = scan;
      const beams = Math.min(angles.length, ranges.length);
      const u = (pose.x - grid.origin.x) / grid.resolution;
      const v = (pose.y - grid.origin.y) / grid.resolution;
      m.count = 0;
      // Only a sensor inside its own grid is of use.
      if (!(u >= 0 && u < size && v >= 0 && v < size && Number.isFinite(pose.yaw))) {
        return { marks, touched, count: 0, ignored: beams };
      }
      beam[0] = u;
      beam[1] = v;
      const ignored = markReturns(m, scan, beams);
      for (let n = 0; n < beams; n++) {
        const r = ranges[n];
        if (!(r > 0)) continue;
        const phi = pose.yaw + angles[n];
        beam[2] = Math.cos(phi);
        beam[3] = Math.sin(phi);
        beam[4] = Math.min(r, range) / resolution;
        pass(m);
      }
      weigh(m);
      return { marks, touched, count: m.count, ignored };
    },
  };
}

/** Marks where beams ended, and the surfaces between neighbouring ends. @returns beams without a valid return */
function markReturns(m: ScanMarks, { pose, angles, ranges, range }: Scan, beams: number): number {
  const { resolution, beam } = m;
  if (m.ends.length < 2 * beams) m.ends = new Float64Array(2 * beams);
  const { ends } = m;
  let ignored = 0;
  for (let n = 0; n < beams; n++) {
    const r = ranges[n];
    ends[2 * n] = Number.NaN;
    if (r > 0 && r <= range) {
      const phi = pose.yaw + angles[n];
      beam[2] = Math.cos(phi);
      beam[3] = Math.sin(phi);
      ends[2 * n] = beam[0] + (r / resolution) * beam[2];
      ends[2 * n + 1] = beam[1] + (r / resolution) * beam[3];
      settleEnd(m, n);
      put(m, ends, n, HIT_MARK);
      if (n > 0) join(m, n - 1, n);
    } else if (!(r > 0)) ignored++;
  }
  if (angles[beams - 1] - angles[0] > Math.PI) join(m, beams - 1, 0);
  return ignored;
}

/**
 * Moves the end of beam n from its return into the cell that explains it best, of those from there to `depth` behind it: by
 * how far behind the return the beam enters it, e, and by what is known of it,
 *
 *     evidence WEIGHT - (e / noise)^2 / 2
 *
 * A beam that only clips a corner would else be put into the free cell behind it, and obstacles would grow by that.
 */
function settleEnd({ size, noise, depth, known, ends, beam }: ScanMarks, n: number): void {
  const u = ends[2 * n];
  const v = ends[2 * n + 1];
  const du = beam[2];
  const dv = beam[3];
  const inU = du > 0 ? u - Math.floor(u) : 1 - (u - Math.floor(u));
  const inV = dv > 0 ? v - Math.floor(v) : 1 - (v - Math.floor(v));
  const lastU = inU / Math.abs(du);
  const lastV = inV / Math.abs(dv);
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < 3; k++) {
    const entry =
      k === 0 ? -Math.min(lastU, lastV) : k === 1 ? (1 - inU) / Math.abs(du) : (1 - inV) / Math.abs(dv);
    // Also where the beam runs along an axis, and 0 / 0 lies on a border of it.
    if (!(entry <= depth)) continue;
    const behind = Math.max(0, entry) + TINY;
    const i = Math.floor(u + behind * du);
    const j = Math.floor(v + behind * dv);
    const evidence = i >= 0 && i < size && j >= 0 && j < size ? known[j * size + i] : 0;
    const worth = evidence * WEIGHT - 0.5 * (entry / noise) ** 2;
    if (!(worth >= most)) continue;
    best = behind;
    most = worth;
  }
  ends[2 * n] = u + best * du;
  ends[2 * n + 1] = v + best * dv;
}

/** Marks the cell of point n of some (n, 2). */
function put(m: ScanMarks, points: Float64Array, n: number, mark: number): void {
  const { size, marks } = m;
  const u = points[2 * n];
  const v = points[2 * n + 1];
  if (!(u >= 0 && u < size && v >= 0 && v < size)) return;
  const cell = Math.floor(v) * size + Math.floor(u);
  const before = marks[cell];
  if (before === 0) m.touched[m.count++] = cell;
  if (mark > before) marks[cell] = mark;
  if (mark === HIT_MARK) m.hits[cell]++;
}

const POINT = new Float64Array(2);

/** Marks points of the surface between two returns, a third of a cell apart. */
function join(m: ScanMarks, from: number, to: number): void {
  const { ends } = m;
  const u0 = ends[2 * from];
  const v0 = ends[2 * from + 1];
  const du = ends[2 * to] - u0;
  const dv = ends[2 * to + 1] - v0;
  const length = Math.sqrt(du * du + dv * dv);
  if (!(length > 1 && length <= SURFACE_GAP / m.resolution)) return;
  const pieces = Math.ceil(3 * length);
  for (let n = 1; n < pieces; n++) {
    POINT[0] = u0 + (du * n) / pieces;
    POINT[1] = v0 + (dv * n) / pieces;
    put(m, POINT, 0, KEEP_MARK);
  }
}

/** Marks every cell of the beam at hand free that has no mark yet, as far as it is followed or to the grid's border. */
function pass(m: ScanMarks): void {
  const { size, marks, touched, passes, beam } = m;
  // In an array, since numbers that are handed over are allocated.
  const u = beam[0];
  const v = beam[1];
  const du = beam[2];
  const dv = beam[3];
  const limit = beam[4];
  let i = Math.floor(u);
  let j = Math.floor(v);
  const stepI = du > 0 ? 1 : -1;
  const stepJ = dv > 0 ? 1 : -1;
  const deltaI = du === 0 ? Number.POSITIVE_INFINITY : 1 / Math.abs(du);
  const deltaJ = dv === 0 ? Number.POSITIVE_INFINITY : 1 / Math.abs(dv);
  let nextI = du === 0 ? Number.POSITIVE_INFINITY : (i + (du > 0 ? 1 : 0) - u) / du;
  let nextJ = dv === 0 ? Number.POSITIVE_INFINITY : (j + (dv > 0 ? 1 : 0) - v) / dv;
  let t = 0;
  while (t < limit && i >= 0 && i < size && j >= 0 && j < size) {
    const cell = j * size + i;
    if (marks[cell] === 0) {
      marks[cell] = FREE_MARK;
      touched[m.count++] = cell;
    } else if (marks[cell] === HIT_MARK) passes[cell]++;
    if (nextI < nextJ) {
      t = nextI;
      nextI += deltaI;
      i += stepI;
    } else {
      t = nextJ;
      nextJ += deltaJ;
      j += stepJ;
    }
  }
}

/** Tells hits from noise and single hits from several; leaves the counts at 0. */
function weigh({ marks, touched, count, hits, passes }: ScanMarks): void {
  for (let n = 0; n < count; n++) {
    const cell = touched[n];
    if (marks[cell] !== HIT_MARK) continue;
    if (passes[cell] > PASSES_PER_HIT * hits[cell]) marks[cell] = KEEP_MARK;
    else if (hits[cell] > 1) marks[cell] = HITS_MARK;
    hits[cell] = 0;
    passes[cell] = 0;
  }
}
