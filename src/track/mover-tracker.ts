import { wrapAngle } from "../base/index.ts";
import type { Scan } from "../sim/index.ts";
import { correctMotion, innovation, type Motion, predictMotion } from "./constant-velocity.ts";
import type { SeenMover } from "./mover-ahead.ts";
import { type Cluster, scanClusters, seesThrough, sightingOf } from "./scan-clusters.ts";

export type MoverTrackerOptions = {
  /** Deviation of the sensor's returns. [m] */ readonly noise: number;
  /** Deviation of the accelerations of who moves. [m/s^2] */ readonly acceleration: number;
  /**
   * Directions are off by up to this share of the turn since the scan before: 0.5 of a sensor that goes round while the robot
   * turns, and whose scans are taken for those of one moment.
   */
  readonly sweep: number;
  /**
   * Whether a place is an obstacle of a map. A body most of whose returns are there is nobody; with a map given, what is not on it is
   * reported at once, until it proves to stand. Absent where nobody mapped the ground.
   */
  readonly known?: (x: number, y: number) => boolean;
};

/** People start and stop within a second of walking: 1 m/s in 1 s. */
export const MOVER_TRACKER_DEFAULTS: MoverTrackerOptions = { noise: 0.01, acceleration: 1, sweep: 0 };

/** A place where somebody was. [m] */
export type LeftPlace = { readonly x: number; readonly y: number; readonly radius: number };

/** What a scan says of those who move. */
export type TrackedScan = {
  readonly movers: readonly SeenMover[];
  /** The scan without returns from movers: what is left stands; the same scan where nobody moves. */
  readonly still: Scan;
  /** Where a mover was before it was known to be one: what was seen there has gone. */
  readonly left: readonly LeftPlace[];
};

/** Follows those who move from scan to scan. */
export type MoverTracker = {
  /** @param time of the scan [s] */
  update(scan: Scan, time: number): TrackedScan;
};

/** A scan that was, and by how much its directions may be off. [s, rad] */
type PastScan = { readonly time: number; readonly scan: Scan; readonly off: number };

/** Something that may move: a body that is followed. */
type Track = {
  readonly id: number;
  readonly motion: Motion;
  readonly radius: number;
  /** Seen so often, and last when. [s] */
  readonly sightings: number;
  readonly seenAt: number;
  /** Scans in a row that look through where it should be. */
  readonly missed: number;
  /** How many of the places where it was prove that it moves: it has left them, or is where nothing was. */
  readonly proofs: number;
  readonly trail: readonly Footstep[];
};

/** Where a track was when, and a point of its surface that was seen then. */
type Footstep = {
  readonly time: number;
  readonly x: number;
  readonly y: number;
  readonly seenX: number;
  readonly seenY: number;
};

/** A sighting is of a track where it is no further off than 99.99% of them are (chi-squared, two degrees). */
const GATE = 18;
/** A way is one where no more than one in a thousand at rest seems as long; a speed, one in two (chi-squared, two degrees). */
const WAY = 13.8;
const SPEED = 1.4;
/** So many sightings, at least, tell a speed. */
const FEWEST = 4;
/**
 * Of what is strange, because the map does not know it, one place is proof enough, of a point that is smaller [m], by fewer
 * sightings, where no more than one in a hundred at rest seems as fast (chi-squared, two degrees).
 */
const STRANGE = { sightings: 3, speed: 9.2, point: 0.04 };
/** What is strange may be somebody, going anywhere, until it was seen so often. */
const NEW = 8;
/** Of a body that is seen for the first time: it may go in any direction at a fast walk. [m/s] */
const FIRST_SPEED = 1.5;
/** It is compared with where it was up to so long ago, [s] by at least this share of its radius away. */
const MEMORY = 1.6;
const MOVED = 1.2;
/** Of a smaller body the share is one of this: nobody who walks is smaller. [m] */
const SLIGHT = 0.2;
/**
 * So many of the places where it was make a mover likely, and sure; each costs a tenth of a second. With two, 1 of 1,200 looks
 * at clutter from a pose that was off by 2 cm had a false one.
 */
const LIKELY = 2;
const PROOFS = 3;
/** Beams that pass so near to a point of a surface must pass behind it: poses are off by some centimetres. [m] */
const POINT = 0.1;
/** A hidden one is followed for so long. [s] */
const HIDDEN = 1.5;
/** One that is looked through so often in a row has gone. */
const GONE = 2;
/** Radius of a body before one is seen whole, and how fast a new one is believed. [m] */
const RADIUS = 0.3;
const LEARNED = 0.2;
/** Returns this near to a mover are of it. [m] */
const AROUND = 0.12;

