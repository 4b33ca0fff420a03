import { ShapeError } from "../base/index.ts";

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const d of shape) size *= d;
  return size;
}

/** A shape as messages print it: `(3, 4)`, `()` for a scalar. */
export function shapeText(shape: readonly number[]): string {
  return `(${shape.join(", ")})`;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** @throws ShapeError unless every size is an integer of at least 1 */
export function checkShape(what: string, shape: readonly number[]): void {
  for (const d of shape)
    if (!Number.isInteger(d) || d < 1)
      throw new ShapeError(`${what} has shape ${shapeText(shape)}, expected sizes that are integers >= 1`);
}

/**
 * The common shape of two operands: aligned at the last axis, sizes are equal or one of them is 1.
 *
 * @throws ShapeError where they are not
 */
export function broadcastShapes(what: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const out = Array<number>(rank);
  for (let i = rank - 1; i >= 0; i--) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new ShapeError(
        `${what}: shapes ${shapeText(a)} and ${shapeText(b)} do not broadcast: axis ${i - rank} has ${x} and ${y}, expected equal sizes or a 1`,
      );
    out[i] = Math.max(x, y);
  }
  return out;
}

/** An axis counted from the front; negative ones count from the back. @throws ShapeError out of range */
export function normalizeAxis(what: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(
      `${what}: axis is ${axis}, expected ${rank === 0 ? "none, the tensor is a scalar" : `an integer in ${-rank}..${rank - 1}`}`,
    );
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from the front, in ascending order. @throws ShapeError out of range or repeated */
export function normalizeAxes(what: string, axes: readonly number[], rank: number): number[] {
  const out = axes.map((axis) => normalizeAxis(what, axis, rank)).sort((a, b) => a - b);
  if (new Set(out).size !== out.length)
    throw new ShapeError(`${what}: axes are [${axes}], expected each axis once`);
  return out;
}
