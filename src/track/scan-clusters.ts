import type { Scan } from "../sim/index.ts";
import { convexPieces, type Piece } from "./convex-pieces.ts";

/** Neighbouring returns of one scan that may be one body, seen from the sensor. */
export type Cluster = {
  /** First beam and number of beams; they may run over the end of the scan into its beginning. */
  readonly first: number;
  readonly count: number;
  /** Half the angle that it covers. [rad] */ readonly halfAngle: number;
  /** Direction of its middle, map frame. [rad] */ readonly bearing: number;
  /** Of the returns in its middle, and of the outermost ones, to the right and to the left. [m] */
  readonly range: number;
  readonly rightRange: number;
  readonly leftRange: number;
  /** Between two beams there. [m] */ readonly spacing: number;
  /** Whether something nearer hides what may be more of it on that side. */
  readonly rightHidden: boolean;
  readonly leftHidden: boolean;
};

/** Returns nearer to each other than this, and two beams, are of one surface. [m] */
const GAP = 0.15;
/** No body is wider. [m] */
const WIDEST = 1.1;
/** Fewer beams say nothing of a place. */
const FEWEST = 3;
/** No body is dented by more than this [m], and than noise makes it seem, of so many deviations to either side. */
const DENT = 0.05;
const NOISY = 6;

/**
 * Cuts a scan into surfaces where neighbouring returns are apart, and where they are dented, and keeps those that are as
 * narrow as a body.
 *
 * @param noise deviation of a return [m]
 * @param known whether a place (x, y) is an obstacle of the map: what lies there for the most part is no body
 */
export function scanClusters(
  scan: Scan,
  noise: number,
  known?: (x: number, y: number) => boolean,
): Cluster[] {
  const { pose, angles, ranges, range } = scan;
  const n = Math.min(angles.length, ranges.length);
  if (n < FEWEST) return [];
  const step = (angles[n - 1] - angles[0]) / (n - 1);
  const full = step * n > 2 * Math.PI - 1.5 * step;
  const at = (i: number): number => ((i % n) + n) % n;
  const seen = (i: number): boolean => ranges[i] > 0 && ranges[i] <= range;
  const isKnown = (i: number): boolean => {
    const phi = pose.yaw + angles[i];
    return known?.(pose.x + ranges[i] * Math.cos(phi), pose.y + ranges[i] * Math.sin(phi)) === true;
  };
  /** Who leans on a wall has some returns next to it. */
  const isMapped = ({ first, count }: Piece): boolean => {
    let on = 0;
    for (let i = first; i < first + count; i++) if (isKnown(at(i))) on++;
    return on > count / 2;
  };
  const joined = (i: number, j: number): boolean => {
    if (!seen(i) || !seen(j)) return false;
    const near = Math.min(ranges[i], ranges[j]);
    return Math.hypot(ranges[i] - ranges[j], near * step) <= GAP + 2 * near * step;
  };
  const rangeAt = (j: number): number => (full || (j >= 0 && j < n) ? ranges[at(j)] : Number.NaN);
  const clusters: Cluster[] = [];
  let start = 0;
  if (full) while (start < n && joined(at(start - 1), at(start))) start++;
  if (start === n) return [];
  for (let i = start; i < start + n; ) {
    let end = i;
    while (end + 1 < start + n && (full || end + 1 < n) && joined(at(end), at(end + 1))) end++;
    const run = { first: i, count: end - i + 1 };
    const pieces = seen(at(i)) ? convexPieces(angles, ranges, run, DENT + NOISY * noise, FEWEST) : [];
    for (const piece of pieces) {
      const { first, count } = piece;
      if (count < FEWEST) continue;
      const cluster = clusterOf(scan, step, first, count, rangeAt);
      if (cluster !== undefined && !isMapped(piece)) clusters.push(cluster);
    }
    i = end + 1;
  }
  return clusters;
}

