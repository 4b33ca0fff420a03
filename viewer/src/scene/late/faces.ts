import { BufferGeometry, Float32BufferAttribute } from "three";

/** Flat faces that make up a body, each shaded by hand: there is no light in the scene. */
export type Faces = {
  /** A face of four corners, in order around it. [m] */
  quad(corners: readonly (readonly [number, number, number])[], shade: number): void;
  /** An upright body over a polygon (n, 2), counter-clockwise, with a lid. [m] */
  prism(polygon: ArrayLike<number>, z0: number, z1: number, shade: number): void;
  box(
    x: readonly [number, number],
    y: readonly [number, number],
    z: readonly [number, number],
    shade: number,
  ): void;
  /** A wheel that rolls along x. */
  wheel(x: number, y: number, radius: number, width: number): void;
  readonly count: number;
  geometry(): BufferGeometry;
};

/** Faces to the side are shaded by where they look: those to the upper left are the lightest. */
const sideShade = (nx: number, ny: number): number => 0.66 + 0.16 * Math.cos(Math.atan2(ny, nx) - 0.7);
/** What is black on a body of any colour. */
const RUBBER = 0.22;

/** Starts an empty body. */
export function createFaces(): Faces {
  const places: number[] = [];
  const shades: number[] = [];
  const vertex = ([x, y, z]: readonly [number, number, number], shade: number): void => {
    places.push(x, y, z);
    shades.push(shade, shade, shade);
  };
  const quad: Faces["quad"] = (corners, shade) => {
    for (const c of [0, 1, 2, 0, 2, 3]) vertex(corners[c], shade);
  };
  const prism: Faces["prism"] = (polygon, z0, z1, shade) => {
    const n = polygon.length;
    for (let i = 2; i + 2 < n; i += 2)
      for (const c of [0, i, i + 2]) vertex([polygon[c], polygon[c + 1], z1], shade);
    for (let i = 0; i < n; i += 2) {
      const [ax, ay, bx, by] = [polygon[i], polygon[i + 1], polygon[(i + 2) % n], polygon[(i + 3) % n]];
      const side = shade * sideShade(by - ay, ax - bx);
      quad([[ax, ay, z0], [bx, by, z0], [bx, by, z1], [ax, ay, z1]], side); // biome-ignore format: a face
    }
  };
  return {
    quad,
    prism,
    box: ([x0, x1], [y0, y1], [z0, z1], shade) => prism([x0, y0, x1, y0, x1, y1, x0, y1], z0, z1, shade),
    wheel(x, y, radius, width) {
      const n = 14;
      const at = (i: number): readonly [number, number] => {
        const angle = (2 * Math.PI * i) / n - Math.PI / 2;
        return [x + radius * Math.cos(angle), radius + radius * Math.sin(angle)];
      };
      for (let i = 0; i < n; i++) {
        const [[ax, az], [bx, bz]] = [at(i), at(i + 1)];
        quad([[ax, y - width, az], [bx, y - width, bz], [bx, y + width, bz], [ax, y + width, az]], RUBBER); // biome-ignore format: a face
        for (const side of [y - width, y + width]) {
          vertex([x, side, radius], 0.5);
          vertex([ax, side, az], RUBBER);
          vertex([bx, side, bz], RUBBER);
        }
      }
    },
    get count() {
      return places.length / 9;
    },
    geometry() {
      const geometry = new BufferGeometry();
      geometry.setAttribute("position", new Float32BufferAttribute(places, 3));
      geometry.setAttribute("color", new Float32BufferAttribute(shades, 3));
      return geometry;
    },
  };
}
