import { wrapAngle } from "../base/index.ts";
import type { Vec } from "../ocp/index.ts";

/**
 * Hears of one word: `letters` are +1 (left), -1 (right) or 0 (straight), `lengths` are signed, in turning radii.
 * Both are overwritten by the next word; only the first `count` entries of each count.
 */
export type HearWord = (letters: Int8Array, lengths: Vec, count: number) => void;

const LSL = [1, 0, 1];
const LSR = [1, 0, -1];
const LRL = [1, -1, 1];
const LRLR = [1, -1, 1, -1];
const LRSL = [1, -1, 0, 1];
const LRSR = [1, -1, 0, -1];
const LRSLR = [1, -1, 0, 1, -1];
const HALF_PI = Math.PI / 2;

/**
 * All words of Reeds and Shepp that lead a car of turning radius 1 from the origin, heading along x, to a pose: nine
 * families, 48 words. Each ends there exactly; the shortest of them is the shortest way without obstacles. Words
 * whose lengths have other signs than in the paper are ways too, only never the shortest, and are heard as well.
 *
 * A car at p with heading h turns left about p + n(h) and right about p - n(h), n(h) = (-sin h, cos h). So changing
 * from left to right at heading h moves the centre by -2 n(h), changing back by +2 n(h), and a straight line of length
 * u moves it by u e(h), e(h) = (cos h, sin h). Each family's vector from the first centre to the last is thus known
 * in the frame turned by the heading t after the first arc; its length gives the inner arc u, its direction t, and
 * the final heading the last arc v. Three symmetries give the rest: mirrored, driven backwards, and in reverse order.
 *
 * @param x of the pose, in turning radii
 * @param y
 * @param phi heading [rad]
 *
 * Source: Reeds, Shepp, "Optimal paths for a car that goes both forwards and backwards", 1990; the solutions are
 * derived anew from the centres.
 */
export function forEachReedsSheppWord(x: number, y: number, phi: number, hear: HearWord): void {
  const c = Math.cos(phi);
  const s = Math.sin(phi);
  // The way back from the pose to the origin, driven backwards: its words reversed lead there.
  const backX = x * c + y * s;
  const backY = x * s - y * c;
  for (let flip = 1; flip >= -1; flip -= 2) {
    for (let mirror = 1; mirror >= -1; mirror -= 2) {
      const tell = { flip, mirror, reversed: false, hear };
      const angle = flip * mirror * phi;
      closedFamilies(flip * x, mirror * y, angle, tell);
      openFamilies(flip * x, mirror * y, angle, tell);
      openFamilies(flip * backX, mirror * backY, angle, { ...tell, reversed: true });
    }
  }
}

/** Length of the shortest way of a car with a turning radius to a pose in its frame, without obstacles. [m] */
export function reedsSheppDistance(x: number, y: number, yaw: number, radius: number): number {
  shortest = Number.POSITIVE_INFINITY;
  forEachReedsSheppWord(x / radius, y / radius, yaw, keepShortest);
  return shortest * radius;
}
let shortest = 0;
const keepShortest: HearWord = (_letters, each, count) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.abs(each[i]);
  if (sum < shortest) shortest = sum;
};

/** Who hears of a word, and by which symmetries it is another. */
type Telling = {
  /** -1: driven backwards. */ readonly flip: number;
  /** -1: left and right exchanged. */ readonly mirror: number;
  /** Last segment first. */ readonly reversed: boolean;
  readonly hear: HearWord;
};

/** C S C, C C_u|C_u C, C|C_u C_u|C, C|C_90 S C_90|C: their words in reverse order are among them. */
function closedFamilies(x: number, y: number, phi: number, tell: Telling): void {
  const s = Math.sin(phi);
  const c = Math.cos(phi);
  // From a left centre to a left one.
  const alike = Math.atan2(y - 1 + c, x - s);
  word(tell, LSL, alike, Math.hypot(x - s, y - 1 + c), phi - alike);
  // From a left centre to a right one.
  const rho = Math.hypot(x + s, y - 1 - c);
  const theta = Math.atan2(y - 1 - c, x + s);
  if (rho >= 2) {
    // The line crosses between the circles.
    const line = Math.sqrt(rho * rho - 4);
    const t = theta + Math.atan2(2, line);
    word(tell, LSR, t, line, t - phi);
    // (-2, u - 4)
    const first = theta - Math.atan2(-line, -2);
    word(tell, LRSLR, first, -HALF_PI, 4 - line, -HALF_PI, first - phi);
  } else {
    // The inner arcs meet in a cusp at heading h: -2 n(h) (2 cos u - 1).
    const u = Math.acos((2 + rho) / 4);
    const h = theta + HALF_PI;
    word(tell, LRLR, h + u, u, -u, h - u - phi);
  }
  if (rho * rho >= 4 && rho * rho <= 20) {
    // The inner arcs are driven as one: (2 sin u, 2 cos u - 4).
    const u = -Math.acos((20 - rho * rho) / 16);
    const t = theta - Math.atan2(2 * Math.cos(u) - 4, 2 * Math.sin(u));
    word(tell, LRLR, t, u, u, t - phi);
  }
}

/** C|C|C and C|C C, C|C_90 S C: their words in reverse order are others. */
function openFamilies(x: number, y: number, phi: number, tell: Telling): void {
  const s = Math.sin(phi);
  const c = Math.cos(phi);
  const alike = Math.hypot(x - s, y - 1 + c);
  const theta = Math.atan2(y - 1 + c, x - s);
  if (alike <= 4) {
    // 4 sin(u / 2) e(-u / 2) with u < 0
    const u = -2 * Math.asin(alike / 4);
    const t = theta + u / 2 + Math.PI;
    word(tell, LRL, t, u, phi - t + u);
  }
  if (alike >= 2) {
    // (-2, u - 2)
    const r = Math.sqrt(alike * alike - 4);
    const t = theta - Math.atan2(-r, -2);
    word(tell, LRSL, t, -HALF_PI, 2 - r, phi - t - HALF_PI);
  }
  // (0, u - 2)
  const t = Math.atan2(y - 1 - c, x + s) + HALF_PI;
  word(tell, LRSR, t, -HALF_PI, 2 - Math.hypot(x + s, y - 1 - c), t + HALF_PI - phi);
}

const letters = new Int8Array(5);
const lengths = new Float64Array(5);

/** Tells of a word, its first and last arc by the shorter way round. */
function word(
  { flip, mirror, reversed, hear }: Telling,
  shape: readonly number[],
  a: number,
  b: number,
  c: number,
  d = 0,
  e = 0,
): void {
  const n = shape.length;
  lengths[0] = a;
  lengths[1] = b;
  lengths[2] = c;
  lengths[3] = d;
  lengths[4] = e;
  lengths[0] = wrapAngle(lengths[0]);
  lengths[n - 1] = wrapAngle(lengths[n - 1]);
  for (let i = 0; i < n; i++) {
    lengths[i] *= flip;
    letters[i] = mirror * shape[i];
  }
  if (reversed) {
    for (let i = 0; 2 * i + 1 < n; i++) {
      const j = n - 1 - i;
      [lengths[i], lengths[j]] = [lengths[j], lengths[i]];
      [letters[i], letters[j]] = [letters[j], letters[i]];
    }
  }
  hear(letters, lengths, n);
}
