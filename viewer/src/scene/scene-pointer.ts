import { listen } from "../panels/element.ts";
import type { Cameras } from "./cameras.ts";
import type { SceneState } from "./scene-state.ts";
import type { ClickedThing } from "./things.ts";

/** A pointer that moved no further than this clicked. [CSS px] */
const CLICK = 5;
/** A click so far off a line still means it. [CSS px] */
const REACH = 9;
/** Keys of the scene itself, while it has the focus; those of the page go on as ever. */
const STEPS: Readonly<Record<string, Parameters<Cameras["nudge"]>[0]>> = {
  "Alt+ArrowLeft": { x: -0.1 },
  "Alt+ArrowRight": { x: 0.1 },
  "Alt+ArrowUp": { y: 0.1 },
  "Alt+ArrowDown": { y: -0.1 },
  "Alt+Shift+ArrowLeft": { turn: -0.2 },
  "Alt+Shift+ArrowRight": { turn: 0.2 },
  PageUp: { zoom: 1.25 },
  PageDown: { zoom: 0.8 },
};

type Place = readonly [number, number];

/** Does what a click on the ground is to do: inspect, measure, set a goal, drop an obstacle. */
export function createScenePointer(
  canvas: HTMLCanvasElement,
  cameras: Cameras,
  shared: SceneState,
  scene: {
    /** Subtracted from places in the scene. [m] */ origin(): { readonly x: number; readonly y: number };
    /** Hears of the place under the pointer. */ over(at: Place | undefined): void;
    thingAt(x: number, y: number, radius: number): ClickedThing | undefined;
  },
): { dispose(): void } {
  let down: PointerEvent | undefined;

  const groundAt = (event: PointerEvent): Place | undefined => {
    const box = canvas.getBoundingClientRect();
    const at = cameras.groundAt(event.clientX - box.left, event.clientY - box.top);
    const origin = scene.origin();
    return at && [at[0] + origin.x, at[1] + origin.y];
  };

  /** Of the goal that is being set: the pointer is dragged the way it is to look. */
  let goal: Place | undefined;

  const click = ([x, y]: Place, event: PointerEvent): void => {
    const { tool, measurement } = shared;
    if (tool === "measure") {
      const open = measurement !== undefined && measurement.done !== true;
      shared.measurement = open ? { a: measurement.a, b: [x, y], done: true } : { a: [x, y] };
    } else if (tool === "goal") shared.onSetGoal?.(x, y);
    else if (tool === "obstacle") shared.onDropObstacle?.(x, y);
    else shared.picked = scene.thingAt(x, y, REACH * cameras.metresPerPixel(event.offsetX, event.offsetY));
    shared.changed();
  };

  const onDown = (event: PointerEvent): void => {
    down = event.button === 0 ? event : undefined;
    goal = down !== undefined && shared.tool === "goal" ? groundAt(event) : undefined;
    if (goal !== undefined) cameras.enable(false);
  };
  const onUp = (event: PointerEvent): void => {
    const from = down;
    const aim = goal;
    down = goal = undefined;
    if (from === undefined) return;
    const at = groundAt(event);
    const dragged = Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > CLICK;
    if (aim !== undefined) {
      cameras.enable(true);
      shared.measurement = undefined;
      if (dragged && at !== undefined)
        shared.onSetGoal?.(aim[0], aim[1], Math.atan2(at[1] - aim[1], at[0] - aim[0]));
      shared.changed();
    }
    if (at !== undefined && !dragged) click(at, event);
  };
  const onMove = (event: PointerEvent): void => {
    const at = groundAt(event);
    scene.over(at);
    const { measurement, tool } = shared;
    if (goal !== undefined && at !== undefined) {
      shared.measurement = { a: goal, b: at };
      shared.changed();
    }
    if (at === undefined || tool !== "measure" || measurement === undefined || measurement.done === true)
      return;
    shared.measurement = { a: measurement.a, b: at };
    shared.changed();
  };
  const onLeave = (): void => scene.over(undefined);
  const onKey = (event: KeyboardEvent): void => {
    const step = STEPS[`${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.key}`];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    cameras.nudge(step);
  };
  const stop = listen(canvas, {
    pointerdown: onDown,
    pointerup: onUp,
    pointermove: onMove,
    pointerleave: onLeave,
    keydown: onKey,
  });
  return { dispose: stop };
}
