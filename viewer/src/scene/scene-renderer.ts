import { type Camera, LinearSRGBColorSpace, type Scene, WebGLRenderer } from "three";
import { PIXELS } from "./quad-batch.ts";
import { SLANTED } from "./raster-mesh.ts";

/** Draws a scene onto a canvas: where no GPU does it, coarsely while it moves and finely when it rests. */
export type SceneRenderer = {
  readonly canvas: HTMLCanvasElement;
  /** Pixels of the screen that count per CSS pixel. */ readonly ratio: number;
  setGround(colour: number): void;
  /** @param scale see `textScale` */ setSize(width: number, height: number, scale: number): void;
  draw(scene: Scene, camera: Camera): void;
  /** The same as finely as can be. */ drawFinely(scene: Scene, camera: Camera): void;
  /** Draws what was drawn last finely, if it had not been. */ refine(scene: Scene, camera: Camera): void;
  dispose(): void;
};

/** Names of renderers that are programs; a drawing with several samples a pixel takes them two to three times as long. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
/** A picture at rest has this many pixels to a side of one in motion, but no more than so many in all. */
const FINER = 2;
const MOST_PIXELS = 2 ** 23;

/** Creates the renderer; undefined where the browser has no WebGL 2. */
export function createSceneRenderer(): SceneRenderer | undefined {
  const isSoftware = SOFTWARE.test(rendererName());
  const renderer = createRenderer(!isSoftware);
  if (renderer === undefined) return undefined;
  if (isSoftware) SLANTED.anisotropy = 1;
  const canvas = renderer.domElement;
  let size = { width: 1, height: 1, scale: 1 };
  let fine = false;

  const usualRatio = (): number => Math.min(window.devicePixelRatio, 2);
  const resize = (): void => {
    const { width, height, scale } = size;
    const usual = usualRatio();
    const most = Math.sqrt(MOST_PIXELS / Math.max(width * height, 1));
    const ratio = fine ? Math.max(usual, Math.min(FINER * usual, most)) : usual;
    renderer.setPixelRatio(ratio);
    renderer.setSize(width, height, false);
    PIXELS.viewport.value.set(width * ratio, height * ratio);
    PIXELS.ratio.value = ratio * scale;
  };
  const setFine = (next: boolean): void => {
    if (!isSoftware || next === fine) return;
    fine = next;
    resize();
  };
  const drawFinely = (scene: Scene, camera: Camera): void => {
    setFine(true);
    renderer.render(scene, camera);
  };
  return {
    canvas,
    get ratio() {
      return usualRatio();
    },
    setGround: (colour) => renderer.setClearColor(colour),
    setSize(width, height, scale) {
      size = { width, height, scale };
      resize();
    },
    draw(scene, camera) {
      setFine(false);
      renderer.render(scene, camera);
    },
    drawFinely,
    refine(scene, camera) {
      if (isSoftware && !fine) drawFinely(scene, camera);
    },
    dispose: () => renderer.dispose(),
  };
}

function createRenderer(antialias: boolean): WebGLRenderer | undefined {
  try {
    const renderer = new WebGLRenderer({ antialias, stencil: true, powerPreference: "high-performance" });
    renderer.outputColorSpace = LinearSRGBColorSpace;
    return renderer;
  } catch {
    return undefined;
  }
}

/** What draws here, as the browser calls it; empty where it does not say. */
function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) return "";
  const words = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(words === null ? gl.RENDERER : words.UNMASKED_RENDERER_WEBGL);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return String(name);
}
