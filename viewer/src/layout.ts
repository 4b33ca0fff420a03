import type { PartName, Store } from "./contracts.ts";
import { element } from "./panels/element.ts";

/** The page's parts; the panels are put into them. */
export type PageLayout = {
  readonly header: HTMLElement;
  readonly left: HTMLElement;
  readonly scene: HTMLElement;
  readonly plots: HTMLElement;
  readonly timeline: HTMLElement;
  /** Buttons that show and hide the parts. */ readonly parts: HTMLElement;
  /** Adds a tab to the right part. @returns its host, and a function that brings it to the front */
  tab(name: string): { readonly host: HTMLElement; show(): void };
  toggle(part: PartName): void;
};

type Edge = {
  readonly size: () => number;
  readonly least: number;
  readonly most: number;
  readonly label: string;
};
/** Sizes that may be dragged, in pixels of a usual screen. */
const EDGES: Readonly<Record<PartName, Edge>> = {
  left: { size: () => 232, least: 160, most: 520, label: "Width of the layers" },
  right: { size: () => 344, least: 220, most: 900, label: "Width of the details" },
  // The scene is what a low window is for.
  plots: {
    size: () => Math.round(Math.min(250, 0.29 * window.innerHeight)),
    least: 90,
    most: 1200,
    label: "Height of the plots",
  },
};
const STORED = "mnemosyne.viewer.sizes";
/** A window as narrow as a phone or a tablet shows one part at a time, under the scene, and none at first. [px] */
const NARROW = "(max-width: 900px)";
const PART_NAMES: readonly (readonly [PartName, string])[] = [
  ["left", "Layers"],
  ["plots", "Plots"],
  ["right", "Details"],
];

/** Builds the page. Sizes, hidden parts and the tab in front are remembered by the browser, and stand in a link, too. */
export function createLayout(root: HTMLElement, store: Store): PageLayout {
  const header = element("header", { className: "bar" });
  const left = element("aside", { className: "part left", ariaLabel: "Layers" });
  const scene = element("section", { className: "part scene-host", ariaLabel: "Scene" });
  const plots = element("section", { className: "part plots-host", ariaLabel: "Plots" });
  const tabs = element("div", { className: "tabs" });
  tabs.setAttribute("role", "tablist");
  const right = element("aside", { className: "part right", ariaLabel: "Details" }, tabs);
  const timeline = element("footer", { className: "timeline" });
  const page = element("main", { className: "page" });
  const parts = element("div", { className: "parts" });
  parts.setAttribute("role", "group");
  parts.setAttribute("aria-label", "Parts of the page");
  const buttons = PART_NAMES.map(([part, name]) => {
    const button = element(
      "button",
      { type: "button", title: `Show or hide the ${name.toLowerCase()}` },
      name,
    );
    button.addEventListener("click", () => toggle(part));
    return button;
  });
  parts.append(...buttons);
  const narrow = window.matchMedia(NARROW);
  let open: PartName | undefined;
  const sizes = storedSizes();
  for (const [part] of PART_NAMES) {
    const shown = store.state.layers[part];
    if (shown !== undefined) sizes[part].hidden = !shown;
    const { least, most } = EDGES[part];
    const size = store.state.sizes[part];
    if (size !== undefined && size >= least && size <= most) sizes[part].size = size;
  }
  const apply = (): void => {
    page.classList.toggle("narrow", narrow.matches);
    PART_NAMES.forEach(([part], i) => {
      const hidden = narrow.matches ? part !== open : sizes[part].hidden;
      page.style.setProperty(`--${part}`, `${hidden ? 0 : sizes[part].size}px`);
      page.classList.toggle(`no-${part}`, hidden);
      buttons[i].ariaPressed = String(!hidden);
    });
  };
  const change = (part: PartName, size: Sizes[PartName]): void => {
    sizes[part] = size;
    apply();
    try {
      localStorage.setItem(STORED, JSON.stringify(sizes));
    } catch {
      // Private windows and file: pages may refuse: then it is as new next time.
    }
  };
  const toggle = (part: PartName): void => {
    open = open === part ? undefined : part;
    if (narrow.matches) apply();
    else {
      const { hidden, size } = sizes[part];
      change(part, { size, hidden: !hidden });
      store.set({ layers: { ...store.state.layers, [part]: hidden } });
    }
  };
  narrow.addEventListener("change", apply);
  const edges = (Object.keys(EDGES) as PartName[]).map((part) =>
    createEdge(
      part,
      () => sizes[part].size,
      (size) => {
        change(part, { size, hidden: false });
        store.set({ sizes: { ...store.state.sizes, [part]: size } });
      },
    ),
  );
  page.append(header, left, scene, plots, right, ...edges, timeline);
  root.replaceChildren(page);
  apply();
  return {
    header,
    left,
    scene,
    plots,
    timeline,
    tab: (name) => addTab(tabs, right, name, store),
    parts,
    toggle,
  };
}

