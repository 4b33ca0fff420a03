import {
  DynamicDrawUsage,
  Float32BufferAttribute,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  ShaderMaterial,
  Sphere,
} from "three";
import { PIXELS } from "./fat-lines.ts";

/** Round dots on the ground, some pixels wide at any zoom, in one draw call. */
export type FatDots = {
  readonly mesh: Mesh;
  clear(): void;
  /** Adds a dot; those beyond the capacity are left out. [m] */
  dot(x: number, y: number, colour: number, alpha: number): void;
  /** Dots are at least so large, however near they are. [m] */ setDiameter(metres: number): void;
  upload(): void;
};

const VERTEX = `
attribute vec2 centre;
attribute vec4 tint;
uniform vec2 viewport;
uniform float ratio;
uniform float width;
uniform float diameter;
varying vec4 vTint;
varying vec2 vAt;
void main() {
  vec4 c = projectionMatrix * modelViewMatrix * vec4(centre, 0.0, 1.0);
  float onScreen = diameter * projectionMatrix[1][1] * 0.5 * viewport.y / c.w;
  gl_Position = c + vec4(position.xy * max(width * ratio, onScreen) / viewport * c.w, 0.0, 0.0);
  vTint = tint;
  vAt = position.xy;
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
export function createFatDots(width: number, order: number, capacity: number): FatDots {
  const centres = new InstancedBufferAttribute(new Float32Array(2 * capacity), 2);
  const tints = new InstancedBufferAttribute(new Uint8Array(4 * capacity), 4, true);
  centres.setUsage(DynamicDrawUsage);
  tints.setUsage(DynamicDrawUsage);
  let count = 0;
  const diameter = { value: 0 };
  const geometry = new InstancedBufferGeometry();
  geometry.setIndex([0, 1, 2, 2, 1, 3]);
  geometry.setAttribute("position", new Float32BufferAttribute([-1, -1, 0, 1, -1, 0, -1, 1, 0, 1, 1, 0], 3));
  geometry.setAttribute("centre", centres);
  geometry.setAttribute("tint", tints);
  geometry.instanceCount = 0;
  const mesh = new Mesh(
    geometry,
    new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: { ...PIXELS, width: { value: width }, diameter },
      transparent: true,
      depthTest: false,
      depthWrite: false,
    }),
  );
  mesh.frustumCulled = false;
  // Sorting asks for it; drawn by order alone.
  geometry.boundingSphere = new Sphere();
  mesh.renderOrder = order;
  return {
    mesh,
    clear() {
      count = 0;
    },
    dot(x, y, colour, alpha) {
      if (count === capacity || !Number.isFinite(x + y)) return;
      centres.array[2 * count] = x;
      centres.array[2 * count + 1] = y;
      tints.array[4 * count] = colour >> 16;
      tints.array[4 * count + 1] = (colour >> 8) & 255;
      tints.array[4 * count + 2] = colour & 255;
      tints.array[4 * count + 3] = Math.round(255 * alpha);
      count++;
    },
    setDiameter(metres) {
      diameter.value = metres;
    },
    upload() {
      for (const [attribute, n] of [
        [centres, 2],
        [tints, 4],
      ] as const) {
        attribute.clearUpdateRanges();
        attribute.addUpdateRange(0, n * count);
        attribute.needsUpdate = true;
      }
      geometry.instanceCount = count;
    },
  };
}
