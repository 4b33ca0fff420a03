import { ColorManagement, Scene } from "three";
import type { Store } from "../contracts.ts";
import { textScale } from "../text-scale.ts";
import { type Cameras, createCameras } from "./cameras.ts";
import { createLabels, type Labels } from "./labels.ts";
import { createSceneControls } from "./scene-controls.ts";
import { createSceneRenderer } from "./scene-renderer.ts";

// Colours are bytes as they are meant to be seen; there is no light to compute with.
ColorManagement.enabled = false;

/** What the scene is drawn on, and with. */
export type SceneStage = {
  readonly canvas: HTMLCanvasElement;
  readonly scene: Scene;
  readonly labels: Labels;
  readonly cameras: Cameras;
  readonly controls: ReturnType<typeof createSceneControls>;
  setGround(colour: number): void;
  draw(): void;
  /** To be called where nothing has changed: draws finely what has not for a while. */ rest(): void;
  /** Has the size of the element from now on. @param resized hears of another one, which is drawn at once */
  fillHost(resized: () => void): void;
  /** What was drawn last, with its words. */ picture(): Promise<Blob>;
  dispose(): void;
};

/** What has not moved for so long is still. [ms] */
const STILL = 200;

/** Creates an empty stage in an element; says so there, and is undefined, where the browser has no WebGL 2. */
export function createSceneStage(host: HTMLElement, store: Store): SceneStage | undefined {
  const renderer = createSceneRenderer();
  if (renderer === undefined) {
    const words = document.createElement("p");
    words.className = "scene-failure";
    words.textContent =
      "This browser gives no WebGL 2, which the scene needs. Plots and panels work without it.";
    host.append(words);
    return undefined;
  }
  const { canvas } = renderer;
  canvas.tabIndex = 0;
  canvas.setAttribute(
    "aria-label",
    "3D scene: drag to turn, right drag to move, wheel to zoom, click to inspect; Alt and arrows to move, Page Up and Page Down to zoom",
  );
  host.append(canvas);
  const scene = new Scene();
  const labels = createLabels(host);
  const cameras = createCameras(canvas);
  const controls = createSceneControls(host, store, cameras);
  let drawnAt = 0;
  /** As of the last resize: asking for them while things change makes the browser lay out the page. [CSS px] */
  let [width, height] = [0, 0];
  const draw = (): void => {
    renderer.draw(scene, cameras.camera);
    drawnAt = performance.now();
    labels.place(cameras.camera, width, height);
    controls.setScale(cameras.metresPerPixel(width / 2, height / 2));
  };
  /** @returns whether the element has a size */
  const resize = (): boolean => {
    [width, height] = [host.clientWidth, host.clientHeight];
    if (width === 0 || height === 0) return false;
    const scale = textScale();
    renderer.setSize(width, height, scale);
    labels.setScale(scale);
    cameras.resize(width, height);
    // Setting a canvas' size clears it: draw at once, or it flickers.
    draw();
    return true;
  };
  let observer: ResizeObserver | undefined;
  return {
    canvas,
    scene,
    labels,
    cameras,
    controls,
    setGround: renderer.setGround,
    draw,
    rest() {
      if (performance.now() - drawnAt > STILL) renderer.refine(scene, cameras.camera);
    },
    fillHost(resized) {
      const fill = (): void => {
        if (resize()) resized();
      };
      observer = new ResizeObserver(fill);
      observer.observe(host);
      fill();
    },
    picture() {
      renderer.drawFinely(scene, cameras.camera);
      return pictureOf(canvas, labels, { width, height, scale: renderer.ratio });
    },
    dispose() {
      observer?.disconnect();
      controls.dispose();
      cameras.dispose();
      labels.dispose();
      renderer.dispose();
      canvas.remove();
    },
  };
}

/** A canvas with its words, as large as it is on the screen, however finely it was drawn. @param size [CSS px], and pixels for each */
async function pictureOf(
  canvas: HTMLCanvasElement,
  labels: Labels,
  { width, height, scale }: { width: number; height: number; scale: number },
): Promise<Blob> {
  const picture = document.createElement("canvas");
  picture.width = Math.round(width * scale);
  picture.height = Math.round(height * scale);
  const context = picture.getContext("2d");
  if (context === null) throw new Error("this browser gives no 2D canvas to draw a picture with");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, picture.width, picture.height);
  labels.paint(context, scale);
  return new Promise((resolve, reject) =>
    picture.toBlob(
      (blob) => (blob === null ? reject(new Error("the picture is empty")) : resolve(blob)),
      "image/png",
    ),
  );
}
