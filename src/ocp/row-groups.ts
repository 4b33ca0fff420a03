import { oncePer } from "../base/index.ts";
import type { ControlRows, Ocp, Rows, Vec } from "./ocp.ts";

/** A group of rows as solvers take it: of state and control, whether it reads the control or not. */
export type RowGroup = Omit<ControlRows, "controls"> & { readonly controls: boolean };

const NO_GROUPS: readonly RowGroup[] = [];
/** The groups of what a problem has for `rows`: made once, since solvers ask in their inner loops. */
const groupsOf = oncePer((rows: Rows | readonly Rows[]): readonly RowGroup[] => rowList(rows).map(groupOf));

/** The rows of a problem as a list of groups that all take state and control. */
export function rowGroups({ rows }: Pick<Ocp, "rows">): readonly RowGroup[] {
  return rows === undefined ? NO_GROUPS : groupsOf(rows);
}

/** One group or several, as several. */
export function rowList<T extends object>(rows: T | readonly T[] | undefined): readonly T[] {
  if (rows === undefined) return [];
  return Array.isArray(rows) ? rows : [rows as T];
}

function groupOf(rows: Rows): RowGroup {
  if (rows.controls === true) return rows;
  const { count, kind, stages, soft } = rows;
  return {
    ...{ count, kind, stages, soft, controls: false },
    value: (x, _u, k, out) => rows.value(x, k, out),
    jacobian: (x, _u, k, C) => rows.jacobian(x, k, C),
    hessian: rows.hessian && ((x, _u, k, p, H) => rows.hessian!(x, k, p, H)),
  };
}

/** A group as a problem has it. */
export function rowsOfGroup(group: RowGroup): Rows {
  const { count, kind, stages, soft, controls } = group;
  if (controls) return { ...group, controls };
  const none: Vec = new Float64Array(0);
  return {
    ...{ count, kind, stages, soft },
    value: (x, k, out) => group.value(x, none, k, out),
    jacobian: (x, k, C) => group.jacobian(x, none, k, C, none),
    hessian: group.hessian && ((x, k, p, H) => group.hessian!(x, none, k, p, H)),
  };
}
