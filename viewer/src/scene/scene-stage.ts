import { ColorManagement, LinearSRGBColorSpace, Scene, WebGLRenderer } from "three";
import type { Store } from "../contracts.ts";
import { textScale } from "../text-scale.ts";
import { type Cameras, createCameras } from "./cameras.ts";
import { createLabels, type Labels } from "./labels.ts";
import { PIXELS } from "./quad-batch.ts";
import { createSceneControls } from "./scene-controls.ts";

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
  /** Fits the element, and draws at once; false where the element has no size. */ resize(): boolean;
  /** What was drawn last, with its words. */ picture(): Promise<Blob>;
  dispose(): void;
};

/** Creates an empty stage in an element; says so there, and is undefined, where the browser has no WebGL 2. */
export function createSceneStage(host: HTMLElement, store: Store): SceneStage | undefined {
  const renderer = createRenderer();
  if (renderer === undefined) {
    const words = document.createElement("p");
    words.className = "scene-failure";
    words.textContent =
      "This browser gives no WebGL 2, which the scene needs. Plots and panels work without it.";
    host.append(words);
    return undefined;
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
  const controls = createSceneControls(host, store, cameras);
  const draw = (): void => {
    const { clientWidth: w, clientHeight: h } = host;
    renderer.render(scene, cameras.camera);
    labels.place(cameras.camera, w, h);
    controls.setScale(cameras.metresPerPixel(w / 2, h / 2));
  };
  return {
    canvas,
    scene,
    labels,
    cameras,
    controls,
    setGround: (colour) => renderer.setClearColor(colour),
    draw,
    resize() {
      const { clientWidth: w, clientHeight: h } = host;
      if (w === 0 || h === 0) return false;
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
      return true;
    },
    picture: () => pictureOf(canvas, labels, canvas.width / host.clientWidth),
    dispose() {
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

async function pictureOf(canvas: HTMLCanvasElement, labels: Labels, scale: number): Promise<Blob> {
  const picture = document.createElement("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height;
  const context = picture.getContext("2d");
  if (context === null) throw new Error("this browser gives no 2D canvas to draw a picture with");
  context.drawImage(canvas, 0, 0);
  labels.paint(context, scale);
  return new Promise((resolve, reject) =>
    picture.toBlob(
      (blob) => (blob === null ? reject(new Error("the picture is empty")) : resolve(blob)),
      "image/png",
    ),
  );
}
