/** Stands for src/sqp/restore.ts in the demo: rows of the navigation problem are soft, so that none needs restoring. */
export function restore(): boolean {
  return false;
}
