import { messageOf } from "../base/index.ts";
import type { Goal, OccupancyGrid } from "../sim/index.ts";
import type { Navigator } from "./navigator.ts";
import type { SensorSample, TickReport } from "./scene.ts";

/** What a navigator in another thread is told. */
export type NavigatorRequest =
  | { readonly kind: "goal"; readonly goal: Goal | undefined }
  | { readonly kind: "map"; readonly map: OccupancyGrid }
  | { readonly kind: "paused"; readonly paused: boolean }
  /** Somebody else stopped the robot so long after the last sample. [s] */
  | { readonly kind: "stopped"; readonly after: number }
  | { readonly kind: "tick"; readonly id: number; readonly sample: SensorSample };

/** What it answers. */
export type NavigatorAnswer =
  /** It is there, and can be told; perhaps with a note for people. */
  | { readonly kind: "ready"; readonly note?: string }
  | { readonly kind: "report"; readonly id: number; readonly report: TickReport }
  | { readonly kind: "failed"; readonly id: number; readonly note: string };

/** One end of a way between two threads, whatever the platform calls it. */
export type ThreadPort<Out, In> = {
  post(message: Out): void;
  listen(heard: (message: In) => void): void;
};

/**
 * The other thread's side of {@link createWorkerNavigator}: answers every sample with what a navigator makes of it, and
 * renews its path when the answer has left. To be called once, by the worker's own file.
 *
 * @param note for people, told with the news that it is there
 */
export function serveNavigator(
  navigator: Navigator,
  port: ThreadPort<NavigatorAnswer, NavigatorRequest>,
  note?: string,
): void {
  let asked = 0;
  /** Goes on until there is nothing more to do, or something else was asked. */
  const renewFor = (request: number): void => {
    if (request === asked && navigator.renew() === true) setTimeout(() => renewFor(request));
  };
  port.listen((request) => {
    if (request.kind !== "stopped") asked++; // a robot that was stopped still needs its path
    void (async () => {
      if (request.kind === "tick") {
        const { id, sample } = request;
        try {
          port.post({ kind: "report", id, report: await navigator.tick(sample) });
        } catch (error) {
          port.post({ kind: "failed", id, note: messageOf(error) });
        }
        renewFor(asked);
      } else if (request.kind === "goal") navigator.setGoal(request.goal);
      else if (request.kind === "map") navigator.setMap(request.map);
      else if (request.kind === "stopped") navigator.stopped?.(request.after);
      else navigator.setPaused(request.paused);
    })();
  });
  port.post({ kind: "ready", note });
}
