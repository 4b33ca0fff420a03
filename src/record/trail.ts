/** Where the robot has been, as a bounded number of poses. */
type PoseTrail = {
  /** Notes a pose, unless it is too near the last one. */
  add(x: number, y: number, yaw: number): void;
  /** (n, 3) x, y, yaw; the last pose is where the robot is. */
  poses(): Float64Array;
};

const MAX_POSES = 200;

/**
 * Creates an empty trail. When it is full every other pose is dropped and the spacing doubled: a trail of
 * any length stays small and evenly spaced.
 *
 * @param spacing distance between two poses at first [m]
 */
export function createPoseTrail(spacing: number): PoseTrail {
  const kept: number[] = [];
  let gap = spacing;
  let last: readonly [number, number, number] | undefined;
  return {
    add(x, y, yaw) {
      last = [x, y, yaw];
      const n = kept.length;
      if (n > 0 && Math.hypot(x - kept[n - 3], y - kept[n - 2]) < gap) return;
      kept.push(x, y, yaw);
      if (kept.length < 3 * MAX_POSES) return;
      gap *= 2;
      for (let i = 1; 2 * i * 3 < kept.length; i++) {
        for (let j = 0; j < 3; j++) kept[3 * i + j] = kept[6 * i + j];
      }
      kept.length = Math.ceil(kept.length / 6) * 3;
    },
    poses() {
      return Float64Array.from(last === undefined ? kept : [...kept, ...last]);
    },
  };
}
