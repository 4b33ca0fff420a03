import type { Vec } from "../ocp/index.ts";

/**
 * A path (n, 2) moved to the left by `bulge` sin(pi s) + `bend` sin(2 pi s), s from 0 to 1 along it; its ends
 * stay. [m]
 */
export function aside(path: Vec, bulge: number, bend = 0): Vec {
  const n = path.length / 2;
  const out = path.slice();
  for (let i = 1; i + 1 < n; i++) {
    const dx = path[2 * i + 2] - path[2 * i - 2];
    const dy = path[2 * i + 3] - path[2 * i - 1];
    const length = Math.hypot(dx, dy) || 1;
    const phase = (Math.PI * i) / (n - 1);
    const offset = bulge * Math.sin(phase) + bend * Math.sin(2 * phase);
    out[2 * i] -= (offset * dy) / length;
    out[2 * i + 1] += (offset * dx) / length;
  }
  return out;
}
