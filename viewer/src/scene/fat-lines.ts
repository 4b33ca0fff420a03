import {
  DynamicDrawUsage,
  Float32BufferAttribute,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  ShaderMaterial,
  Sphere,
  Vector2,
} from "three";

/** Size of the picture in device pixels and its pixels per CSS pixel; shared by all lines and dots. */
export const PIXELS = { viewport: { value: new Vector2(1, 1) }, ratio: { value: 1 } };

/** Straight pieces on the ground, some pixels wide at any zoom, in one draw call. */
export type FatLines = {
  readonly mesh: Mesh;
  /** Forgets all pieces; the memory is kept. */ clear(): void;
  /** Adds a piece between two points. [m] */
  segment(ax: number, ay: number, bx: number, by: number, colour: number, alpha: number): void;
  /** Number of pieces. */ readonly count: number;
  /** Draws only the first pieces. */ show(count: number): void;
  /** Hands what was added since `clear` to the GPU. */ upload(): void;
};

const VERTEX = `
attribute vec4 segment;
attribute vec4 tint;
uniform vec2 viewport;
uniform float ratio;
uniform float width;
varying vec4 vTint;
void main() {
  vec4 a = modelViewMatrix * vec4(segment.xy, 0.0, 1.0);
  vec4 b = modelViewMatrix * vec4(segment.zw, 0.0, 1.0);
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
  vec4 at = position.x < 0.5 ? ca : cb;
  vec2 shift = vec2(-dir.y, dir.x) * position.y * width * ratio / viewport;
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
  let room = capacity;
  let places = new Float32Array(4 * room);
  let tints = new Uint8Array(4 * room);
  let count = 0;
  const material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { ...PIXELS, width: { value: width } },
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const geometry = new InstancedBufferGeometry();
  geometry.setIndex([0, 1, 2, 2, 1, 3]);
  geometry.setAttribute("position", new Float32BufferAttribute([0, -1, 0, 1, -1, 0, 0, 1, 0, 1, 1, 0], 3));
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  // Sorting asks for it; drawn by order alone.
  geometry.boundingSphere = new Sphere();
  mesh.renderOrder = order;
  const bind = (): void => {
    const a = new InstancedBufferAttribute(places, 4);
    const b = new InstancedBufferAttribute(tints, 4, true);
    a.setUsage(DynamicDrawUsage);
    b.setUsage(DynamicDrawUsage);
    geometry.setAttribute("segment", a);
    geometry.setAttribute("tint", b);
  };
  const grow = (): void => {
    room *= 2;
    const wider = new Float32Array(4 * room);
    const tinted = new Uint8Array(4 * room);
    wider.set(places);
    tinted.set(tints);
    places = wider;
    tints = tinted;
    // The GPU's buffers have the old length: drop them with the geometry.
    geometry.dispose();
    bind();
  };
  bind();
  geometry.instanceCount = 0;
  return {
    mesh,
    clear() {
      count = 0;
    },
    segment(ax, ay, bx, by, colour, alpha) {
      if (!Number.isFinite(ax + ay + bx + by)) return;
      if (count === room) grow();
      const at = 4 * count++;
      places[at] = ax;
      places[at + 1] = ay;
      places[at + 2] = bx;
      places[at + 3] = by;
      tints[at] = colour >> 16;
      tints[at + 1] = (colour >> 8) & 255;
      tints[at + 2] = colour & 255;
      tints[at + 3] = Math.round(255 * alpha);
    },
    get count() {
      return count;
    },
    show(n) {
      geometry.instanceCount = Math.min(Math.max(n, 0), count);
    },
    upload() {
      for (const name of ["segment", "tint"]) {
        const attribute = geometry.getAttribute(name) as InstancedBufferAttribute;
        attribute.clearUpdateRanges();
        attribute.addUpdateRange(0, 4 * count);
        attribute.needsUpdate = true;
      }
      geometry.instanceCount = count;
    },
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
