import type { WarmStart, WarmStartInput } from "../planner/index.ts";

/** A warm start, and what it was asked last: what a drive's tick planned from, for those who collect scenes. */
export type SpiedStart = {
  readonly warmStart: WarmStart;
  /** None before the first tick. Its grid and field are overwritten by the next tick's. */
  latest?: WarmStartInput;
};

/** A warm start that proposes what `inner` does and remembers what it was asked. */
export function spyOn(inner: WarmStart): SpiedStart {
  const spy: SpiedStart = {
    warmStart: {
      ...inner,
      candidates(input) {
        spy.latest = input;
        return inner.candidates(input);
      },
    },
  };
  return spy;
}
