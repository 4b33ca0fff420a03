import { ColorManagement, LinearSRGBColorSpace, Scene, WebGLRenderer } from "three";
import type { Run, Store } from "../contracts.ts";
import { textScale } from "../text-scale.ts";
import { createCameras } from "./cameras.ts";
import { sceneColours } from "./colours.ts";
import { createLabels } from "./labels.ts";
import { LAYER_IDS, layerOn, type ShownRun } from "./layer.ts";
import { createMarks } from "./marks.ts";
import { PIXELS } from "./quad-batch.ts";
import { createRunLayers, type RunLayers, runOn } from "./run-layers.ts";
import { createViewer, type Viewer } from "./run-views.ts";
import { boundsOf, differ, originOf } from "./scene-bounds.ts";
import { createSceneControls } from "./scene-controls.ts";
import { createScenePointer } from "./scene-pointer.ts";
import { sceneOf } from "./scene-state.ts";
import { groundOf, isDarkTheme } from "./theme.ts";
import { thingAt } from "./things.ts";
import "./scene.css";

// Colours are bytes as they are meant to be seen; there is no light to compute with.
ColorManagement.enabled = false;

type Slot = { run: Run; viewer: Viewer; layers: RunLayers; stop: () => void };

/** Creates the 3D scene. It draws only where something changed. */
export function createScenePanel(host: HTMLElement, store: Store): { dispose(): void } {
  const shared = sceneOf(store);
  host.classList.add("scene");
  const renderer = createRenderer();
  if (renderer === undefined) {
    const words = document.createElement("p");
    words.className = "scene-failure";
    words.textContent =
      "This browser gives no WebGL 2, which the scene needs. Plots and panels work without it.";
    host.append(words);
    return { dispose: () => words.remove() };
  }
  const canvas = renderer.domElement;
  canvas.tabIndex = 0;
  canvas.setAttribute(
    "aria-label",
    "3D scene: drag to turn, right drag to move, wheel to zoom, click to inspect; Alt and arrows to move, Page Up and Page Down to zoom",
  );
  host.append(canvas);
  const scene = new Scene();
  const labels = createLabels(host);
  const cameras = createCameras(canvas);
  const marks = createMarks(scene, labels);
  const slots: (Slot | undefined)[] = [undefined, undefined];
  const cache: (RunLayers | undefined)[] = [undefined, undefined];
  let views: ShownRun[] = [];
  let origin = { x: 0, y: 0 };
  let outdated = true;
  let fitted: Run | undefined;
  /** Whether a link said where the camera is, so that the first look is not at everything. */
  let posed = false;
  let fittedToMap = false;
  let lastStatuses = "";
  const controls = createSceneControls(host, store, cameras);

  const invalidate = (): void => {
    outdated = true;
  };

  const setRuns = (): void => {
    for (const slot of [0, 1] as const) {
      const run = store.state.runs[slot];
      if (slots[slot]?.run === run) continue;
      slots[slot]?.stop();
      cache[slot] ??= createRunLayers(scene, slot);
      slots[slot] = run && {
        run,
        viewer: createViewer(run, slot, invalidate),
        layers: cache[slot],
        stop: run.onChange(invalidate),
      };
      if (run === undefined) {
        cache[slot].setVisible(false);
        for (const id of LAYER_IDS) labels.clear(`${id}${slot}`);
      }
    }
    shared.picked = undefined;
    shared.measurement = undefined;
    shared.changed();
    invalidate();
  };

  /** Brings the layers up to date. */
  const refresh = (): void => {
    outdated = false;
    const { state } = store;
    const primary = slots[0];
    const dark = isDarkTheme(state.theme);
    const colours = sceneColours(groundOf(shared.settings.palette, dark));
    host.dataset.ground = colours.dark ? "dark" : "light";
    renderer.setClearColor(colours.ground);
    if (primary !== undefined && fitted !== primary.run) origin = originOf(primary.run);
    shared.statuses.clear();
    views = [];
    for (const slot of slots) {
      if (slot === undefined) continue;
      const view = slot.viewer.view(state, { colours, settings: shared.settings, origin, labels });
      for (const [id, status] of slot.layers.update(view, state)) {
        const list = shared.statuses.get(id) ?? [];
        list[view.slot] = status;
        shared.statuses.set(id, list);
      }
      views.push(view);
    }
    const [first, second] = views;
    if (second?.map !== undefined && first.map !== undefined && differ(first.map.grid, second.map.grid))
      shared.statuses.set("map", [
        undefined,
        { level: "info", text: `${second.run.index.name} drove on another map` },
      ]);
    if (primary !== undefined && first.tick >= 0) lookAtAll(primary.run, first.map !== undefined);
    if (first?.pose.every(Number.isFinite))
      cameras.follow(first.pose[0] - origin.x, first.pose[1] - origin.y, first.pose[2]);
    marks.update(shared, colours, origin);
    controls.setWaiting(slots.some((slot) => slot?.viewer.waiting === true));
    const statuses = JSON.stringify([...shared.statuses]);
    if (statuses !== lastStatuses) {
      lastStatuses = statuses;
      shared.changed();
      // The panels heard it; the scene itself is as it should be.
      outdated = false;
    }
  };

  /** A new run is shown as a whole; again when its map has come, unless somebody chose where to look. */
  const lookAtAll = (run: Run, mapped: boolean): void => {
    const again = fitted === run && mapped && !fittedToMap && !cameras.touched;
    if (fitted === run && !again) return;
    if (!posed) showAll(false);
    if (mapped) posed = false;
    fitted = run;
    fittedToMap = mapped;
  };

  const showAll = (animate: boolean): void => {
    const bounds = views.length === 0 ? undefined : boundsOf(views, origin);
    if (bounds !== undefined) cameras.fit(bounds, animate);
  };

  const draw = (): void => {
    const { clientWidth: w, clientHeight: h } = host;
    renderer.render(scene, cameras.camera);
    labels.place(cameras.camera, w, h);
    controls.setScale(cameras.metresPerPixel(w / 2, h / 2));
  };

  const resize = (): void => {
    const { clientWidth: w, clientHeight: h } = host;
    if (w === 0 || h === 0) return;
    const ratio = Math.min(window.devicePixelRatio, 2);
    renderer.setPixelRatio(ratio);
    renderer.setSize(w, h, false);
    PIXELS.viewport.value.set(w * ratio, h * ratio);
    const scale = textScale();
    PIXELS.ratio.value = ratio * scale;
    labels.setScale(scale);
    cameras.resize(w, h);
    // Setting a canvas' size clears it: draw at once, or it flickers.
    draw();
    outdated = true;
  };

  let then = performance.now();
  let frame = 0;
  const loop = (now: number): void => {
    frame = requestAnimationFrame(loop);
    const moved = cameras.update(Math.min((now - then) / 1000, 0.1));
    then = now;
    const changed = outdated;
    if (!(moved || changed)) return;
    const t0 = performance.now();
    if (changed) {
      refresh();
      cameras.update(0);
    }
    const t1 = performance.now();
    draw();
    if (changed) shared.cost = { refreshMs: t1 - t0, drawMs: performance.now() - t1 };
  };

  const pointer = createScenePointer(canvas, cameras, shared, {
    origin: () => origin,
    over: (at) => controls.setPlace(at),
    thingAt: (x, y, radius) => {
      const shown = views.filter((view) => runOn(store.state, view.slot));
      return thingAt(shown, (id) => layerOn(store.state, id), x, y, radius);
    },
  });

  shared.fit = () => {
    showAll(true);
    invalidate();
  };
  shared.screenOf = (x, y) => cameras.screenOf(x - origin.x, y - origin.y);
  shared.cameraPose = () => cameras.pose();
  shared.setCameraPose = (pose) => {
    cameras.setPose(pose);
    posed = slots[0] === undefined || fitted !== slots[0].run;
    invalidate();
  };
  shared.png = async () => {
    refresh();
    draw();
    const picture = document.createElement("canvas");
    picture.width = canvas.width;
    picture.height = canvas.height;
    const context = picture.getContext("2d");
    if (context === null) throw new Error("this browser gives no 2D canvas to draw a picture with");
    context.drawImage(canvas, 0, 0);
    labels.paint(context, canvas.width / host.clientWidth);
    return new Promise((resolve, reject) =>
      picture.toBlob(
        (blob) => (blob === null ? reject(new Error("the picture is empty")) : resolve(blob)),
        "image/png",
      ),
    );
  };

  const stops = [
    store.subscribe(["runs"], setRuns),
    store.subscribe(["time", "layers", "theme", "lastPlans"], invalidate),
    store.subscribe(["camera"], () => {
      cameras.setMode(store.state.camera);
      invalidate();
    }),
    shared.subscribe(invalidate),
  ];
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", invalidate);
  canvas.addEventListener("webglcontextrestored", invalidate);
  const observer = new ResizeObserver(resize);
  observer.observe(host);
  cameras.setMode(store.state.camera);
  setRuns();
  resize();
  frame = requestAnimationFrame(loop);
  return {
    dispose() {
      cancelAnimationFrame(frame);
      observer.disconnect();
      for (const stop of stops) stop();
      for (const slot of slots) slot?.stop();
      scheme.removeEventListener("change", invalidate);
      pointer.dispose();
      controls.dispose();
      cameras.dispose();
      labels.dispose();
      renderer.dispose();
      canvas.remove();
    },
  };
}

function createRenderer(): WebGLRenderer | undefined {
  try {
    const renderer = new WebGLRenderer({
      antialias: true,
      stencil: true,
      powerPreference: "high-performance",
    });
    renderer.outputColorSpace = LinearSRGBColorSpace;
    return renderer;
  } catch {
    return undefined;
  }
}