/** The border of a part, to be dragged, or moved with the arrows. */
function createEdge(part: PartName, sizeNow: () => number, resize: (size: number) => void): HTMLElement {
  const { least, most, label } = EDGES[part];
  const edge = element("div", {
    className: `edge edge-${part}`,
    tabIndex: 0,
    ariaLabel: label,
    title: label,
  });
  const upright = part !== "plots";
  edge.setAttribute("role", "separator");
  edge.setAttribute("aria-orientation", upright ? "vertical" : "horizontal");
  edge.setAttribute("aria-valuenow", String(sizeNow()));
  edge.setAttribute("aria-valuemin", String(least));
  edge.setAttribute("aria-valuemax", String(most));
  const sign = part === "left" ? 1 : -1;
  const set = (size: number): void => {
    const room = upright ? window.innerWidth - 420 : window.innerHeight - 320;
    resize(Math.round(Math.max(least, Math.min(size, most, Math.max(room, least)))));
    edge.setAttribute("aria-valuenow", String(sizeNow()));
  };
  let from = 0;
  let size = 0;
  const place = (event: PointerEvent): number => (upright ? event.clientX : event.clientY);
  edge.addEventListener("pointerdown", (event) => {
    edge.setPointerCapture(event.pointerId);
    from = place(event);
    size = sizeNow();
  });
  edge.addEventListener("pointermove", (event) => {
    if (!edge.hasPointerCapture(event.pointerId)) return;
    const scale = Number(getComputedStyle(edge).getPropertyValue("--scale")) || 1;
    set(size + (sign * (place(event) - from)) / scale);
  });
  edge.addEventListener("dblclick", () => set(EDGES[part].size()));
  edge.addEventListener("keydown", (event) => {
    const [less, more] = upright ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    set(sizeNow() + sign * (event.key === more ? 16 : -16));
  });
  return edge;
}

let tabNumber = 0;

function addTab(
  tabs: HTMLElement,
  right: HTMLElement,
  name: string,
  store: Store,
): ReturnType<PageLayout["tab"]> {
  const id = `tab-${tabNumber++}`;
  const host = element("div", {
    className: "tab-panel",
    id: `${id}-panel`,
    hidden: tabs.childElementCount > 0,
  });
  host.setAttribute("role", "tabpanel");
  host.setAttribute("aria-labelledby", id);
  const button = element("button", { type: "button", id }, name);
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", host.id);
  const show = (): void => {
    for (const other of tabs.querySelectorAll<HTMLButtonElement>("[role=tab]")) {
      const on = other === button;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      const panel = right.querySelector<HTMLElement>(`#${other.getAttribute("aria-controls")}`);
      if (panel !== null) panel.hidden = !on;
    }
  };
  button.addEventListener("click", () => {
    show();
    store.set({ tab: name });
  });
  button.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const all = [...tabs.querySelectorAll<HTMLButtonElement>("[role=tab]")];
    const next = all[(all.indexOf(button) + step + all.length) % all.length];
    next.click();
    next.focus();
  });
  tabs.append(button);
  right.append(host);
  button.setAttribute("aria-selected", String(!host.hidden));
  button.tabIndex = host.hidden ? -1 : 0;
  if (store.state.tab === name) show();
  return { host, show };
}

type Sizes = Record<PartName, { size: number; hidden: boolean }>;

function storedSizes(): Sizes {
  let stored: Partial<Record<PartName, { size?: unknown; hidden?: unknown }>> = {};
  try {
    stored = JSON.parse(localStorage.getItem(STORED) ?? "{}") ?? {};
  } catch {
    // As new.
  }
  const of = (part: PartName): { size: number; hidden: boolean } => {
    const { size, least, most } = EDGES[part];
    const given = Number(stored[part]?.size ?? Number.NaN);
    return {
      size: given >= least && given <= most ? given : size(),
      hidden: stored[part]?.hidden === true,
    };
  };
  return { left: of("left"), right: of("right"), plots: of("plots") };
}
