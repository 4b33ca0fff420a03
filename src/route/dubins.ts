import type { HearWord } from "./reeds-shepp.ts";

const letters = new Int8Array(3);
const lengths = new Float64Array(3);

/**
 * The six words of Dubins that lead a car of turning radius 1 which never reverses from the origin, heading along x,
 * to a pose: C S C and C C C. The vectors between the centres are those of the words of Reeds and Shepp; arcs go all
 * the way round, and the inner one of three is longer than half a turn.
 *
 * @param x of the pose, in turning radii
 * @param y
 * @param phi heading [rad]
 *
 * Source: Dubins, "On curves of minimal length with a constraint on average curvature", 1957.
 */
export function forEachDubinsWord(x: number, y: number, phi: number, hear: HearWord): void {
  for (let mirror = 1; mirror >= -1; mirror -= 2) {
    const v = mirror * y;
    const angle = mirror * phi;
    const s = Math.sin(angle);
    const c = Math.cos(angle);
    const alike = Math.hypot(x - s, v - 1 + c);
    const theta = Math.atan2(v - 1 + c, x - s);
    word(mirror, 0, 1, theta, alike, angle - theta, hear);
    if (alike <= 4) {
      const u = 2 * Math.PI - 2 * Math.asin(alike / 4);
      const t = theta + u / 2;
      word(mirror, -1, 1, t, u, angle - t + u, hear);
    }
    const across = Math.hypot(x + s, v - 1 - c);
    if (across < 2) continue;
    const line = Math.sqrt(across * across - 4);
    const t = Math.atan2(v - 1 - c, x + s) + Math.atan2(2, line);
    word(mirror, 0, -1, t, line, t - angle, hear);
  }
}

function word(
  mirror: number,
  second: number,
  third: number,
  t: number,
  u: number,
  v: number,
  hear: HearWord,
): void {
  letters[0] = mirror;
  letters[1] = mirror * second;
  letters[2] = mirror * third;
  lengths[0] = wholeTurn(t);
  lengths[1] = u;
  lengths[2] = wholeTurn(v);
  hear(letters, lengths, 3);
}

/** An angle in [0, 2 pi); what is only just below 0 or a whole turn is rounding. */
function wholeTurn(angle: number): number {
  const turn = angle - 2 * Math.PI * Math.floor(angle / (2 * Math.PI));
  return turn > 2 * Math.PI - 1e-9 ? 0 : turn;
}
