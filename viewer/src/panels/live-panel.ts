import "./live-panel.css";
import type { Panel, Store } from "../contracts.ts";
import { isCommandable } from "../run/live-run.ts";
import { sceneOf } from "../scene/scene-state.ts";
import { element } from "./element.ts";
import type { HandPanel } from "./hand-panel.ts";

/** Radius of an obstacle unless chosen otherwise. [m] */
const RADIUS = 0.25;

/** How a live run stands, and what a click in the scene does to it; hidden where there is none. */
export function createLivePanel(host: HTMLElement, store: Store): Panel {
  const scene = sceneOf(store);
  const status = element("output", { className: "live-status" });
  const answer = element("output", { className: "live-answer" });
  const radius = element("input", {
    type: "number",
    min: "0.05",
    max: "5",
    step: "0.05",
    value: String(RADIUS),
    title: "Radius of an obstacle that is dropped",
  });
  const byHand = element("div");
  let hand: HandPanel | undefined;
  const root = element(
    "section",
    { className: "live-panel", ariaLabel: "Live run" },
    status,
    element("label", {}, "Obstacle radius ", radius, " m"),
    byHand,
    answer,
  );
  host.append(root);
  let stop = (): void => {};

  const command = async (
    wish: Parameters<NonNullable<typeof scene.onSetGoal>>,
    kind: "goal" | "obstacle",
  ) => {
    const run = store.state.runs[0];
    if (!isCommandable(run)) return;
    const [x, y, yaw] = wish;
    answer.textContent = "…";
    const size = Number.isFinite(radius.valueAsNumber) ? radius.valueAsNumber : RADIUS;
    const refusal = await run.command(
      kind === "goal"
        ? { kind, goal: yaw === undefined ? { x, y } : { x, y, yaw } }
        : { kind, x, y, radius: size },
    );
    answer.textContent =
      refusal ?? `${kind === "goal" ? "goal set" : "obstacle dropped"} at ${x.toFixed(2)}, ${y.toFixed(2)} m`;
  };

  /** Loaded with the first live run: most pages show none. */
  let opened = false;
  const openHand = async (): Promise<void> => {
    if (opened) return;
    opened = true;
    const { createHandPanel } = await import("./hand-panel.ts");
    hand = createHandPanel(store, (text) => {
      answer.textContent = text;
    });
    byHand.append(hand.root);
    hand.show();
  };

  const connect = (): void => {
    stop();
    const run = store.state.runs[0];
    const live = isCommandable(run);
    root.hidden = !live;
    if (live) void openHand();
    scene.onSetGoal = live ? (...wish) => void command(wish, "goal") : undefined;
    scene.onDropObstacle = live ? (x, y) => void command([x, y], "obstacle") : undefined;
    stop = live
      ? run.onState(() => {
          show();
        })
      : () => {};
    show();
    scene.changed();
  };
  const show = (): void => {
    const run = store.state.runs[0];
    if (!isCommandable(run)) return;
    hand?.show();
    const { state, note } = run.state;
    status.textContent =
      state === "driving"
        ? (note ?? "driving")
        : state === "waiting"
          ? (note ?? "waiting")
          : `ended${note ? `: ${note}` : ""}`;
    root.dataset.state = state;
  };
  connect();
  const ended = store.subscribe(["runs"], connect);
  return {
    dispose() {
      ended();
      stop();
      hand?.dispose();
      scene.onSetGoal = undefined;
      scene.onDropObstacle = undefined;
      root.remove();
    },
  };
}
