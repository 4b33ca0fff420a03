import type { OcpFunctions, Vec } from "../ocp/index.ts";

/** Rows that hold a goal at the end, and other rows that hold at every stage. */
export function reach(
  N: number,
  goal: readonly number[],
  others: readonly ((x: Vec) => number)[] = [],
): NonNullable<OcpFunctions["rows"]> {
  return {
    count: 2 * goal.length + others.length,
    value(x, k, out) {
      for (let i = 0; i < goal.length; i++) {
        out[2 * i] = k === N ? x[i] - goal[i] : 1;
        out[2 * i + 1] = k === N ? goal[i] - x[i] : 1;
      }
      for (let i = 0; i < others.length; i++) out[2 * goal.length + i] = others[i](x);
    },
  };
}
