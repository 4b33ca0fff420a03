import { messageOf } from "../../../src/base/index.ts";
import type { AppState, Store } from "../contracts.ts";
import { fileNameOf, saveFile } from "../export/save-file.ts";
import { element } from "../panels/element.ts";
import type { Cameras } from "./cameras.ts";
import { sceneOf, TOOLS, type Tool } from "./scene-state.ts";

const CAMERAS: Readonly<Record<AppState["camera"], readonly [string, string]>> = {
  orbit: ["Orbit", "Turn freely: drag to turn, right drag to move, wheel to zoom"],
  top: ["Top", "Straight down: drag to move, wheel to zoom"],
  followPosition: ["Follow", "Stays with the robot's position"],
  followPose: ["Chase", "Stays behind the robot and turns with it"],
};
const TOOL_NAMES: Readonly<Record<Tool, readonly [string, string]>> = {
  inspect: ["Inspect", "Click a thing to see its numbers"],
  measure: ["Measure", "Click two places to measure their distance"],
  goal: ["Set goal", "Click where the live run is to drive; drag the way it is to look there"],
  obstacle: ["Drop obstacle", "Click where something is to lie in the live run's way"],
};

const ONLY_LIVE = "only a live run takes goals and obstacles";
const HINTS: Readonly<Record<Tool, string>> = {
  inspect: "",
  measure: "click two places",
  goal: "click where the robot is to drive, drag to give it a heading",
  obstacle: "click where an obstacle is to lie",
};

/** The buttons over the scene, its scale and the place under the mouse. */
export function createSceneControls(host: HTMLElement, store: Store, cameras: Cameras) {
  const shared = sceneOf(store);
  const bar = element("div", { className: "scene-bar" });
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Camera and tools");
  const cameraButtons = new Map<AppState["camera"], HTMLButtonElement>();
  const cameraGroup = group("Camera");
  for (const mode of Object.keys(CAMERAS) as AppState["camera"][]) {
    const made = button(CAMERAS[mode][0], CAMERAS[mode][1], () => store.set({ camera: mode }));
    cameraButtons.set(mode, made);
    cameraGroup.append(made);
  }
  const toolButtons = new Map<Tool, HTMLButtonElement>();
  const toolGroup = group("What a click does");
  for (const tool of TOOLS) {
    const made = button(TOOL_NAMES[tool][0], TOOL_NAMES[tool][1], () => {
      shared.tool = tool;
      shared.measurement = undefined;
      shared.changed();
    });
    toolButtons.set(tool, made);
    toolGroup.append(made);
  }
  const viewGroup = group("View");
  viewGroup.append(
    button("Fit", "Show everything", () => shared.fit?.()),
    button("PNG", "Save the scene as a picture", () => {
      shared
        .png?.()
        .then((blob) =>
          saveFile(
            fileNameOf(store.state.runs[0]?.index.name ?? "scene", `-${store.state.time.toFixed(1)}s.png`),
            blob,
          ),
        )
        .catch((error: unknown) => {
          waiting.textContent = messageOf(error);
        });
    }),
  );
  bar.append(cameraGroup, toolGroup, viewGroup);
  const foot = element("div", { className: "scene-foot" });
  const scale = element("div", { className: "scene-scale" });
  const place = element("output", { className: "scene-place" });
  const waiting = element("output", { className: "scene-waiting" });
  const hint = element("output", { className: "scene-hint" });
  foot.append(scale, place, hint, waiting);
  host.append(bar, foot);

  const show = (): void => {
    for (const [mode, made] of cameraButtons) made.ariaPressed = String(mode === store.state.camera);
    const live = store.state.runs[0]?.index.live === true;
    bar.hidden = foot.hidden = store.state.runs.length === 0;
    const usable = {
      goal: live && shared.onSetGoal !== undefined,
      obstacle: live && shared.onDropObstacle !== undefined,
    };
    for (const [tool, made] of toolButtons) {
      made.ariaPressed = String(tool === shared.tool);
      if (tool === "goal" || tool === "obstacle") made.hidden = !usable[tool];
    }
    host.dataset.tool = shared.tool;
    const { tool } = shared;
    hint.textContent = (tool === "goal" || tool === "obstacle") && !usable[tool] ? ONLY_LIVE : HINTS[tool];
  };
  show();
  const stops = [store.subscribe(["camera", "runs"], show), shared.subscribe(show)];
  let shownScale = "";
  return {
    /** @param metresPerPixel of a CSS pixel in the middle of the scene */
    setScale(metresPerPixel: number): void {
      const { metres, pixels } = scaleBar(metresPerPixel);
      const text = metres >= 1 ? `${metres} m` : `${Math.round(100 * metres)} cm`;
      const look = `${text} ${Math.round(pixels)}`;
      scale.hidden = cameras.camera === undefined;
      if (look === shownScale) return;
      shownScale = look;
      scale.textContent = text;
      scale.style.width = `${Math.round(pixels)}px`;
    },
    setPlace(at: readonly [number, number] | undefined): void {
      place.textContent = at === undefined ? "" : `x ${at[0].toFixed(2)}  y ${at[1].toFixed(2)} m`;
    },
    setWaiting(waits: boolean): void {
      waiting.textContent = waits ? "reading…" : "";
    },
    dispose(): void {
      for (const stop of stops) stop();
      bar.remove();
      foot.remove();
    },
  };
}

/** The longest of 1, 2, 5 times a power of ten that is at most 140 pixels. */
export function scaleBar(metresPerPixel: number): { metres: number; pixels: number } {
  const most = 140 * metresPerPixel;
  if (!(most > 0 && Number.isFinite(most))) return { metres: 1, pixels: 0 };
  const decade = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((n) => n * decade).find((length) => length <= most) ?? decade;
  return { metres: Number(metres.toPrecision(1)), pixels: metres / metresPerPixel };
}

function group(name: string): HTMLElement {
  const made = element("div", { className: "scene-group" });
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  return made;
}

function button(text: string, title: string, press: () => void): HTMLButtonElement {
  const made = element("button", { className: "scene-button", type: "button", title }, text);
  made.addEventListener("click", press);
  return made;
}
