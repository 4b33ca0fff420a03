import {
  BufferAttribute,
  BufferGeometry,
  DynamicDrawUsage,
  Mesh,
  NotEqualStencilFunc,
  ReplaceStencilOp,
  ShaderMaterial,
  Sphere,
} from "three";

/** Triangles on the ground in one draw call; where they overlap they are painted once. */
type FlatFill = {
  readonly mesh: Mesh;
  /** (3 * triangles, 2) corners to write to; room for at least so many triangles. */
  room(triangles: number): Float32Array;
  /** Colours the vertices [first, last) of what was written. */
  paint(first: number, last: number, colour: number, alpha: number): void;
  /** Hands the first vertices to the GPU and draws them. */
  upload(vertices: number): void;
};

const VERTEX = `
attribute vec4 tint;
varying vec4 vTint;
void main() {
  vTint = tint;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position.xy, 0.0, 1.0);
}`;
const FRAGMENT = `
varying vec4 vTint;
void main() { gl_FragColor = vTint; }`;

/**
 * Creates an empty fill.
 *
 * @param order what is drawn later covers what is drawn before
 * @param stencil 1 .. 255: pixels that a fill of this number has painted are left alone
 */
export function createFlatFill(order: number, stencil: number): FlatFill {
  let places = new BufferAttribute(new Float32Array(0), 2);
  let tints = new BufferAttribute(new Uint8Array(0), 4, true);
  const geometry = new BufferGeometry();
  const mesh = new Mesh(
    geometry,
    new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      transparent: true,
      depthTest: false,
      depthWrite: false,
      side: 2,
      stencilWrite: true,
      stencilRef: stencil,
      stencilFunc: NotEqualStencilFunc,
      stencilZPass: ReplaceStencilOp,
    }),
  );
  mesh.frustumCulled = false;
  // Sorting asks for it; drawn by order alone.
  geometry.boundingSphere = new Sphere();
  mesh.renderOrder = order;
  return {
    mesh,
    room(triangles) {
      if (places.count < 3 * triangles) {
        geometry.dispose();
        places = new BufferAttribute(new Float32Array(6 * triangles), 2).setUsage(DynamicDrawUsage);
        tints = new BufferAttribute(new Uint8Array(12 * triangles), 4, true).setUsage(DynamicDrawUsage);
        geometry.setAttribute("position", places);
        geometry.setAttribute("tint", tints);
      }
      return places.array as Float32Array;
    },
    paint(first, last, colour, alpha) {
      const bytes = tints.array;
      for (let at = 4 * first; at < 4 * last; at += 4) {
        bytes[at] = colour >> 16;
        bytes[at + 1] = (colour >> 8) & 255;
        bytes[at + 2] = colour & 255;
        bytes[at + 3] = Math.round(255 * alpha);
      }
    },
    upload(vertices) {
      for (const [attribute, n] of [
        [places, 2],
        [tints, 4],
      ] as const) {
        attribute.clearUpdateRanges();
        attribute.addUpdateRange(0, n * vertices);
        attribute.needsUpdate = true;
      }
      geometry.setDrawRange(0, vertices);
    },
  };
}
