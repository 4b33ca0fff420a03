import { checkLength } from "../base/index.ts";
import { blockViews, constraintLayout, evaluateStage, UNBOUNDED, violationOf } from "./constraint-layout.ts";
import type { Ocp, Vec } from "./ocp.ts";
import { blocks } from "./trajectory.ts";

/** One constraint of a problem at one stage of a trajectory. */
export type ConstraintAt = {
  /** A row, or a side of the state box. */
  readonly of: "row" | "lower" | "upper";
  /** Which entry of `rows`; of a side -1. */
  readonly group: number;
  /** Row in its group, or component of the state. */
  readonly index: number;
  readonly k: number;
  /** c, which should be >= 0, or 0 where it is an equality. */
  readonly value: number;
  /** max(0, -c), or |c| of an equality. */
  readonly violation: number;
  readonly multiplier: number;
};

/**
 * Every constraint of a problem along a trajectory, any solver's or a guess: which row is violated, where and by how
 * much, and which ones hold the solution back.
 *
 * @param t states X (N + 1, nx), controls U (N, nu), and multipliers as a result has them, zero where missing
 * @returns in the order of the multipliers; bounds that are infinite are left out
 * @throws ShapeError for arrays that do not fit the problem
 */
export function constraintsAlong(
  ocp: Ocp,
  { X, U, multipliers }: { readonly X: Vec; readonly U: Vec; readonly multipliers?: Vec },
): ConstraintAt[] {
  const { N, dynamics, stateBox } = ocp;
  checkLength("X", X.length, (N + 1) * dynamics.nx, "(N+1)*nx");
  checkLength("U", U.length, N * dynamics.nu, "N*nu");
  const layout = constraintLayout(ocp);
  const y = multipliers ?? new Float64Array(layout.m);
  checkLength("multipliers", y.length, layout.m, "m");
  const con = new Float64Array(layout.m);
  const views = blockViews(layout, con);
  const [x, u] = [blocks(X, dynamics.nx), blocks(U, dynamics.nu)];
  for (let k = 0; k <= N; k++) evaluateStage(ocp, layout, x[k], u[k], k, con, views);
  const at = (i: number, place: Pick<ConstraintAt, "of" | "group" | "index" | "k">): ConstraintAt => ({
    ...place,
    value: con[i],
    violation: violationOf(layout, i, con[i]),
    multiplier: y[i],
  });
  const index = stateBox?.index ?? [];
  return x.flatMap((_, k) => {
    const rows = layout.blocks
      .slice(layout.blockStart[k], layout.blockStart[k + 1])
      .flatMap(({ group, count, at: first }) =>
        Array.from({ length: count }, (_, i) => at(first + i, { of: "row", group, index: i, k })),
      );
    if (k === 0) return rows;
    const box = layout.start[k + 1] - 2 * index.length;
    const sides = (["lower", "upper"] as const).flatMap((of, side) =>
      index.map((i, j) => at(box + side * index.length + j, { of, group: -1, index: i, k })),
    );
    return [...rows, ...sides.filter(({ value }) => value < UNBOUNDED)];
  });
}
