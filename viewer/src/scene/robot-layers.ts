import { BufferGeometry, DoubleSide, Group, Mesh, MeshBasicMaterial } from "three";
import { cssColour } from "./colours.ts";
import { addOutline, createFatLines } from "./fat-lines.ts";
import { placeCorners } from "./footprint-sweep.ts";
import { loadLate } from "./late-layers.ts";
import type { Layer } from "./layer.ts";
import { reach } from "./place-layers.ts";

/**
 * The robot as a body over its true footprint, red in contact, with words where something is not as planned.
 *
 * @param changed is called when its body is there, after its outline
 */
export function createRobotLayer(order: number, changed: () => void): Layer {
  const object = new Group();
  // Called transparent to be drawn after what lies on the ground.
  const body = new Mesh(
    new BufferGeometry(),
    new MeshBasicMaterial({ vertexColors: true, transparent: true, side: DoubleSide }),
  );
  body.renderOrder = order;
  body.frustumCulled = false;
  const lines = createFatLines(2, order + 0.1);
  object.add(body, lines.mesh);
  let corners: Float64Array | undefined;
  let edge = -1;
  let bodyOf: Awaited<ReturnType<typeof loadLate>>["robotBody"] | undefined;
  void loadLate().then(({ robotBody }) => {
    bodyOf = robotBody;
    corners = undefined;
    changed();
  });
  return {
    id: "robot",
    object,
    update({ run, pose, tick, record, colours, slot, origin, labels, corners: footprint }) {
      const [x, y, yaw] = pose;
      const known = Number.isFinite(x + y + yaw);
      object.visible = known;
      labels.clear(`robot${slot}`);
      if (!known) {
        const at = run.index.times[tick];
        return {
          level: "error",
          text:
            at === undefined ? "no ticks in this log" : `no transform map → base_link at ${at.toFixed(1)} s`,
        };
      }
      const height = 0.45 * reach(footprint);
      if (corners !== footprint) {
        body.geometry.dispose();
        if (bodyOf !== undefined) body.geometry = bodyOf(run.index.meta.robot, footprint, height);
        lines.mesh.position.z = height;
        corners = footprint;
        edge = -1;
      }
      if (edge !== colours.ink) {
        edge = colours.ink;
        lines.clear();
        addOutline(lines, footprint, edge, 1);
        const front = Math.max(...footprint.filter((_, i) => i % 2 === 0));
        const wing = 0.35 * front;
        lines.segment(front, 0, front - wing, wing, edge, 1);
        lines.segment(front, 0, front - wing, -wing, edge, 1);
        lines.upload();
      }
      const contact = record?.truth?.contact === true;
      body.material.color.setHex(contact ? colours.collision : colours.run[slot]);
      object.position.set(x - origin.x, y - origin.y, 0);
      object.rotation.z = yaw;
      const words = record === undefined ? [] : statusWords(record);
      const text = contact ? ["contact", ...words].join(" · ") : words.join(" · ");
      const colour = cssColour(contact ? colours.collision : colours.ink);
      if (text !== "") labels.add(`robot${slot}`, text, x - origin.x, y - origin.y, 2 * height, colour);
      return undefined;
    },
  };
}

/** What is not as it should be, in few words. */
function statusWords(record: {
  readonly phase: string;
  readonly source: string;
  readonly missedDeadline: boolean;
}): string[] {
  const words: string[] = [];
  if (record.phase !== "driving") words.push(record.phase);
  if (record.source !== "solution" && record.phase !== "arrived") words.push(`fallback: ${record.source}`);
  if (record.missedDeadline) words.push("deadline missed");
  return words;
}

/** Outline of the footprint where the sensors said the robot was. */
export function createMeasuredLayer(order: number): Layer {
  const lines = createFatLines(1.5, order);
  let placed = new Float64Array(0);
  return {
    id: "measured",
    object: lines.mesh,
    update({ record, corners, origin, colours, two, slot }) {
      const pose = record?.pose;
      lines.mesh.visible = pose !== undefined;
      if (record === undefined) return undefined;
      if (pose === undefined)
        return { level: "error", text: "no measured pose at this tick: the sensor failed" };
      if (placed.length !== corners.length) placed = new Float64Array(corners.length);
      placeCorners(corners, pose.x - origin.x, pose.y - origin.y, pose.yaw, placed);
      lines.clear();
      addOutline(lines, placed, two ? colours.run[slot] : colours.ink, 0.6);
      lines.upload();
      return undefined;
    },
  };
}
