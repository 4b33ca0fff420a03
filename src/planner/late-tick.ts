import { locateOnRoute } from "../route/index.ts";
import { sceneOf } from "./decide.ts";
import type { NavigatorParts } from "./navigator-parts.ts";
import type { NavigatorState } from "./navigator-state.ts";
import { type SensorSample, sampleFault } from "./sensor-sample.ts";
import type { TickEnd } from "./tick-report.ts";

/** What becomes of a sample whose plan did not come in time: the planner's fallback, where there is somewhere to go. */
export function lateTick(
  { sizes, route, planner }: Pick<NavigatorParts, "sizes" | "route" | "planner">,
  state: NavigatorState,
  hasMap: boolean,
  sample: SensorSample,
  note: string,
): { readonly state: NavigatorState; readonly end: TickEnd } {
  const { paused, goal, seen } = state;
  if (paused) return { state, end: { phase: "paused", note } };
  if (goal === undefined || !hasMap) return { state, end: { phase: "idle", note } };
  if (sampleFault(sample, sizes.nx) !== undefined) return { state, end: { phase: "fault", note } };
  const [x, y] = sample.x;
  const here = locateOnRoute(route, state.route, x, y);
  const scene = sceneOf(sample, here?.point ?? { goal, final: true, piece: Float64Array.of(x, y) });
  const outcome = planner.fallback(scene, note, seen?.sample === sample ? seen.field : undefined);
  return {
    state: { ...state, route: here?.route ?? state.route },
    end: { phase: "driving", scene, outcome, missedDeadline: true },
  };
}
