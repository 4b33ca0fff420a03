import type { Run, Store } from "../contracts.ts";
import type { Cameras } from "./cameras.ts";
import { sceneColours } from "./colours.ts";
import { layerOn, type ShownRun } from "./layer.ts";
import { createMarks } from "./marks.ts";
import { createPatience } from "./patience.ts";
import { runOn } from "./run-layers.ts";
import { boundsOf, originOf } from "./scene-bounds.ts";
import { createScenePointer } from "./scene-pointer.ts";
import { createSceneSlots } from "./scene-slots.ts";
import { createSceneStage } from "./scene-stage.ts";
import { type SceneState, sceneOf } from "./scene-state.ts";
import { groundOf, isDarkTheme } from "./theme.ts";
import { thingAt } from "./things.ts";
import "./scene.css";

/** Creates the 3D scene. It draws only where something changed. */
export function createScenePanel(host: HTMLElement, store: Store): { dispose(): void } {
  const shared = sceneOf(store);
  host.classList.add("scene");
  const stage = createSceneStage(host, store);
  if (stage === undefined) return { dispose: () => host.querySelector(".scene-failure")?.remove() };
  const { canvas, cameras, controls, labels } = stage;
  const marks = createMarks(stage.scene, labels);
  let views: ShownRun[] = [];
  let origin = { x: 0, y: 0 };
  let outdated = true;
  let lastStatuses = "";
  const firstLook = createFirstLook();
  const invalidate = (): void => {
    outdated = true;
  };

  const wait = createPatience(invalidate);
  const slots = createSceneSlots(stage.scene, labels, invalidate);
  const setRuns = (): void => {
    slots.set(store.state.runs.map((run) => (run.index.span === undefined ? run : undefined)));
    shared.picked = undefined;
    shared.measurement = undefined;
    shared.changed();
    invalidate();
  };

  /** Brings the layers up to date. */
  const refresh = (): void => {
    outdated = false;
    const { state } = store;
    const { primary } = slots;
    const colours = sceneColours(groundOf(shared.settings.palette, isDarkTheme(state.theme)));
    host.dataset.ground = colours.dark ? "dark" : "light";
    stage.setGround(colours.ground);
    if (primary !== undefined && firstLook.isNew(primary)) origin = originOf(primary);
    views = slots.update(state, { colours, settings: shared.settings, origin, labels }, shared.statuses);
    wait(shared.statuses, views.every(hasBegun));
    const [first] = views;
    const shows = primary !== undefined && first.tick >= 0;
    if (shows && firstLook.take(primary, first.map !== undefined, cameras.touched)) showAll(false);
    if (first?.pose.every(Number.isFinite))
      cameras.follow(first.pose[0] - origin.x, first.pose[1] - origin.y, first.pose[2]);
    marks.update(shared, colours, origin);
    controls.setWaiting(slots.waiting);
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

  const step = (seconds: number): void => {
    const moved = cameras.update(seconds);
    const changed = outdated;
    if (!(moved || changed)) {
      stage.rest();
      return;
    }
    const t0 = performance.now();
    if (changed) {
      refresh();
      cameras.update(0);
    }
    const t1 = performance.now();
    stage.draw();
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

  answer(shared, cameras, {
    fit() {
      showAll(true);
      invalidate();
    },
    screenOf: (x, y) => cameras.screenOf(x - origin.x, y - origin.y),
    poseWasSet() {
      firstLook.poseWasSet(slots.primary);
      invalidate();
    },
    async png() {
      refresh();
      stage.draw();
      return stage.picture();
    },
  });

  const stopWatching = watchStore(store, shared, setRuns, cameras, invalidate);
  canvas.addEventListener("webglcontextrestored", invalidate);
  cameras.setMode(store.state.camera);
  setRuns();
  stage.fillHost(invalidate);
  const stopFrames = everyFrame(step);
  return {
    dispose() {
      stopFrames();
      stopWatching();
      slots.stop();
      pointer.dispose();
      stage.dispose();
    },
  };
}

/** Lets other panels ask for a view, a place on the screen or a picture. */
function answer(
  shared: SceneState,
  cameras: Cameras,
  { poseWasSet, ...own }: Pick<SceneState, "fit" | "screenOf" | "png"> & { poseWasSet(): void },
): void {
  Object.assign(shared, own);
  shared.cameraPose = () => cameras.pose();
  shared.setCameraPose = (pose) => {
    cameras.setPose(pose);
    poseWasSet();
  };
}

/** Whether there can be something to see of a run. */
const hasBegun = ({ run: { index } }: ShownRun): boolean => !index.live || index.times.length > 0;

/** Hears of everything that changes the scene. @returns what ends it */
function watchStore(
  store: Store,
  shared: SceneState,
  setRuns: () => void,
  cameras: Cameras,
  invalidate: () => void,
): () => void {
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
  return () => {
    for (const stop of stops) stop();
    scheme.removeEventListener("change", invalidate);
  };
}

/** Says when all of a new run is to be shown: at first, and when its map has come, unless somebody chose where to look. */
function createFirstLook() {
  let seen: Run | undefined;
  /** Whether a link said where the camera is, so that the first look is not at everything. */
  let posed = false;
  let withMap = false;
  return {
    isNew: (run: Run): boolean => run !== seen,
    poseWasSet(run: Run | undefined): void {
      posed = run === undefined || run !== seen;
    },
    /** Takes a look at a run. @returns whether all of it is to be shown */
    take(run: Run, mapped: boolean, touched: boolean): boolean {
      const again = run === seen && mapped && !withMap && !touched;
      if (run === seen && !again) return false;
      const all = !posed;
      if (mapped) posed = false;
      seen = run;
      withMap = mapped;
      return all;
    },
  };
}

/** Calls at every frame with the seconds since the last one, at most a tenth. @returns what ends it */
function everyFrame(act: (seconds: number) => void): () => void {
  let then = performance.now();
  const loop = (now: number): void => {
    frame = requestAnimationFrame(loop);
    const seconds = Math.min((now - then) / 1000, 0.1);
    then = now;
    act(seconds);
  };
  let frame = requestAnimationFrame(loop);
  return () => cancelAnimationFrame(frame);
}
