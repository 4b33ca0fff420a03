import type { StateRows } from "../ocp/index.ts";
import { type Robot, robotKinematics, type SpeedZones, topSpeed } from "../sim/index.ts";
import type { NavigationOptions } from "./navigation-options.ts";

/**
 * The soft row that keeps to the limits of zones at every stage, by where the robot is then:
 *
 *     (v(p)^2 - |v|^2) / (2 s) >= 0
 *
 * with v(p) the speed that the zones allow at p, see {@link SpeedZones}, and s the geometric mean of the lowest limit and
 * the top speed, so that a violation counts in metres per second at that speed.
 */
export function zoneRows(robot: Robot, { speedLimit }: NavigationOptions, zones: SpeedZones): StateRows {
  const { nx, sideways } = robotKinematics(robot);
  const axes = sideways === undefined ? [3] : [3, sideways];
  const scale = 1 / (2 * Math.sqrt(zones.lowest * topSpeed(robot)));
  const gradient = new Float64Array(2);
  return {
    count: 1,
    soft: speedLimit,
    value(x, _k, out) {
      let slack = zones.squaredSpeed(x[0], x[1], gradient);
      for (const i of axes) slack -= x[i] * x[i];
      out[0] = scale * slack;
    },
    jacobian(x, _k, C) {
      C.fill(0);
      zones.squaredSpeed(x[0], x[1], gradient);
      C[0] = scale * gradient[0];
      C[1] = scale * gradient[1];
      for (const i of axes) C[i] = -2 * scale * x[i];
    },
    hessian(_x, _k, p, H) {
      for (const i of axes) H[i * nx + i] -= 2 * scale * p[0];
    },
  };
}
