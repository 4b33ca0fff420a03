import {
  DataTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  Mesh,
  PlaneGeometry,
  RGBAFormat,
  ShaderMaterial,
  UnsignedByteType,
  Vector2,
} from "three";
import type { GridFrame } from "../../../src/sim/index.ts";
import type { GridImage } from "./grid-image.ts";

/** A picture on the ground with crisp cells: sharp edges near, averages far, never a shimmer. */
type RasterMesh = {
  readonly mesh: Mesh;
  /** Shows a picture where its grid lies. */
  show(image: GridImage, frame: GridFrame, origin: { readonly x: number; readonly y: number }): void;
  /** Only moves it. */
  place(frame: GridFrame, image: GridImage, origin: { readonly x: number; readonly y: number }): void;
};

const VERTEX = `
varying vec2 vUv;
void main() {
  vUv = uv;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;
/** Near, a texel's edge is one pixel of blend wide; far, mip levels average. */
const FRAGMENT = `
uniform sampler2D map;
uniform vec2 size;
uniform float opacity;
varying vec2 vUv;
void main() {
  vec2 at = vUv * size;
  vec2 step = max(fwidth(at), 1e-6);
  vec2 seam = floor(at + 0.5);
  vec2 crisp = (seam + clamp((at - seam) / step, -0.5, 0.5)) / size;
  vec4 far = texture2D(map, vUv);
  vec4 near = textureLod(map, crisp, 0.0);
  vec4 colour = mix(near, far, smoothstep(0.6, 1.0, max(step.x, step.y)));
  gl_FragColor = vec4(colour.rgb, colour.a * opacity);
}`;

/** How many texels of a slanted view are averaged; whoever renders without a GPU sets it to 1, since each is read one by one. */
export const SLANTED = { anisotropy: 8 };

/** Creates a raster that lies flat in the scene. @param order what is drawn later covers what is drawn before */
export function createRasterMesh(order: number, opacity = 1): RasterMesh {
  let texture = new DataTexture(new Uint8Array(4), 1, 1);
  const material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { map: { value: texture }, size: { value: new Vector2(1, 1) }, opacity: { value: opacity } },
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const mesh = new Mesh(new PlaneGeometry(1, 1).translate(0.5, 0.5, 0), material);
  mesh.frustumCulled = false;
  mesh.renderOrder = order;
  const place: RasterMesh["place"] = (frame, image, origin) => {
    const cell = frame.resolution * image.block;
    mesh.position.set(frame.origin.x - origin.x, frame.origin.y - origin.y, 0);
    mesh.rotation.set(0, 0, frame.origin.yaw);
    mesh.scale.set(image.width * cell, image.height * cell, 1);
  };
  return {
    mesh,
    place,
    show(image, frame, origin) {
      const { width, height, data } = image;
      const old = texture.image;
      if (old.width === width && old.height === height) {
        texture.image = { width, height, data };
      } else {
        texture.dispose();
        texture = new DataTexture(data, width, height, RGBAFormat, UnsignedByteType);
        texture.magFilter = LinearFilter;
        texture.minFilter = LinearMipmapLinearFilter;
        texture.generateMipmaps = true;
        texture.anisotropy = SLANTED.anisotropy;
        material.uniforms.map.value = texture;
        material.uniforms.size.value.set(width, height);
      }
      texture.needsUpdate = true;
      place(frame, image, origin);
    },
  };
}
