import { type Mesh, ShaderMaterial } from "three";
import { CORNER, createQuadBatch, PIXELS } from "./quad-batch.ts";

/** Round dots on the ground, some pixels wide at any zoom, in one draw call. */
type FatDots = {
  readonly mesh: Mesh;
  clear(): void;
  /** Adds a dot; none where it is not finite. [m] */
  dot(x: number, y: number, colour: number, alpha: number): void;
  /** Dots are at least so large, however near they are. [m] */ setDiameter(metres: number): void;
  upload(): void;
};

const VERTEX = `
attribute vec2 place;
attribute vec4 tint;
uniform vec2 viewport;
uniform float ratio;
uniform float width;
uniform float diameter;
varying vec4 vTint;
varying vec2 vAt;
${CORNER}
void main() {
  vec4 c = projectionMatrix * modelViewMatrix * vec4(place, 0.0, 1.0);
  vAt = vec2(corner().x * 2.0 - 1.0, corner().y);
  float onScreen = diameter * projectionMatrix[1][1] * 0.5 * viewport.y / c.w;
  gl_Position = c + vec4(vAt * max(width * ratio, onScreen) / viewport * c.w, 0.0, 0.0);
  vTint = tint;
}`;
const FRAGMENT = `
varying vec4 vTint;
varying vec2 vAt;
void main() {
  float r = length(vAt);
  float edge = fwidth(r);
  float a = vTint.a * (1.0 - smoothstep(1.0 - edge, 1.0, r));
  if (a <= 0.0) discard;
  gl_FragColor = vec4(vTint.rgb, a);
}`;

/**
 * Creates an empty set of dots.
 *
 * @param width diameter [CSS px]
 * @param order what is drawn later covers what is drawn before
 */
export function createFatDots(width: number, order: number, capacity = 64): FatDots {
  const diameter = { value: 0 };
  const material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { ...PIXELS, width: { value: width }, diameter },
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
  const batch = createQuadBatch(material, 2, order, capacity);
  return {
    mesh: batch.mesh,
    clear: batch.clear,
    dot(x, y, colour, alpha) {
      if (!Number.isFinite(x + y)) return;
      batch.add(colour, alpha);
      batch.set(0, x);
      batch.set(1, y);
    },
    setDiameter(metres) {
      diameter.value = metres;
    },
    upload: batch.upload,
  };
}
