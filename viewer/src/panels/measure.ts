import type { Store } from "../contracts.ts";
import { type Measurement, sceneOf } from "../scene/scene-state.ts";
import { numberTable } from "./inspector.ts";
import "./scene-panels.css";

/** Distance and heading between two places chosen in the scene; shown while the tool is on. */
export function createMeasure(host: HTMLElement, store: Store): { dispose(): void } {
  const shared = sceneOf(store);
  const root = document.createElement("section");
  root.className = "measure";
  root.setAttribute("aria-label", "Measure");
  host.append(root);
  const show = (): void => {
    root.hidden = shared.tool !== "measure";
    if (root.hidden) return;
    const title = document.createElement("h3");
    title.textContent = "Measure";
    const { measurement } = shared;
    if (measurement === undefined) {
      const hint = document.createElement("p");
      hint.className = "panel-hint";
      hint.textContent = "Click the first place.";
      root.replaceChildren(title, hint);
      return;
    }
    root.replaceChildren(title, numberTable(measurementRows(measurement)));
  };
  show();
  const stop = shared.subscribe(show);
  return {
    dispose() {
      stop();
      root.remove();
    },
  };
}

/** What there is to say of a measurement. */
export function measurementRows({ a, b }: Measurement): (readonly [string, string])[] {
  const from = ["from", `${a[0].toFixed(2)}, ${a[1].toFixed(2)} m`] as const;
  if (b === undefined) return [from];
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  return [
    from,
    ["to", `${b[0].toFixed(2)}, ${b[1].toFixed(2)} m`],
    ["distance", `${Math.hypot(dx, dy).toFixed(3)} m`],
    ["along x", `${dx.toFixed(3)} m`],
    ["along y", `${dy.toFixed(3)} m`],
    ["heading", `${((Math.atan2(dy, dx) * 180) / Math.PI).toFixed(1)}°`],
  ];
}
