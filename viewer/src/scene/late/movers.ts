import { DoubleSide, DynamicDrawUsage, Group, InstancedMesh, Matrix4, MeshBasicMaterial } from "three";
import type { Mover } from "../../../../src/sim/index.ts";
import { createFatLines } from "../fat-lines.ts";
import type { Layer, ShownRun } from "../layer.ts";
import { ring } from "../place-layers.ts";
import { personBody } from "./bodies.ts";

/** Where they have been is shown so far back, where they are taken to go so far ahead. [s] */
const BACK = 3;
const AHEAD = 2;
/** Dashes of the way to come. */
const DASHES = 9;
/** Most bodies that are drawn. */
const MOST = 256;
/** Nearer to somebody than this share of its radius a mover is seen where it is. */
const OFF = 0.25;

/**
 * Who moves: a body where each truly is, the way it has just come, and, dashed, where the robot takes it to be in two seconds at
 * the velocity that it knows. A ring of its own shows where the robot sees somebody who truly is elsewhere.
 */
export function createMovers(order: number): Layer {
  // Called transparent to be drawn after the ground.
  const material = new MeshBasicMaterial({ vertexColors: true, transparent: true, side: DoubleSide });
  const bodies = new InstancedMesh(personBody(), material, MOST);
  bodies.instanceMatrix.setUsage(DynamicDrawUsage);
  bodies.frustumCulled = false;
  bodies.renderOrder = order + 0.2;
  const lines = createFatLines(2, order);
  const object = new Group();
  object.add(lines.mesh, bodies);
  const matrix = new Matrix4();
  return {
    id: "movers",
    object,
    update(view) {
      const { record, origin, colours } = view;
      const seen = record?.movers ?? [];
      const there: readonly Mover[] = record?.truth?.movers ?? seen;
      object.visible = there.length + seen.length > 0;
      if (!object.visible) return { level: "info", text: "nobody moves at this tick" };
      const colour = colours.mover;
      material.color.setHex(colour);
      bodies.count = Math.min(MOST, there.length);
      lines.clear();
      const known = new Set(there.map(({ id }) => id));
      there.slice(0, MOST).forEach(({ x, y, vx, vy, radius }, n) => {
        const [c, s] = unit(vx, vy);
        matrix.set(radius * c, -radius * s, 0, x - origin.x, radius * s, radius * c, 0, y - origin.y, 0, 0, 1, 0, 0, 0, 0, 1); // biome-ignore format: rows of a matrix
        bodies.setMatrixAt(n, matrix);
        ring(lines, x - origin.x, y - origin.y, radius, colour);
      });
      bodies.instanceMatrix.needsUpdate = true;
      addPast(lines, view, known, colour);
      for (const { x, y, vx, vy, radius } of seen) {
        const [px, py] = [x - origin.x, y - origin.y];
        for (let k = 0; k < DASHES; k += 2) {
          const [a, b] = [(k * AHEAD) / DASHES, ((k + 1) * AHEAD) / DASHES];
          lines.segment(px + a * vx, py + a * vy, px + b * vx, py + b * vy, colours.ink, 0.7);
        }
        const truly = there.some((one) => Math.hypot(one.x - x, one.y - y) < OFF * radius);
        if (!truly) ring(lines, px, py, radius, colours.ink);
      }
      lines.upload();
      const moving = there.filter(({ vx, vy }) => Math.hypot(vx, vy) > 0.1).length;
      return { level: "info", text: `${moving} of ${there.length} walk` };
    },
  };
}

/** The way each has just come, fading the longer ago; as far as the ticks are read. */
function addPast(
  lines: ReturnType<typeof createFatLines>,
  { run, tick, origin }: ShownRun,
  known: ReadonlySet<number>,
  colour: number,
): void {
  const { times } = run.index;
  const last = new Map<number, Mover>();
  for (let n = tick; n >= 0 && times[tick] - times[n] <= BACK; n--) {
    const record = run.tickNow(n);
    if (record === undefined) return;
    const alpha = 0.7 * (1 - (times[tick] - times[n]) / BACK);
    for (const mover of record.truth?.movers ?? record.movers ?? []) {
      if (!known.has(mover.id)) continue;
      const next = last.get(mover.id);
      if (next !== undefined)
        lines.segment(
          mover.x - origin.x,
          mover.y - origin.y,
          next.x - origin.x,
          next.y - origin.y,
          colour,
          alpha,
        );
      last.set(mover.id, mover);
    }
  }
}

/** Direction of a velocity; along x where there is none. */
function unit(vx: number, vy: number): readonly [number, number] {
  const speed = Math.hypot(vx, vy);
  return speed > 0 ? [vx / speed, vy / speed] : [1, 0];
}
