import type { Rng } from "../../base/index.ts";
import type { DigitSet } from "./digit-set.ts";

/** Strokes of the ten digits as polylines, x to the right and y down in a unit square. */
const STROKES: readonly (readonly number[])[] = [
  [0.5, 0.1, 0.28, 0.2, 0.22, 0.5, 0.28, 0.8, 0.5, 0.9, 0.72, 0.8, 0.78, 0.5, 0.72, 0.2, 0.5, 0.1],
  [0.35, 0.27, 0.53, 0.1, 0.53, 0.9],
  [0.25, 0.3, 0.32, 0.15, 0.5, 0.1, 0.7, 0.2, 0.7, 0.38, 0.5, 0.6, 0.25, 0.9, 0.78, 0.9],
  [0.25, 0.15, 0.5, 0.1, 0.72, 0.22, 0.65, 0.42, 0.45, 0.48, 0.7, 0.57, 0.75, 0.75, 0.5, 0.9, 0.25, 0.83],
  [0.65, 0.9, 0.65, 0.1, 0.22, 0.65, 0.82, 0.65],
  [0.75, 0.1, 0.32, 0.1, 0.28, 0.45, 0.55, 0.42, 0.76, 0.6, 0.7, 0.82, 0.45, 0.9, 0.24, 0.82],
  [0.68, 0.12, 0.42, 0.3, 0.28, 0.6, 0.35, 0.85, 0.6, 0.9, 0.75, 0.7, 0.6, 0.52, 0.32, 0.6],
  [0.22, 0.1, 0.78, 0.1, 0.45, 0.9],
  [
    0.5, 0.48, 0.32, 0.32, 0.35, 0.15, 0.5, 0.1, 0.67, 0.17, 0.7, 0.32, 0.5, 0.48, 0.27, 0.66, 0.33, 0.85,
  ].concat([0.5, 0.9, 0.7, 0.84, 0.73, 0.65, 0.5, 0.48]),
  [0.7, 0.4, 0.45, 0.5, 0.28, 0.35, 0.35, 0.15, 0.58, 0.1, 0.7, 0.3, 0.68, 0.6, 0.55, 0.9],
];

const SIDE = 28;
/** The square of the strokes on the image, as MNIST centres its digits. [pixels] */
const BOX = 20;

/**
 * Digits drawn with a pen of random width, turned, sheared, stretched and moved a little, with noise: a
 * stand-in for MNIST where its files are absent. 28 x 28 pixels, ten classes, each equally likely.
 *
 * @param count how many
 */
export function createSyntheticDigits(count: number, rng: Rng): DigitSet {
  const images = new Uint8Array(count * SIDE * SIDE);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = rng.int(10);
    drawDigit(bend(STROKES[labels[i]], rng), 0.9 + 0.9 * rng.uniform(), rng, images, i * SIDE * SIDE);
  }
  return { count, height: SIDE, width: SIDE, images, labels, classes: 10 };
}

/** Points of a stroke on the image after random jitter and a random affine map. [pixels] */
function bend(stroke: readonly number[], rng: Rng): number[] {
  const angle = 0.12 * rng.gauss();
  const shear = 0.15 * rng.gauss();
  const [width, height] = [BOX * (0.75 + 0.3 * rng.uniform()), BOX * (0.8 + 0.25 * rng.uniform())];
  const [right, down] = [SIDE / 2 + rng.gauss(), SIDE / 2 + rng.gauss()];
  const points: number[] = [];
  for (let p = 0; p < stroke.length; p += 2) {
    const y = height * (stroke[p + 1] - 0.5 + 0.02 * rng.gauss());
    const x = width * (stroke[p] - 0.5 + 0.02 * rng.gauss()) - shear * y;
    points.push(
      right + Math.cos(angle) * x - Math.sin(angle) * y,
      down + Math.sin(angle) * x + Math.cos(angle) * y,
    );
  }
  return points;
}

/** Ink falls off over one pixel at the pen's edge. `pen`: half its width. [pixels] */
function drawDigit(points: readonly number[], pen: number, rng: Rng, out: Uint8Array, offset: number): void {
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      let nearest = Infinity;
      for (let p = 0; p + 3 < points.length; p += 2)
        nearest = Math.min(nearest, segmentDistance(column + 0.5, row + 0.5, points, p));
      const ink = Math.min(1, Math.max(0, pen + 0.5 - nearest));
      const grey = 255 * ink + (ink > 0 ? 8 * rng.gauss() : 0);
      out[offset + row * SIDE + column] = Math.min(255, Math.max(0, Math.round(grey)));
    }
  }
}

function segmentDistance(x: number, y: number, points: readonly number[], p: number): number {
  const [ax, ay] = [points[p], points[p + 1]];
  const [dx, dy] = [points[p + 2] - ax, points[p + 3] - ay];
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
