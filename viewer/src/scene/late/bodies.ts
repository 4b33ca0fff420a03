import type { BufferGeometry } from "three";
import { type Robot, robotKinematics } from "../../../../src/sim/index.ts";
import { createFaces } from "./faces.ts";

/**
 * A robot's body by what it moves like, inside its footprint: a car has a cabin and four wheels, a robot that moves
 * sideways a round top and a wheel at each corner, one that turns on the spot two large wheels and a sensor.
 *
 * @param corners (n, 2) its footprint, body frame, counter-clockwise [m]
 * @param height of its back [m]
 */
export function robotBody(robot: Robot, corners: Float64Array, height: number): BufferGeometry {
  const faces = createFaces();
  const xs = corners.filter((_, i) => i % 2 === 0);
  const ys = corners.filter((_, i) => i % 2 === 1);
  const [back, front, right, left] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [length, width] = [front - back, left - right];
  const { steering, axes } = robotKinematics(robot);
  const sideways = axes.some(({ motion }) => motion === "sideways");
  const wheels = (places: readonly number[], radius: number, half: number): void => {
    for (const x of places) for (const y of [right + half, left - half]) faces.wheel(x, y, radius, half);
  };
  const middle = (back + front) / 2;
  if (steering !== undefined) {
    faces.prism(corners, 0.25 * height, 0.72 * height, 1);
    const roof = [back + 0.2 * length, front - 0.38 * length] as const;
    faces.box(roof, [right + 0.12 * width, left - 0.12 * width], [0.72 * height, 1.15 * height], 0.8);
    wheels([back + 0.18 * length, front - 0.18 * length], 0.3 * height, 0.09 * width);
  } else if (sideways) {
    faces.prism(corners, 0.3 * height, 0.8 * height, 1);
    faces.prism(
      round(middle, (left + right) / 2, 0.32 * Math.min(length, width)),
      0.8 * height,
      1.1 * height,
      0.85,
    );
    wheels([back + 0.2 * length, front - 0.2 * length], 0.25 * height, 0.06 * width);
  } else {
    faces.prism(corners, 0.3 * height, 0.85 * height, 1);
    faces.prism(
      round(middle + 0.2 * length, (left + right) / 2, 0.13 * width),
      0.85 * height,
      1.2 * height,
      0.6,
    );
    wheels([middle], 0.42 * height, 0.08 * width);
  }
  return faces.geometry();
}

/** How high people are drawn. [m] */
const HEIGHT = 1.7;

/** A person of radius 1 who looks along x: two legs, shoulders and a head. The height is true. [m] */
export function personBody(): BufferGeometry {
  const faces = createFaces();
  for (const side of [-1, 1])
    faces.prism(round(0.12 * side, 0.36 * side, 0.26, 0.24), 0, 0.48 * HEIGHT, 0.55);
  faces.prism(round(0, 0, 0.55, 0.98), 0.46 * HEIGHT, 0.82 * HEIGHT, 1);
  faces.prism(round(0.05, 0, 0.42, 0.38), 0.85 * HEIGHT, HEIGHT, 0.8);
  faces.prism(round(0.45, 0, 0.12, 0.1), 0.9 * HEIGHT, 0.95 * HEIGHT, 0.8);
  return faces.geometry();
}

function round(x: number, y: number, across: number, sideways = across): number[] {
  const n = 20;
  return Array.from({ length: n }, (_, i) => (2 * Math.PI * i) / n).flatMap((angle) => [
    x + across * Math.cos(angle),
    y + sideways * Math.sin(angle),
  ]);
}
