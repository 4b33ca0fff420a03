import { type Mesh, ShaderMaterial } from "three";
import { CORNER, createQuadBatch, PIXELS } from "./quad-batch.ts";

/** Straight pieces on the ground, some pixels wide at any zoom, in one draw call. */
export type FatLines = {
  readonly mesh: Mesh;
  /** Forgets all pieces; the memory is kept. */ clear(): void;
  /** Adds a piece between two points; none where one is not finite. [m] */
  segment(ax: number, ay: number, bx: number, by: number, colour: number, alpha: number): void;
  /** Draws only the first pieces. */ show(count: number): void;
  /** Hands what was added since `clear` to the GPU. */ upload(): void;
};

/** Pieces that reach behind the camera are cut before they are spread to their width. */
const VERTEX = `
attribute vec4 place;
attribute vec4 tint;
uniform vec2 viewport;
uniform float ratio;
uniform float width;
varying vec4 vTint;
${CORNER}
void main() {
  vec4 a = modelViewMatrix * vec4(place.xy, 0.0, 1.0);
  vec4 b = modelViewMatrix * vec4(place.zw, 0.0, 1.0);
  if (projectionMatrix[3][3] == 0.0) {
    float near = -0.01;
    if (a.z > near && b.z > near) { gl_Position = vec4(0.0, 0.0, 2.0, 1.0); return; }
    if (a.z > near) a = mix(a, b, (near - a.z) / (b.z - a.z));
    else if (b.z > near) b = mix(b, a, (near - b.z) / (a.z - b.z));
  }
  vec4 ca = projectionMatrix * a;
  vec4 cb = projectionMatrix * b;
  vec2 along = (cb.xy / cb.w - ca.xy / ca.w) * viewport;
  float l = length(along);
  vec2 dir = l > 1e-6 ? along / l : vec2(1.0, 0.0);
  vec2 c = corner();
  vec4 at = c.x < 0.5 ? ca : cb;
  vec2 shift = vec2(-dir.y, dir.x) * c.y * width * ratio / viewport;
  gl_Position = at + vec4(shift * at.w, 0.0, 0.0);
  vTint = tint;
}`;
const FRAGMENT = `
varying vec4 vTint;
void main() { gl_FragColor = vTint; }`;

/**
 * Creates an empty set of pieces.
 *
 * @param width [CSS px]
 * @param order what is drawn later covers what is drawn before
 */
export function createFatLines(width: number, order: number, capacity = 64): FatLines {
  const material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { ...PIXELS, width: { value: width } },
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const batch = createQuadBatch(material, 4, order, capacity);
  return {
    mesh: batch.mesh,
    clear: batch.clear,
    segment(ax, ay, bx, by, colour, alpha) {
      if (!Number.isFinite(ax + ay + bx + by)) return;
      batch.add(colour, alpha);
      batch.set(0, ax);
      batch.set(1, ay);
      batch.set(2, bx);
      batch.set(3, by);
    },
    show: batch.show,
    upload: batch.upload,
  };
}

/**
 * Adds a trajectory's positions as a line.
 *
 * @param X (n, stride) x and y first [m]
 * @param dashed every other piece is left out
 */
export function addLine(
  lines: FatLines,
  X: Float64Array,
  stride: number,
  origin: { readonly x: number; readonly y: number },
  colour: number,
  alpha: number,
  dashed = false,
): void {
  for (let i = stride, k = 0; i + 1 < X.length; i += stride, k++) {
    if (dashed && k % 2 === 1) continue;
    const h = i - stride;
    lines.segment(X[h] - origin.x, X[h + 1] - origin.y, X[i] - origin.x, X[i + 1] - origin.y, colour, alpha);
  }
}

/** Adds the outline of a polygon (n, 2), less the origin already. */
export function addOutline(lines: FatLines, corners: Float64Array, colour: number, alpha: number): void {
  const m = corners.length;
  for (let i = 0; i < m; i += 2) {
    lines.segment(corners[i], corners[i + 1], corners[(i + 2) % m], corners[(i + 3) % m], colour, alpha);
  }
}
