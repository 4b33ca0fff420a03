import { ConfigError, didYouMean } from "../base/index.ts";
import type { Footprint, Robot } from "./robot.ts";

// A list of its own: who only offers the names needs none of the robots.
const NAMES = ["jackal", "turtlebot3", "turtlebot4", "f1tenth", "omni"] as const;
/** Names of the robots that come with the house. */
export const ROBOT_NAMES: readonly string[] = NAMES;

/** A rectangle from `back` to `front` along x, symmetric in y. [m] */
function rectangle(back: number, front: number, width: number): Footprint {
  const h = width / 2;
  return [
    [back, -h],
    [front, -h],
    [front, h],
    [back, h],
  ];
}

/** A regular polygon around a circle (it contains the circle). [m] */
function roundFootprint(radius: number, corners = 16): Footprint {
  const r = radius / Math.cos(Math.PI / corners);
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5)) / corners;
    return [r * Math.cos(angle), r * Math.sin(angle)] as const;
  });
}

/** The robots that come with the house. A number no source gives is said to be our choice. */
export const ROBOTS = {
  jackal: {
    name: "jackal",
    model: "differential",
    source:
      "Clearpath Jackal datasheet (508 x 432 mm, 2.0 m/s); jackal_control/config/control.yaml allows 2 m/s, 4 rad/s, " +
      "20 m/s^2, 25 rad/s^2; jackal_navigation: escape_vel -0.5 m/s, max_vel_theta 2 rad/s. Accelerations are our " +
      "choice, well inside (nav2.yaml: 2.5 m/s^2, 3.2 rad/s^2).",
    footprint: rectangle(-0.254, 0.254, 0.432),
    limits: { vMin: -0.5, vMax: 2, wMax: 2, aMax: 2, alphaMax: 4 },
  },
  turtlebot3: {
    name: "turtlebot3",
    model: "differential",
    source:
      "ROBOTIS TurtleBot3 Burger: e-Manual specifications (138 x 178 mm, 0.22 m/s, 2.84 rad/s); footprint is the hull " +
      "of base and wheels in turtlebot3_burger.urdf; accelerations from turtlebot3_navigation2/param/burger.yaml.",
    footprint: [
      [-0.102, -0.07],
      [-0.033, -0.089],
      [0.033, -0.089],
      [0.038, -0.07],
      [0.038, 0.07],
      [0.033, 0.089],
      [-0.033, 0.089],
      [-0.102, 0.07],
    ],
    limits: { vMin: -0.22, vMax: 0.22, wMax: 2.84, aMax: 2.5, alphaMax: 3.2 },
  },
  turtlebot4: {
    name: "turtlebot4",
    model: "differential",
    source:
      "Clearpath TurtleBot 4 user manual (341 x 339 mm; 0.31 m/s in safe mode, the default; 1.90 rad/s). Accelerations: " +
      "create3_sim control.yaml 1.0 m/s^2, turtlebot4_navigation nav2.yaml 3.2 rad/s^2.",
    footprint: roundFootprint(0.1705),
    limits: { vMin: -0.31, vMax: 0.31, wMax: 1.9, aMax: 1, alphaMax: 3.2 },
  },
  f1tenth: {
    name: "f1tenth",
    model: "bicycle",
    source:
      "f1tenth_gym default parameters (0.58 x 0.31 m, lf + lr = 0.3302 m, |delta| <= 0.4189 rad, 3.2 rad/s, a_max " +
      "9.51 m/s^2). The car can do 7 m/s and more; 2 m/s and 3 m/s^2 are our caps for driving among obstacles seen " +
      "by an 8 m sensor.",
    footprint: rectangle(-0.11855, 0.46145, 0.31),
    wheelbase: 0.3302,
    limits: { vMin: -1, vMax: 2, deltaMax: 0.4189, aMax: 3, deltaRateMax: 3.2 },
  },
  omni: {
    name: "omni",
    model: "omni",
    source:
      "KUKA youBot base, four mecanum wheels (Bischoff, Huggenberger, Prassler, ICRA 2011: 580 x 380 mm, 0.8 m/s). " +
      "Yaw rate and accelerations are our choice.",
    footprint: rectangle(-0.29, 0.29, 0.38),
    limits: { vxMin: -0.8, vxMax: 0.8, vyMax: 0.8, wMax: 1.5, aMax: 1, alphaMax: 3 },
  },
} as const satisfies Record<(typeof NAMES)[number], Robot>;

/**
 * A robot by its name.
 *
 * @throws ConfigError with the legal names, and the nearest one for a typo
 */
export function getRobot(name: string): Robot {
  if (Object.hasOwn(ROBOTS, name)) return ROBOTS[name as keyof typeof ROBOTS];
  const hint = didYouMean(String(name), ROBOT_NAMES);
  throw new ConfigError(
    `robot is "${name}"${hint}, expected one of ${ROBOT_NAMES.join(", ")}, or a robot file (NAME.json)`,
  );
}
