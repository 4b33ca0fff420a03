import type { OcpFunctions, Vec } from "../ocp/index.ts";

/** Rows that hold a goal at the end, a terminal equality, and others that hold at every stage. */
export function reach(
  goal: readonly number[],
  others: readonly ((x: Vec) => number)[] = [],
): NonNullable<OcpFunctions["rows"]> {
  return [
    {
      count: goal.length,
      kind: "equality",
      stages: "terminal",
      value(x, _u, _k, out) {
        for (let i = 0; i < goal.length; i++) out[i] = x[i] - goal[i];
      },
    },
    {
      count: others.length,
      value(x, _u, _k, out) {
        for (let i = 0; i < others.length; i++) out[i] = others[i](x);
      },
    },
  ];
}
