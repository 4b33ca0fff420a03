import { Group } from "three";
import { createFatLines } from "./fat-lines.ts";
import type { Layer } from "./layer.ts";

/** A line every metre over the map, and the axes of the map frame. */
export function createGroundLayer(order: number): Layer {
  const lines = createFatLines(1, order);
  const axes = createFatLines(3, order + 0.1);
  const object = new Group();
  object.add(lines.mesh, axes.mesh);
  let shown = "";
  return {
    id: "grid",
    object,
    update({ map, pose, origin, colours }) {
      const [x, y] = pose;
      const frame = map?.grid;
      const reach = frame === undefined ? 20 : Math.hypot(frame.width, frame.height) * frame.resolution;
      const step = reach < 60 ? 1 : reach < 300 ? 5 : reach < 1500 ? 50 : 500;
      const x0 = frame === undefined ? (Number.isFinite(x) ? x : 0) - 10 : frame.origin.x;
      const y0 = frame === undefined ? (Number.isFinite(y) ? y : 0) - 10 : frame.origin.y;
      const w = frame === undefined ? 20 : frame.width * frame.resolution;
      const h = frame === undefined ? 20 : frame.height * frame.resolution;
      const turned = frame !== undefined && frame.origin.yaw !== 0;
      const [xs, xe] = turned ? [x0 - reach, x0 + reach] : [x0, x0 + w];
      const [ys, ye] = turned ? [y0 - reach, y0 + reach] : [y0, y0 + h];
      const first = [Math.ceil(xs / step), Math.ceil(ys / step)];
      const look = `${first} ${xe} ${ye} ${step} ${colours.dark}`;
      if (look === shown) return { level: "info", text: `${step} m` };
      shown = look;
      lines.clear();
      const { ink } = colours;
      const alpha = (i: number): number => (i % 5 === 0 ? 0.16 : 0.07);
      for (let i = first[0]; i * step <= xe; i++)
        lines.segment(i * step - origin.x, ys - origin.y, i * step - origin.x, ye - origin.y, ink, alpha(i));
      for (let i = first[1]; i * step <= ye; i++)
        lines.segment(xs - origin.x, i * step - origin.y, xe - origin.x, i * step - origin.y, ink, alpha(i));
      lines.upload();
      axes.clear();
      // Red x and green y, as every ROS tool draws a frame; the longer one is x, for who cannot tell them apart.
      axes.segment(-origin.x, -origin.y, step - origin.x, -origin.y, 0xd62728, 0.9);
      axes.segment(-origin.x, -origin.y, -origin.x, 0.6 * step - origin.y, 0x2ca02c, 0.9);
      axes.upload();
      return { level: "info", text: `${step} m` };
    },
  };
}