/**
 * Tracks movers from the scans of a sensor that moves itself.
 *
 * Each scan is cut into clusters as narrow as a body; each is taken for the near side of a disc and given to the nearest
 * track within the gate, or begins one. A track is a Kalman filter of constant velocity. It is somebody who moves once it
 * has come a significant way *and* space proves it: a scan looks through where it was, or one has looked through where it is. The
 * edge of a wall that comes into view seems to move, too, but nobody has ever looked through a wall. Two
 * proofs make a mover; what he hits stays in the grid, too, until there are three. Who has moved stays a mover while he is
 * followed; what has not is left to the grid.
 */
export function createMoverTracker(given: Partial<MoverTrackerOptions> = {}): MoverTracker {
  const options = { ...MOVER_TRACKER_DEFAULTS, ...given };
  const strange = options.known !== undefined;
  let tracks: readonly Track[] = [];
  let scans: readonly PastScan[] = [];
  let nextId = 1;
  return {
    update(scan, time) {
      const last = scans.at(-1)?.time ?? time;
      if (!(time >= last && time - last < MEMORY)) [tracks, scans] = [[], []];
      const elapsed = scans.length === 0 ? 0 : time - last;
      const turn = scans.length === 0 ? 0 : wrapAngle(scan.pose.yaw - scans[scans.length - 1].scan.pose.yaw);
      const now: PastScan = {
        time,
        scan: { ...scan, ranges: scan.ranges.slice() },
        off: options.sweep * Math.abs(turn),
      };
      const moved = tracks.map((track) => ({
        ...track,
        motion: predictMotion(track.motion, elapsed, options.acceleration),
      }));
      const { followed, unclaimed } = associate(
        scan,
        time,
        moved,
        scanClusters(scan, options.noise, options.known),
        options.noise,
      );
      const begun = unclaimed.map((cluster) =>
        beginTrack(scan, time, cluster, options.noise, () => nextId++),
      );
      const before = new Set(tracks.filter(isSure).map(({ id }) => id));
      tracks = [...followed, ...begun]
        .filter((track): track is Track => track !== undefined && isThere(track, scan, time))
        .map((track) => (isSure(track) ? track : { ...track, proofs: proofsOf(track, now, scans, strange) }));
      scans = [...scans.filter((old) => time - old.time <= MEMORY), now];
      const moving = tracks.filter(isSure);
      return {
        movers: tracks.filter((track) => track.proofs >= LIKELY || (strange && mayMove(track))).map(moverOf),
        still: withoutMovers(scan, moving),
        left: moving.filter(({ id }) => !before.has(id)).flatMap(leftPlaces),
      };
    },
  };
}

/** Gives each cluster to the track that it fits best, nearest pairs first. */
function associate(
  scan: Scan,
  time: number,
  tracks: readonly Track[],
  clusters: readonly Cluster[],
  noise: number,
): { readonly followed: Track[]; readonly unclaimed: Cluster[] } {
  const pairs = tracks.flatMap((track) =>
    clusters.flatMap((cluster) => {
      const sighting = sightingOf(scan, cluster, track.radius, noise);
      const off = sighting && innovation(track.motion, sighting);
      return off !== undefined && off < GATE ? [{ track, cluster, sighting: sighting!, off }] : [];
    }),
  );
  pairs.sort((a, b) => a.off - b.off);
  const fits = new Map<Track, (typeof pairs)[number]>();
  const claimed = new Set<Cluster>();
  for (const pair of pairs) {
    if (fits.has(pair.track) || claimed.has(pair.cluster)) continue;
    fits.set(pair.track, pair);
    claimed.add(pair.cluster);
  }
  const followed = tracks.map((track) => {
    const fit = fits.get(track);
    if (fit === undefined) return missedTrack(track, scan);
    const motion = correctMotion(track.motion, fit.sighting);
    const { seenX, seenY } = fit.sighting;
    const step = { time, x: motion.x, y: motion.y, seenX, seenY };
    const trail = [...track.trail.filter((at) => time - at.time <= MEMORY), step];
    return {
      ...track,
      motion,
      trail,
      radius: track.radius + LEARNED * (fit.sighting.radius - track.radius),
      sightings: track.sightings + 1,
      seenAt: time,
      missed: 0,
    };
  });
  return { followed, unclaimed: clusters.filter((cluster) => !claimed.has(cluster)) };
}

function missedTrack(track: Track, scan: Scan): Track {
  const { x, y } = track.motion;
  return { ...track, missed: seesThrough(scan, x, y, track.radius) ? track.missed + 1 : 0 };
}

