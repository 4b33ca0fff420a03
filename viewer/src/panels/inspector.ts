import { runLetter, type Store } from "../contracts.ts";
import { sceneOf } from "../scene/scene-state.ts";
import "./scene-panels.css";

/** Numbers of the thing that was clicked in the scene. */
export function createInspector(host: HTMLElement, store: Store): { dispose(): void } {
  const shared = sceneOf(store);
  const root = document.createElement("section");
  root.className = "inspector";
  root.setAttribute("aria-label", "Inspector");
  root.setAttribute("aria-live", "polite");
  host.append(root);
  let shown: unknown = null;
  const show = (): void => {
    const { picked } = shared;
    if (picked === shown) return;
    shown = picked;
    root.replaceChildren();
    if (picked === undefined) {
      const hint = document.createElement("p");
      hint.className = "panel-hint";
      hint.textContent = "Click a thing in the scene: the robot, a plan, a start, the trail, a cell.";
      root.append(hint);
      return;
    }
    const title = document.createElement("h3");
    const two = store.state.runs.length > 1;
    title.textContent = two ? `${picked.title} · ${runLetter(picked.slot)}` : picked.title;
    root.append(title, numberTable(picked.rows));
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

/** Labels and values in two columns. */
export function numberTable(rows: readonly (readonly [string, string])[]): HTMLTableElement {
  const table = document.createElement("table");
  for (const [label, value] of rows) {
    const row = table.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = label;
    row.append(head);
    row.insertCell().textContent = value;
  }
  return table;
}
