import type { Pose } from "./grid.ts";
import type { Robot } from "./robot.ts";

/**
 * Distance from the robot's true polygon at a pose to a disc; negative where they overlap.
 *
 * @param pose of the body frame, map frame [m, m, rad]
 * @param x, y centre of the disc, map frame [m]
 * @param out (4), where given: the point of the polygon's edge nearest to the centre, and the unit normal there that points
 * out of the robot, map frame [m, 1]
 * @returns [m]; at least minus the radius minus the polygon's width
 */
export function footprintDiscGap(
  { footprint }: Pick<Robot, "footprint">,
  pose: Pose,
  x: number,
  y: number,
  radius: number,
  out?: Float64Array,
): number {
  const c = Math.cos(pose.yaw);
  const s = Math.sin(pose.yaw);
  const u = c * (x - pose.x) + s * (y - pose.y);
  const v = c * (y - pose.y) - s * (x - pose.x);
  let nearest = Number.POSITIVE_INFINITY;
  let inside = true;
  let [qx, qy, nx, ny] = [0, 0, 0, 0];
  for (let e = 0; e < footprint.length; e++) {
    const [ax, ay] = footprint[e];
    const [bx, by] = footprint[(e + 1) % footprint.length];
    const ex = bx - ax;
    const ey = by - ay;
    const squared = ex * ex + ey * ey;
    // Corners run counter-clockwise: the robot lies on the left of every edge.
    const left = ex * (v - ay) - ey * (u - ax);
    if (left < 0) inside = false;
    const t = Math.min(1, Math.max(0, ((u - ax) * ex + (v - ay) * ey) / squared));
    const px = ax + t * ex;
    const py = ay + t * ey;
    const distance = Math.hypot(u - px, v - py);
    if (distance >= nearest) continue;
    nearest = distance;
    [qx, qy] = [px, py];
    [nx, ny] = [ey / Math.sqrt(squared), -ex / Math.sqrt(squared)];
  }
  if (out !== undefined) {
    if (!inside && nearest > 1e-9) [nx, ny] = [(u - qx) / nearest, (v - qy) / nearest];
    out[0] = pose.x + c * qx - s * qy;
    out[1] = pose.y + s * qx + c * qy;
    out[2] = c * nx - s * ny;
    out[3] = s * nx + c * ny;
  }
  return (inside ? -nearest : nearest) - radius;
}
