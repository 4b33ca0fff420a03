/** Stands for src/sqp/leave-saddle.ts in the demo: a tick's few QPs end long before they could tell a saddle. */
export function leaveSaddle(): "none" {
  return "none";
}
