/** Wraps an angle to [-pi, pi]. [rad] */
export function wrapAngle(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