function clusterOf(
  { pose, angles, ranges }: Scan,
  step: number,
  first: number,
  count: number,
  rangeAt: (i: number) => number,
): Cluster | undefined {
  const n = Math.min(angles.length, ranges.length);
  const last = first + count - 1;
  const [rightRange, leftRange] = [ranges[first % n], ranges[last % n]];
  const halfAngle = 0.5 * count * step;
  if (2 * Math.sin(Math.min(Math.PI / 2, halfAngle)) * Math.min(rightRange, leftRange) > WIDEST)
    return undefined;
  let sum = 0;
  const third = Math.max(1, Math.floor(count / 3));
  const begin = first + Math.floor((count - third) / 2);
  for (let i = begin; i < begin + third; i++) sum += ranges[i % n];
  const range = sum / third;
  return {
    first: first % n,
    count,
    halfAngle,
    bearing: pose.yaw + angles[first % n] + 0.5 * (count - 1) * step,
    range,
    rightRange,
    leftRange,
    spacing: range * step,
    rightHidden: rangeAt(first - 1) < rightRange - DENT,
    leftHidden: rangeAt(last + 1) < leftRange - DENT,
  };
}

/** Where a body is that a cluster shows, how large it is, and how far off that may be (one deviation). [m] */
export type Sighting = {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly deviation: number;
  /** A point of its surface, in the middle of what is seen. */ readonly seenX: number;
  readonly seenY: number;
};

/** No body is wider or narrower. [m] */
const LARGEST = 0.55;
const SMALLEST = 0.08;

/**
 * Takes a cluster for the near side of a disc: with half its angle a and the range r in its middle,
 * `radius = r sin a / (1 - sin a)`. Where one side is hidden, the radius must be known, and the disc touches the beam on
 * the side that is seen; where both are, nothing can be said.
 *
 * @param known radius that is believed where a side is hidden [m] @param noise deviation of a return [m]
 */
export function sightingOf(
  { pose }: Scan,
  cluster: Cluster,
  known: number,
  noise: number,
): Sighting | undefined {
  const { bearing, halfAngle, range, spacing, rightHidden, leftHidden, rightRange, leftRange } = cluster;
  if (rightHidden && leftHidden) return undefined;
  const seen = {
    seenX: pose.x + range * Math.cos(bearing),
    seenY: pose.y + range * Math.sin(bearing),
  };
  if (rightHidden || leftHidden) {
    const edge = rightHidden ? leftRange : rightRange;
    const distance = Math.hypot(edge, known);
    const inward = Math.asin(known / distance) - halfAngle;
    const phi = bearing + (rightHidden ? -inward : inward);
    return {
      x: pose.x + distance * Math.cos(phi),
      y: pose.y + distance * Math.sin(phi),
      radius: known,
      deviation: Math.hypot(noise, spacing, HIDDEN * known),
      ...seen,
    };
  }
  const sine = Math.sin(Math.min(1.2, halfAngle));
  const radius = Math.min(LARGEST, Math.max(SMALLEST, (range * sine) / (1 - sine)));
  return {
    x: pose.x + (range + radius) * Math.cos(bearing),
    y: pose.y + (range + radius) * Math.sin(bearing),
    radius,
    deviation: Math.hypot(noise, 0.5 * spacing),
    ...seen,
  };
}

/** Half hidden, a body's place is off by this share of its radius. */
const HIDDEN = 0.3;

/** A scan looks through a place where its beams go on by so much more, and two beams, behind it. [m] */
const BEHIND = 0.15;

/**
 * Whether a scan looks through a place: all beams that pass within `radius` of it, and at least those next to it, go on
 * behind it. Not where it is hidden, or out of the scan's view or range. Nobody looks through a point of a surface that
 * stands.
 *
 * @param radius [m]
 */
export function seesThrough(scan: Scan, x: number, y: number, radius: number): boolean {
  const { pose, angles, ranges, range } = scan;
  const n = Math.min(angles.length, ranges.length);
  const [dx, dy] = [x - pose.x, y - pose.y];
  const distance = Math.hypot(dx, dy);
  if (n < FEWEST || distance > range || distance <= radius) return false;
  const step = (angles[n - 1] - angles[0]) / (n - 1);
  const bearing = Math.atan2(dy, dx) - pose.yaw;
  const half = Math.max(1.5 * step, Math.asin(radius / distance));
  const beyond = distance + radius + BEHIND + 2 * step * distance;
  let beams = 0;
  for (let i = 0; i < n; i++) {
    const off = angles[i] - bearing;
    if (Math.abs(off - 2 * Math.PI * Math.round(off / (2 * Math.PI))) > half || Number.isNaN(ranges[i]))
      continue;
    if (ranges[i] <= beyond) return false;
    beams++;
  }
  return beams >= 2;
}
