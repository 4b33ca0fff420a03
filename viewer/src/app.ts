import "./style.css";
import { createAddress, createShareButton } from "./address.ts";
import type { Store } from "./contracts.ts";
import { createDropZone } from "./drop-zone.ts";
import { createExportButton } from "./export/export-button.ts";
import { createHelp } from "./help.ts";
import { createKeyboard } from "./keyboard.ts";
import { createLayout, type PageLayout } from "./layout.ts";
import { createMessages, type Messages } from "./messages.ts";
import { createOpener, type LogOpener } from "./open-file.ts";
import { element } from "./panels/element.ts";
import { createInspector } from "./panels/inspector.ts";
import { createLayersPanel } from "./panels/layers-panel.ts";
import { createLivePanel } from "./panels/live-panel.ts";
import { createMeasure } from "./panels/measure.ts";
import { createNetPanel } from "./panels/net-panel.ts";
import { createSolverPanel } from "./panels/solver-panel.ts";
import { createPlayback } from "./playback.ts";
import { createRunChips } from "./run-chips.ts";
import { createScenePanel } from "./scene/scene-panel.ts";
import { sceneOf } from "./scene/scene-state.ts";
import { createStore } from "./store.ts";
import { createThemeButton } from "./theme.ts";
import { createTimeline } from "./timeline.ts";
import { decodeState } from "./url-state.ts";
import { createWelcome } from "./welcome.ts";

/** The application: what a page adds to or opens in it. */
type App = {
  readonly store: Store;
  readonly layout: PageLayout;
  readonly messages: Messages;
  readonly opener: LogOpener;
  /** Says that something is being loaded, and how far it is, 0 .. 1. */
  opening(name: string, share: number): void;
};

/** Builds the application in the page, with the view that the address names. */
export function createApp(): App {
  const linked = decodeState(location.hash);
  const store = createStore(linked.state);
  const layout = createLayout(document.querySelector<HTMLElement>("#app")!, store);
  const messages = createMessages(document.body);
  const opener = createOpener(store, messages, (name, share) => welcome.opening(name, share));
  const welcome = createWelcome(layout.scene, store, opener);
  const help = createHelp();
  const address = createAddress(store);

  const button = (text: string, title: string, run: () => void): HTMLButtonElement => {
    const made = element("button", { type: "button", title }, text);
    made.addEventListener("click", run);
    return made;
  };
  layout.header.append(element("h1", { className: "brand" }, "Mnemosyne"));
  createRunChips(layout.header, store, opener, messages);
  const compare = button("Compare …", "Lay other logs over the first", () => opener.choose("compare"));
  layout.header.append(
    element("span", { className: "spring" }),
    layout.parts,
    button("Open …", "Open a log (Ctrl O)", () => opener.choose("replace")),
    compare,
    createShareButton(address, messages),
    createExportButton(store, messages),
    createThemeButton(store).button,
    button("?", "Keys (?)", () => help.show()),
  );
  const showCompare = (): void => {
    compare.disabled = store.state.runs.length === 0;
  };
  store.subscribe(["runs"], showCompare);
  showCompare();

  createScenePanel(layout.scene, store);
  createLivePanel(layout.left, store);
  createLayersPanel(layout.left, store);
  const solver = layout.tab("Solver");
  createSolverPanel(solver.host, store);
  const inspect = layout.tab("Inspect");
  createNetPanel(layout.tab("Network").host, store);
  createInspector(inspect.host, store);
  createMeasure(inspect.host, store);
  // The scene is there first: what draws the plots is a tenth of the page.
  void import("./panels/plots.ts").then(({ createPlots }) => createPlots(layout.plots, store));
  createTimeline(layout.timeline, store);

  const scene = sceneOf(store);
  let picked = scene.picked;
  scene.subscribe(() => {
    if (scene.picked !== undefined && scene.picked !== picked) inspect.show();
    picked = scene.picked;
  });
  if (linked.pose !== undefined) scene.setCameraPose?.(linked.pose);

  createPlayback(store);
  createDropZone(store, opener);
  createKeyboard(store, {
    help: () => help.show(),
    open: () => opener.choose("replace"),
    dismiss: () => messages.dismiss(),
    togglePart: (part) => layout.toggle(part),
  });
  // For the browser's console, and for tests that ask where things are on the screen.
  Object.assign(window, { mnemosyne: { store, scene } });
  return { store, layout, messages, opener, opening: welcome.opening };
}
