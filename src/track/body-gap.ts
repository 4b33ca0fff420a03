import type { Vec } from "../ocp/index.ts";
import { footprintDiscs, type Robot } from "../sim/index.ts";

/**
 * A robot's body as the hull of its footprint discs, which lie on a line and are equal: a segment from `a` to `b`, body
 * frame, and all that is within r of it. [m]
 */
export type BodyCapsule = {
  readonly ax: number;
  readonly ay: number;
  readonly bx: number;
  readonly by: number;
  readonly r: number;
};

/** The hull of a robot's default discs. */
export function bodyCapsule(robot: Robot): BodyCapsule {
  const discs = footprintDiscs(robot);
  const [a, b] = [discs[0], discs[discs.length - 1]];
  return { ax: a.x, ay: a.y, bx: b.x, by: b.y, r: Math.max(...discs.map((disc) => disc.r)) };
}

/** Nearer to the segment than this share of r its direction is that of the axis: a gradient of length 1 everywhere. */
const ON_AXIS = 1e-9;

/** Where a point lies beside the body: what {@link locate} found last. */
type Beside = {
  /** Nearest point of the segment. */ ox: number;
  oy: number;
  /** Unit vector from there to the point, body frame. */ nx: number;
  ny: number;
  /** [m] */ distance: number;
  /** Whether the nearest point is an end of the segment, and stays when the body moves a little. */ end: boolean;
};

const BESIDE: Beside = { ox: 0, oy: 0, nx: 1, ny: 0, distance: 0, end: true };

function locate({ ax, ay, bx, by, r }: BodyCapsule, x: Vec, px: number, py: number): Beside {
  const [c, s] = [Math.cos(x[2]), Math.sin(x[2])];
  const [dx, dy] = [px - x[0], py - x[1]];
  const [mx, my] = [c * dx + s * dy, c * dy - s * dx];
  const [ex, ey] = [bx - ax, by - ay];
  const square = ex * ex + ey * ey;
  const share = square === 0 ? 0 : ((mx - ax) * ex + (my - ay) * ey) / square;
  const t = Math.max(0, Math.min(1, share));
  const at = BESIDE;
  at.ox = ax + t * ex;
  at.oy = ay + t * ey;
  at.distance = Math.hypot(mx - at.ox, my - at.oy);
  at.end = square === 0 || share <= 0 || share >= 1;
  if (at.distance > ON_AXIS * r) {
    at.nx = (mx - at.ox) / at.distance;
    at.ny = (my - at.oy) / at.distance;
  } else {
    const length = Math.sqrt(square);
    at.nx = square === 0 ? 1 : -ey / length;
    at.ny = square === 0 ? 0 : ex / length;
  }
  return at;
}

/** Signed distance from a body at a pose to a point. @param x pose first @returns [m], negative within the body */
export function bodyGap(body: BodyCapsule, x: Vec, px: number, py: number): number {
  return locate(body, x, px, py).distance - body.r;
}

/** Writes the gradient of {@link bodyGap} in (x, y, yaw) to out (3). */
export function bodyGapGradient(body: BodyCapsule, x: Vec, px: number, py: number, out: Vec): void {
  const { ox, oy, nx, ny } = locate(body, x, px, py);
  const [c, s] = [Math.cos(x[2]), Math.sin(x[2])];
  out[0] = -(c * nx - s * ny);
  out[1] = -(s * nx + c * ny);
  out[2] = nx * oy - ny * ox;
}

/**
 * Adds `p` times the Hessian of {@link bodyGap} in (x, y, yaw) to the upper left of H (width, width). Beside the segment
 * the distance is a linear function of the point in the body frame, beyond its ends it is that to a point.
 */
export function addBodyGapHessian(
  body: BodyCapsule,
  x: Vec,
  px: number,
  py: number,
  p: number,
  H: Vec,
  width: number,
): void {
  const { ox, oy, nx, ny, distance, end } = locate(body, x, px, py);
  const [c, s] = [Math.cos(x[2]), Math.sin(x[2])];
  // Axes of the map: the unit vector n, its normal t, and the nearest point o from the robot's own.
  const [gx, gy] = [c * nx - s * ny, s * nx + c * ny];
  const [ux, uy] = [c * ox - s * oy, s * ox + c * oy];
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let xYaw: number;
  let yYaw: number;
  let yawYaw: number;
  if (end) {
    const k = distance > ON_AXIS * body.r ? 1 / distance : 0;
    xx = k * gy * gy;
    xy = -k * gx * gy;
    yy = k * gx * gx;
    xYaw = -xx * uy + xy * ux;
    yYaw = -xy * uy + yy * ux;
    yawYaw = -xYaw * uy + yYaw * ux + gx * ux + gy * uy;
  } else {
    // distance = n (yaw) . (m - p) - const, with dn/dyaw = (-gy, gx).
    xYaw = gy;
    yYaw = -gx;
    yawYaw = -(gx * (px - x[0]) + gy * (py - x[1]));
  }
  H[0] += p * xx;
  H[1] += p * xy;
  H[width] += p * xy;
  H[width + 1] += p * yy;
  H[2] += p * xYaw;
  H[2 * width] += p * xYaw;
  H[width + 2] += p * yYaw;
  H[2 * width + 1] += p * yYaw;
  H[2 * width + 2] += p * yawYaw;
}