function beginTrack(
  scan: Scan,
  time: number,
  cluster: Cluster,
  noise: number,
  nextId: () => number,
): Track | undefined {
  const sighting = sightingOf(scan, cluster, RADIUS, noise);
  if (sighting === undefined) return undefined;
  const { x, y, radius, deviation, seenX, seenY } = sighting;
  const motion = { x, y, vx: 0, vy: 0, pp: deviation ** 2, pv: 0, vv: FIRST_SPEED ** 2 };
  const trail = [{ time, x, y, seenX, seenY }];
  return { id: nextId(), motion, radius, sightings: 1, seenAt: time, missed: 0, proofs: 0, trail };
}

/** Whether a track is still worth following. */
function isThere({ missed, seenAt, motion, radius, proofs }: Track, scan: Scan, time: number): boolean {
  const near = Math.hypot(motion.x - scan.pose.x, motion.y - scan.pose.y) <= scan.range + radius;
  return missed < GONE && near && time - seenAt <= (proofs >= LIKELY ? HIDDEN : HIDDEN / 3);
}

const isFast = ({ motion }: Track, speed = SPEED): boolean =>
  (motion.vx * motion.vx + motion.vy * motion.vy) / motion.vv > speed;

/** Whether a track is of somebody who moves without doubt: what he hits is no part of what stands. */
const isSure = ({ proofs }: Track): boolean => proofs >= PROOFS;

/** Whether a track is too new to say of it that it stands, or seems to set out. */
const mayMove = (track: Track): boolean =>
  track.missed === 0 && (track.sightings < NEW || isFast(track, STRANGE.speed));

/** How many places prove that a body moves: it has come from there a way that is one, and space says so. */
function proofsOf(track: Track, now: PastScan, scans: readonly PastScan[], strange: boolean): number {
  const { motion, radius, trail, sightings, missed, proofs } = track;
  if (missed > 0) return proofs;
  const isProof = (step: Footstep, point: number): boolean => {
    const then = scans.find((old) => old.time === step.time);
    if (then === undefined) return false;
    const off = now.off + then.off;
    return wasEmpty(now.scan, step, point, off) || wasEmpty(then.scan, trail[trail.length - 1], point, off);
  };
  const isLikely =
    strange &&
    (proofs >= LIKELY ||
      (sightings >= STRANGE.sightings &&
        isFast(track, STRANGE.speed) &&
        trail.some((step) => isProof(step, STRANGE.point))));
  const proved = trail.filter((step) => {
    const way = Math.hypot(motion.x - step.x, motion.y - step.y);
    if (way < MOVED * Math.max(radius, SLIGHT) || way * way < 2 * WAY * motion.pp) return false;
    return isProof(step, POINT);
  }).length;
  if (sightings < FEWEST) return isLikely ? LIKELY : proofs;
  return Math.max(proved, isLikely ? LIKELY : 0);
}

/**
 * Whether nothing was, in a scan, where a surface is seen in another.
 *
 * @param point as large as the place of it [m] @param off by how much directions may be off between the scans [rad]
 */
function wasEmpty(scan: Scan, { seenX, seenY }: Footstep, point: number, off: number): boolean {
  const distance = Math.hypot(seenX - scan.pose.x, seenY - scan.pose.y);
  return seesThrough(scan, seenX, seenY, point + off * distance);
}

/** A track as a mover: a speed that is none is none. */
function moverOf(track: Track): SeenMover {
  const { id, motion, radius } = track;
  const { x, y, pp, vv } = motion;
  const [vx, vy] = isFast(track) ? [motion.vx, motion.vy] : [0, 0];
  return { id, x, y, vx, vy, radius, deviation: { place: Math.sqrt(pp), speed: Math.sqrt(vv) } };
}

/** A scan whose returns from movers count as none. */
function withoutMovers(scan: Scan, moving: readonly Track[]): Scan {
  if (moving.length === 0) return scan;
  const { pose, angles, ranges } = scan;
  const left = ranges.slice();
  for (let i = 0; i < left.length; i++) {
    const phi = pose.yaw + angles[i];
    const [px, py] = [pose.x + ranges[i] * Math.cos(phi), pose.y + ranges[i] * Math.sin(phi)];
    const hit = moving.some(
      ({ motion, radius }) => Math.hypot(px - motion.x, py - motion.y) < radius + AROUND,
    );
    if (hit) left[i] = Number.NaN;
  }
  return { ...scan, ranges: left };
}

const leftPlaces = ({ trail, radius, motion }: Track): LeftPlace[] =>
  [...trail, motion].map(({ x, y }) => ({ x, y, radius: radius + AROUND }));
