import {
  BufferAttribute,
  BufferGeometry,
  DynamicDrawUsage,
  Mesh,
  type ShaderMaterial,
  Sphere,
  Vector2,
} from "three";

/** Size of the picture in device pixels and its pixels per CSS pixel; shared by all lines and dots. */
export const PIXELS = { viewport: { value: new Vector2(1, 1) }, ratio: { value: 1 } };

/** Placed in a vertex shader: which corner of its quad a vertex is: x in 0, 1; y in -1, 1. */
export const CORNER = `
vec2 corner() {
  int id = gl_VertexID & 3;
  return vec2(float(id & 1), float(id & 2) - 1.0);
}`;

/** Quads with some numbers and a colour each, in one draw call. */
type QuadBatch = {
  readonly mesh: Mesh;
  readonly count: number;
  /** Forgets all quads; the memory is kept. */ clear(): void;
  /** Adds a quad; its numbers are set next. */
  add(colour: number, alpha: number): void;
  /** Sets number `n` of the quad added last. */ set(n: number, value: number): void;
  /** Draws only the first quads. */ show(count: number): void;
  /** Hands what was added since `clear` to the GPU. */ upload(): void;
};

/**
 * Creates an empty batch. Quads are written out corner by corner rather than as instances: software
 * renderers, and many GPUs, are slow at instances of four corners.
 *
 * @param material reads attributes `place` (a vector of `size` numbers) and `tint`
 * @param size numbers of a quad, 2 .. 4
 * @param order what is drawn later covers what is drawn before
 */
export function createQuadBatch(
  material: ShaderMaterial,
  size: number,
  order: number,
  capacity = 64,
): QuadBatch {
  let room = capacity;
  let places = new Float32Array(4 * size * room);
  let tints = new Uint8Array(16 * room);
  let count = 0;
  const geometry = new BufferGeometry();
  // Sorting asks for it; drawn by order alone.
  geometry.boundingSphere = new Sphere();
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  mesh.renderOrder = order;
  const bind = (): void => {
    const indices = new Uint32Array(6 * room);
    for (let q = 0; q < room; q++) {
      for (let i = 0; i < 6; i++) indices[6 * q + i] = 4 * q + QUAD[i];
    }
    geometry.setIndex(new BufferAttribute(indices, 1));
    geometry.setAttribute("place", new BufferAttribute(places, size).setUsage(DynamicDrawUsage));
    geometry.setAttribute("tint", new BufferAttribute(tints, 4, true).setUsage(DynamicDrawUsage));
  };
  const grow = (): void => {
    room *= 2;
    const widerPlaces = new Float32Array(4 * size * room);
    const widerTints = new Uint8Array(16 * room);
    widerPlaces.set(places);
    widerTints.set(tints);
    places = widerPlaces;
    tints = widerTints;
    // The GPU's buffers have the old length: drop them with the geometry.
    geometry.dispose();
    bind();
  };
  bind();
  geometry.setDrawRange(0, 0);
  return {
    mesh,
    get count() {
      return count;
    },
    clear() {
      count = 0;
    },
    add(colour, alpha) {
      if (count === room) grow();
      const last = 16 * ++count;
      const opacity = Math.round(255 * alpha);
      for (let at = last - 16; at < last; at += 4) {
        tints[at] = colour >> 16;
        tints[at + 1] = (colour >> 8) & 255;
        tints[at + 2] = colour & 255;
        tints[at + 3] = opacity;
      }
    },
    set(n, value) {
      const last = 4 * size * count;
      for (let at = last - 4 * size + n; at < last; at += size) places[at] = value;
    },
    show(n) {
      geometry.setDrawRange(0, 6 * Math.min(Math.max(n, 0), count));
    },
    upload() {
      for (const [name, n] of [
        ["place", 4 * size],
        ["tint", 16],
      ] as const) {
        const attribute = geometry.getAttribute(name) as BufferAttribute;
        attribute.clearUpdateRanges();
        attribute.addUpdateRange(0, n * count);
        attribute.needsUpdate = true;
      }
      geometry.setDrawRange(0, 6 * count);
    },
  };
}
const QUAD = [0, 1, 2, 2, 1, 3] as const;
