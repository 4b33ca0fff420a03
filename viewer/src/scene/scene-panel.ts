import { ColorManagement, LinearSRGBColorSpace, Scene, WebGLRenderer } from "three";
import type { Run, Store } from "../contracts.ts";
import { createCameras } from "./cameras.ts";
import { sceneColours } from "./colours.ts";
import { createLabels } from "./labels.ts";
import { LAYER_IDS, layerOn, type RunView } from "./layer.ts";
import { createMarks } from "./marks.ts";
import { PIXELS } from "./quad-batch.ts";
import { createRunLayers, type RunLayers, runOn } from "./run-layers.ts";
import { createViewer, type Viewer } from "./run-views.ts";
import { createSceneControls } from "./scene-controls.ts";
import { sceneOf } from "./scene-state.ts";
import { groundOf, isDarkTheme } from "./theme.ts";
import { thingAt } from "./things.ts";
import "./scene.css";

// Colours are bytes as they are meant to be seen; there is no light to compute with.
ColorManagement.enabled = false;

type Slot = { run: Run; viewer: Viewer; layers: RunLayers; stop: () => void };
/** A pointer that moved no further than this clicked. [CSS px] */
const CLICK = 5;

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
    "3D scene: drag to turn, right drag to move, wheel to zoom, click to inspect",
  );
  host.append(canvas);
  const scene = new Scene();
  const labels = createLabels(host);
  const cameras = createCameras(canvas);
  const marks = createMarks(scene, labels);
  const slots: (Slot | undefined)[] = [undefined, undefined];
  const cache: (RunLayers | undefined)[] = [undefined, undefined];
  let views: RunView[] = [];
  let origin = { x: 0, y: 0 };
  let outdated = true;
  let fitted: Run | undefined;
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
    if (primary !== undefined && fitted !== primary.run && first.tick >= 0) {
      fitted = primary.run;
      showAll(false);
    }
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
    PIXELS.ratio.value = ratio;
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

  const groundAt = (event: PointerEvent): readonly [number, number] | undefined => {
    const box = canvas.getBoundingClientRect();
    const at = cameras.groundAt(event.clientX - box.left, event.clientY - box.top);
    return at && [at[0] + origin.x, at[1] + origin.y];
  };
  let down: { x: number; y: number } | undefined;
  const onDown = (event: PointerEvent): void => {
    down = event.button === 0 ? { x: event.clientX, y: event.clientY } : undefined;
  };
  const onUp = (event: PointerEvent): void => {
    if (down === undefined || Math.hypot(event.clientX - down.x, event.clientY - down.y) > CLICK) return;
    down = undefined;
    const at = groundAt(event);
    if (at === undefined) return;
    click(at[0], at[1], event.offsetX, event.offsetY);
  };
  const onMove = (event: PointerEvent): void => {
    const at = groundAt(event);
    controls.setPlace(at);
    const { measurement, tool } = shared;
    if (at === undefined || tool !== "measure" || measurement === undefined || measurement.done === true)
      return;
    shared.measurement = { a: measurement.a, b: at };
    shared.changed();
  };

  const click = (x: number, y: number, px: number, py: number): void => {
    if (shared.tool === "measure") {
      const { measurement } = shared;
      const open = measurement !== undefined && measurement.done !== true;
      shared.measurement = open ? { a: measurement.a, b: [x, y], done: true } : { a: [x, y] };
    } else if (shared.tool === "goal") shared.onSetGoal?.(x, y);
    else if (shared.tool === "obstacle") shared.onDropObstacle?.(x, y);
    else {
      const shown = views.filter((view) => runOn(store.state, view.slot));
      const radius = 9 * cameras.metresPerPixel(px, py);
      shared.picked = thingAt(shown, (id) => layerOn(store.state, id), x, y, radius);
    }
    shared.changed();
  };

  shared.fit = () => showAll(true);
  shared.cameraPose = () => cameras.pose();
  shared.setCameraPose = (pose) => cameras.setPose(pose);
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
  canvas.addEventListener("pointerdown", onDown);
  canvas.addEventListener("pointerup", onUp);
  canvas.addEventListener("pointermove", onMove);
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

/** A place near the run, so that float32 is exact to a micrometre around it; zero where that is near already. */
function originOf(run: Run): { x: number; y: number } {
  const trail = run.trail();
  const frame = run.map(0)?.grid.origin;
  const x = frame?.x ?? trail[0] ?? 0;
  const y = frame?.y ?? trail[1] ?? 0;
  return Math.hypot(x, y) > 500 ? { x: Math.round(x), y: Math.round(y) } : { x: 0, y: 0 };
}

/** What there is to see: the map, else the trail. */
function boundsOf(views: readonly RunView[], origin: { x: number; y: number }) {
  const bounds = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  const add = (x: number, y: number): void => {
    if (!Number.isFinite(x + y)) return;
    bounds.x0 = Math.min(bounds.x0, x - origin.x);
    bounds.y0 = Math.min(bounds.y0, y - origin.y);
    bounds.x1 = Math.max(bounds.x1, x - origin.x);
    bounds.y1 = Math.max(bounds.y1, y - origin.y);
  };
  for (const { map, run } of views) {
    if (map !== undefined) {
      const { origin: o, width, height, resolution } = map.grid;
      const c = Math.cos(o.yaw) * resolution;
      const s = Math.sin(o.yaw) * resolution;
      for (const [i, j] of [
        [0, 0],
        [width, 0],
        [0, height],
        [width, height],
      ])
        add(o.x + c * i - s * j, o.y + s * i + c * j);
    } else {
      const trail = run.trail();
      for (let i = 0; i < trail.length; i += 3) {
        add(trail[i] - 2, trail[i + 1] - 2);
        add(trail[i] + 2, trail[i + 1] + 2);
      }
    }
  }
  return bounds.x0 <= bounds.x1 ? bounds : undefined;
}

type Grid = NonNullable<RunView["map"]>["grid"];
const compared = new WeakMap<Grid, { with: Grid; differ: boolean }>();

/** Whether two maps are not the same; looked at once per pair. */
function differ(a: Grid, b: Grid): boolean {
  const known = compared.get(a);
  if (known?.with === b) return known.differ;
  const same =
    a.width === b.width &&
    a.height === b.height &&
    a.resolution === b.resolution &&
    a.origin.x === b.origin.x &&
    a.origin.y === b.origin.y &&
    a.cells.every((value, c) => value === b.cells[c]);
  compared.set(a, { with: b, differ: !same });
  return !same;
}
