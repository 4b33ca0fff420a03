import { runLetter, type Store } from "../contracts.ts";
import { cssColour, OKABE_ITO, type SceneColours, sceneColours } from "../scene/colours.ts";
import { LAYER_IDS, LAYERS, type LayerId, type LayerStatus, layerOn } from "../scene/layer.ts";
import { MAP_PALETTES, type MapPalette } from "../scene/palettes.ts";
import { runOn } from "../scene/run-layers.ts";
import { sceneOf } from "../scene/scene-state.ts";
import { groundOf, isDarkTheme } from "../scene/theme.ts";
import { trailColour } from "../scene/trail-colours.ts";
import "./scene-panels.css";

type Row = {
  readonly root: HTMLElement;
  readonly eye: HTMLButtonElement;
  readonly swatch: HTMLElement;
  readonly status: HTMLElement;
};

/** The tree of layers: an eye for each, and what it has to say right beside it. */
export function createLayersPanel(host: HTMLElement, store: Store): { dispose(): void } {
  const shared = sceneOf(store);
  const root = document.createElement("section");
  root.className = "layers";
  root.setAttribute("aria-label", "Layers");
  host.append(root);
  const runs = document.createElement("div");
  runs.className = "layers-runs";
  root.append(runs);
  const rows = new Map<LayerId, Row>();
  const groups = new Map<string, HTMLElement>();
  for (const id of LAYER_IDS) {
    const { group, label, help } = LAYERS[id];
    let list = groups.get(group);
    if (list === undefined) {
      list = createGroup(group, root);
      groups.set(group, list);
    }
    const row = createRow(label, help, () => toggle(id));
    if (id === "map") row.root.append(paletteChoice());
    if (id === "distance") row.root.append(distanceChoice());
    if (id === "lastPlans") row.root.append(countChoice());
    list.append(row.root);
    rows.set(id, row);
  }

  function toggle(id: string): void {
    const { layers } = store.state;
    const on = id in LAYERS ? layerOn(store.state, id as LayerId) : (layers[id] ?? true);
    store.set({ layers: { ...layers, [id]: !on } });
  }

  function paletteChoice(): HTMLElement {
    return choice("Colours of the map", MAP_PALETTES, shared.settings.palette, (value) => {
      shared.settings = { ...shared.settings, palette: value as MapPalette };
      shared.changed();
    });
  }

  function distanceChoice(): HTMLElement {
    return choice("Distances in", ["map", "localGrid"], shared.settings.distanceOf, (value) => {
      shared.settings = { ...shared.settings, distanceOf: value as "map" | "localGrid" };
      shared.changed();
    });
  }

  function countChoice(): HTMLElement {
    const input = document.createElement("input");
    input.type = "number";
    input.min = "0";
    input.max = "50";
    input.value = String(store.state.lastPlans);
    input.setAttribute("aria-label", "How many last plans");
    input.addEventListener("change", () => {
      const count = Math.round(Number(input.value));
      if (count >= 0 && count <= 50) store.set({ lastPlans: count });
      input.value = String(store.state.lastPlans);
    });
    return input;
  }

  const showRuns = (): void => {
    const colours = sceneColours(groundOf(shared.settings.palette, isDarkTheme(store.state.theme)));
    runs.replaceChildren();
    if (store.state.runs.length < 2) return;
    store.state.runs.forEach((run, slot) => {
      if (run.index.span !== undefined) return;
      const row = createRow(run.index.name, "a run; its robot and plans have this colour", () =>
        toggle(`run${slot}`),
      );
      setEye(row, runOn(store.state, slot), run.index.name);
      row.swatch.style.background = cssColour(colours.run[slot]);
      runs.append(row.root);
    });
  };

  const show = (): void => {
    const colours = sceneColours(groundOf(shared.settings.palette, isDarkTheme(store.state.theme)));
    const two = store.state.runs.length > 1;
    for (const [id, row] of rows) {
      const on = layerOn(store.state, id);
      setEye(row, on, LAYERS[id].label);
      row.swatch.style.background = swatch(id, colours, store.state.runs.length);
      const statuses = on ? (shared.statuses.get(id) ?? []) : [];
      const worst = statuses.some((status) => status?.level === "error");
      const text = statusText(statuses, two);
      if (row.status.textContent !== text) row.status.textContent = text;
      row.status.title = text;
      row.root.dataset.level = worst ? "error" : "fine";
    }
  };
  const showAll = (): void => {
    showRuns();
    show();
  };
  showAll();
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", showAll);
  const stops = [store.subscribe(["layers", "runs", "theme"], showAll), shared.subscribe(show)];
  return {
    dispose() {
      for (const stop of stops) stop();
      scheme.removeEventListener("change", showAll);
      root.remove();
    },
  };
}

