/** Says of the values that something is made of whether one of them is another than the last time. */
export function createChanges(): (values: readonly unknown[]) => boolean {
  let last: readonly unknown[] = [Number.NaN];
  return (values) => {
    const changed = values.length !== last.length || values.some((value, i) => value !== last[i]);
    last = values;
    return changed;
  };
}
