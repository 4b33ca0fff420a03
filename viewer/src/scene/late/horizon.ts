import { BufferAttribute, BufferGeometry, DoubleSide, Mesh, ShaderMaterial, Sphere } from "three";
import { placeCorners } from "../footprint-sweep.ts";
import type { Layer } from "../layer.ts";
import { reach } from "../place-layers.ts";

/** Every so many stages a footprint lies over the place where the robot will be. */
const PLATE_EVERY = 5;

const VERTEX = `
attribute vec4 tint;
varying vec4 vTint;
void main() {
  vTint = tint;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;
const FRAGMENT = `
varying vec4 vTint;
void main() { gl_FragColor = vTint; }`;

/** The plan with time as its height: a curtain over its way, and a footprint every few stages. A reach of the robot is a second. */
export function createHorizon(order: number): Layer {
  const geometry = new BufferGeometry();
  geometry.boundingSphere = new Sphere();
  const material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    transparent: true,
    depthWrite: false,
    side: DoubleSide,
  });
  const mesh = new Mesh(geometry, material);
  mesh.renderOrder = order;
  mesh.frustumCulled = false;
  return {
    id: "horizon",
    object: mesh,
    update({ record, nx, corners, origin, colours, slot }) {
      const plan = record?.plan;
      mesh.visible = plan !== undefined;
      if (plan === undefined) return undefined;
      const { X, dt } = plan;
      const stages = Math.floor(X.length / nx);
      const rise = dt * reach(corners);
      const places: number[] = [];
      const alphas: number[] = [];
      const triangle = (alpha: number, ...points: readonly (readonly [number, number, number])[]): void => {
        for (const point of points) {
          places.push(...point);
          alphas.push(alpha);
        }
      };
      const at = (k: number, z: number): readonly [number, number, number] => [
        X[k * nx] - origin.x,
        X[k * nx + 1] - origin.y,
        z,
      ];
      for (let k = 0; k + 1 < stages; k++) {
        const [low, high] = [k * rise, (k + 1) * rise];
        const edge = 0.25 * rise;
        triangle(0.22, at(k, 0), at(k + 1, 0), at(k + 1, high));
        triangle(0.22, at(k, 0), at(k + 1, high), at(k, low));
        triangle(0.95, at(k, low), at(k + 1, high), at(k + 1, high + edge));
        triangle(0.95, at(k, low), at(k + 1, high + edge), at(k, low + edge));
      }
      const placed = new Float64Array(corners.length);
      for (let k = PLATE_EVERY; k < stages; k += PLATE_EVERY) {
        const i = k * nx;
        placeCorners(corners, X[i] - origin.x, X[i + 1] - origin.y, X[i + 2], placed);
        const corner = (c: number) => [placed[c], placed[c + 1], k * rise] as const;
        for (let c = 2; c + 2 < placed.length; c += 2) triangle(0.4, corner(0), corner(c), corner(c + 2));
      }
      const colour = colours.run[slot];
      const rgb = [colour >> 16, (colour >> 8) & 255, colour & 255];
      const tints = Uint8Array.from(alphas.flatMap((alpha) => [...rgb, Math.round(255 * alpha)]));
      geometry.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
      geometry.setAttribute("tint", new BufferAttribute(tints, 4, true));
      return { level: "info", text: `${((stages - 1) * dt).toFixed(1)} s high` };
    },
  };
}