function statusText(statuses: readonly (LayerStatus | undefined)[], two: boolean): string {
  const told = statuses.flatMap((status, slot) =>
    status === undefined ? [] : [two ? `${runLetter(slot)}: ${status.text}` : status.text],
  );
  return [...new Set(told)].join(" · ");
}

function createGroup(name: string, root: HTMLElement): HTMLElement {
  const details = document.createElement("details");
  details.open = true;
  const summary = document.createElement("summary");
  summary.textContent = name;
  details.append(summary);
  root.append(details);
  return details;
}

function createRow(label: string, help: string, toggle: () => void): Row {
  const root = document.createElement("div");
  root.className = "layer-row";
  root.title = help;
  const eye = document.createElement("button");
  eye.type = "button";
  eye.className = "layer-eye";
  eye.innerHTML = EYE;
  eye.addEventListener("click", toggle);
  const swatch = document.createElement("span");
  swatch.className = "layer-swatch";
  const name = document.createElement("span");
  name.className = "layer-name";
  name.textContent = label;
  const status = document.createElement("span");
  status.className = "layer-status";
  root.append(eye, swatch, name, status);
  return { root, eye, swatch, status };
}

const EYE =
  '<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><path class="lid" d="M2 10c2-4 5-6 8-6s6 2 8 6c-2 4-5 6-8 6s-6-2-8-6z"/><circle class="ball" cx="10" cy="10" r="3"/><path class="slash" d="M3 3l14 14"/></svg>';

function setEye(row: Row, on: boolean, label: string): void {
  row.eye.ariaPressed = String(on);
  row.eye.setAttribute("aria-label", `${on ? "Hide" : "Show"} ${label}`);
  row.root.classList.toggle("off", !on);
}

function choice(
  label: string,
  values: readonly string[],
  value: string,
  chosen: (value: string) => void,
): HTMLElement {
  const select = document.createElement("select");
  select.setAttribute("aria-label", label);
  for (const option of values)
    select.add(new Option(CHOICE_NAMES[option] ?? option, option, false, option === value));
  select.addEventListener("change", () => chosen(select.value));
  return select;
}
const CHOICE_NAMES: Readonly<Record<string, string>> = { localGrid: "local grid" };

/** What a layer looks like, as a CSS background; the tree is the legend. */
function swatch(id: LayerId, colours: SceneColours, runs: number): string {
  const run = cssColour(colours.run[0]);
  const two = runs > 1;
  const share = (i: number): string => `${Math.round((100 * i) / runs)}%`;
  const parts = colours.run
    .slice(0, runs)
    .map((colour, i) => `${cssColour(colour)} ${share(i)} ${share(i + 1)}`);
  const both = two ? `linear-gradient(90deg, ${parts.join(", ")})` : run;
  switch (id) {
    case "map":
      return colours.dark
        ? "linear-gradient(90deg, #16191e 50%, #cdd3db 50%)"
        : "linear-gradient(90deg, #fff 50%, #000 50%)";
    case "walls":
      return colours.dark ? "#b9c2c9" : "#5b6770";
    case "unknown":
      return colours.dark ? "#2b3338" : "#708986";
    case "distance":
      return "linear-gradient(90deg, #00224e, #666970, #fee838)";
    case "grid":
      return cssColour(colours.grid);
    case "zones":
      return `linear-gradient(90deg, ${cssColour(colours.collision)} 50%, ${cssColour(OKABE_ITO.orange)} 50%)`;
    case "path":
      return two ? both : cssColour(colours.path);
    case "movers":
      return cssColour(colours.mover);
    case "goal":
    case "localGoal":
      return two ? both : cssColour(colours.goal);
    case "localGrid":
      return colours.dark ? "#2b3338" : "#b0bcc0";
    case "hits":
      return cssColour(colours.hit);
    case "measured":
      return two ? both : cssColour(colours.ink);
    case "collisions":
      return cssColour(colours.collision);
    case "trail": {
      if (two) return both;
      const rgb = new Uint8Array(3);
      const stops = [0, 0.33, 0.67, 1].map((share) => {
        trailColour(share, colours.dark, rgb);
        return `rgb(${rgb.join(" ")})`;
      });
      return `linear-gradient(90deg, ${stops.join(", ")})`;
    }
    case "start":
      return `repeating-linear-gradient(90deg, ${cssColour(colours.starts[1])} 0 5px, transparent 5px 9px)`;
    case "iterates":
      return `linear-gradient(90deg, ${cssColour(colours.early[0])}, ${run})`;
    case "hypotheses":
      return `linear-gradient(90deg, ${[2, 3, 4].map((i) => cssColour(colours.starts[i])).join(", ")})`;
    default:
      return both;
  }
}
