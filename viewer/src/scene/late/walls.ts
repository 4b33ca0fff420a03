import { DoubleSide, Mesh, MeshBasicMaterial } from "three";
import { OCCUPIED, type OccupancyGrid } from "../../../../src/sim/index.ts";
import type { Layer } from "../layer.ts";
import { reach } from "../place-layers.ts";
import { createFaces, type Faces } from "./faces.ts";

/** More faces than these are no picture any more, and slow. */
const MOST_FACES = 300_000;

/** Obstacles of the map as bodies, as high as the robot is wide. */
export function createWalls(order: number): Layer {
  // Called transparent to be drawn after the ground.
  const material = new MeshBasicMaterial({
    vertexColors: true,
    transparent: true,
    side: DoubleSide,
    forceSinglePass: true,
  });
  const mesh = new Mesh(undefined, material);
  mesh.renderOrder = order;
  mesh.frustumCulled = false;
  let shown: OccupancyGrid | undefined;
  let note = "";
  return {
    id: "walls",
    object: mesh,
    update({ map, local, colours, origin, corners }) {
      const grid = (map ?? local)?.grid;
      mesh.visible = grid !== undefined;
      if (grid === undefined) return undefined;
      if (grid !== shown) {
        const faces = wallFaces(grid, reach(corners));
        note = faces.count > MOST_FACES ? `${faces.count} faces: too many to stand up` : "";
        mesh.geometry.dispose();
        mesh.geometry = (note === "" ? faces : createFaces()).geometry();
        shown = grid;
      }
      material.color.setHex(colours.dark ? 0xb9c2c9 : 0x5b6770);
      mesh.position.set(grid.origin.x - origin.x, grid.origin.y - origin.y, 0);
      mesh.rotation.z = grid.origin.yaw;
      return note === "" ? undefined : { level: "info", text: note };
    },
  };
}

/**
 * The faces between occupied cells and others, and lids on top; neighbours that lie in a row are one face.
 *
 * @param height [m]
 * @returns faces in the grid's frame [m]
 */
export function wallFaces(grid: OccupancyGrid, height: number): Faces {
  const { width: w, height: h, resolution: r, cells } = grid;
  const faces = createFaces();
  const full = (i: number, j: number): number =>
    i >= 0 && i < w && j >= 0 && j < h && cells[j * w + i] >= OCCUPIED ? 1 : 0;
  /** Gives runs along a line on which `side` is the same and not 0. */
  const runs = (
    n: number,
    side: (k: number) => number,
    take: (a: number, b: number, side: number) => void,
  ): void => {
    for (let k = 0, from = 0, now = 0; k <= n; k++) {
      const next = k < n ? side(k) : 0;
      if (next === now) continue;
      if (now !== 0) take(from * r, k * r, now);
      [from, now] = [k, next];
    }
  };
  for (let j = 0; j <= h; j++) {
    const y = j * r;
    runs(w, (i) => full(i, j) - full(i, j - 1), (a, b, side) =>
      faces.quad([[a, y, 0], [b, y, 0], [b, y, height], [a, y, height]], side > 0 ? 0.62 : 0.78)); // biome-ignore format: a face
  }
  for (let i = 0; i <= w; i++) {
    const x = i * r;
    runs(h, (j) => full(i, j) - full(i - 1, j), (a, b, side) =>
      faces.quad([[x, a, 0], [x, b, 0], [x, b, height], [x, a, height]], side > 0 ? 0.7 : 0.5)); // biome-ignore format: a face
  }
  lids(w, h, full, (i0, i1, j0, j1) => {
    const [a, b, c, d] = [i0 * r, i1 * r, j0 * r, j1 * r];
    faces.quad([[a, c, height], [b, c, height], [b, d, height], [a, d, height]], 1); // biome-ignore format: a face
  });
  return faces;
}

/** Covers the full cells by rectangles: each as wide as its first row goes, then as high as that goes. */
function lids(
  w: number,
  h: number,
  full: (i: number, j: number) => number,
  take: (i0: number, i1: number, j0: number, j1: number) => void,
): void {
  const done = new Uint8Array(w * h);
  const open = (i: number, j: number): boolean => full(i, j) === 1 && done[j * w + i] === 0;
  for (let j = 0; j < h; j++) {
    for (let i = 0; i < w; i++) {
      if (!open(i, j)) continue;
      let right = i + 1;
      while (right < w && open(right, j)) right++;
      let top = j + 1;
      const row = (at: number): boolean => {
        for (let k = i; k < right; k++) if (!open(k, at)) return false;
        return true;
      };
      while (top < h && row(top)) top++;
      for (let at = j; at < top; at++) done.fill(1, at * w + i, at * w + right);
      take(i, right, j, top);
    }
  }
}
