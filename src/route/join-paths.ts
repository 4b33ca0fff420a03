import { createPath, type Path, type PathPiece } from "./path.ts";

/**
 * One path of several, each of which begins where the one before ends.
 *
 * @returns the path, and the arc length of each end [m]
 */
export function joinPaths(paths: readonly Path[]): { readonly path: Path; readonly ends: readonly number[] } {
  const ends: number[] = [];
  for (const { length } of paths) ends.push((ends.at(-1) ?? 0) + length);
  if (paths.length === 1) return { path: paths[0], ends };
  const points: number[] = [];
  const yaw: number[] = [];
  const s: number[] = [];
  const pieces: PathPiece[] = [];
  for (const [n, path] of paths.entries()) {
    const before = n === 0 ? 0 : ends[n - 1];
    const goesOn = goesOnStraight(pieces.at(-1), path);
    const first = n > 0 && goesOn ? 1 : 0; // the point where they meet is there once, but at a change of direction
    // One by one: a way of kilometres has more points than a call takes arguments.
    for (const value of path.points.subarray(2 * first)) points.push(value);
    for (const value of path.yaw.subarray(first)) yaw.push(value);
    for (const at of path.s.subarray(first)) s.push(at + before);
    for (const [k, { from, to, direction }] of (path.pieces ?? []).entries()) {
      const last = k === 0 && goesOn ? pieces.pop() : undefined;
      pieces.push({ from: last?.from ?? from + before, to: to + before, direction });
    }
  }
  if (pieces.length === 0) return { path: createPath(Float64Array.from(points)), ends };
  const [length] = ends.slice(-1);
  return {
    path: {
      points: Float64Array.from(points),
      yaw: Float64Array.from(yaw),
      s: Float64Array.from(s),
      length,
      pieces,
    },
    ends,
  };
}

/** Whether a path goes on in the direction of the piece before it. */
function goesOnStraight(last: PathPiece | undefined, { pieces }: Path): boolean {
  return pieces === undefined || last === undefined || pieces[0]?.direction === last.direction;
}
