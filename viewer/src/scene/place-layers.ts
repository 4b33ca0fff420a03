import { Group } from "three";
import { cssColour } from "./colours.ts";
import { createFatDots } from "./fat-dots.ts";
import { addLine, addOutline, createFatLines, type FatLines } from "./fat-lines.ts";
import { placeCorners } from "./footprint-sweep.ts";
import type { Layer, ShownRun } from "./layer.ts";
import { findHits } from "./range-hits.ts";
import { ageOf, missingLocalGrid } from "./world-layers.ts";

/** The global path. */
export function createPathLayer(order: number): Layer {
  const lines = createFatLines(2.5, order);
  let shown: Float64Array | undefined;
  let colour = -1;
  return {
    id: "path",
    object: lines.mesh,
    update({ path, colours, origin, two, slot, run, tick }) {
      const points = path?.points;
      const none = points === undefined || points.length < 4;
      lines.mesh.visible = !none;
      if (none) {
        const at = run.index.times[tick];
        return {
          level: "error",
          text: `no path to the goal at ${at === undefined ? "any time" : `${at.toFixed(1)} s`}`,
        };
      }
      const wanted = two ? colours.run[slot] : colours.path;
      if (points === shown && wanted === colour) return undefined;
      lines.clear();
      addLine(lines, points, 2, origin, wanted, two ? 0.6 : 0.9);
      lines.upload();
      shown = points;
      colour = wanted;
      return undefined;
    },
  };
}

/**
 * The goal: the robot's outline as it is to stand there, or a ring where any heading will do; and what it is to pass
 * through on the way, numbered rings as wide as what counts as through.
 */
export function createGoalLayer(order: number): Layer {
  const lines = createFatLines(2.5, order);
  const dots = createFatDots(9, order);
  const object = new Group();
  object.add(lines.mesh, dots.mesh);
  let corners = new Float64Array(0);
  return {
    id: "goal",
    object,
    update(view) {
      const { record, colours, origin } = view;
      const goal = record?.goal;
      object.visible = goal !== undefined;
      const label = `goal${view.slot}`;
      view.labels.clear(label);
      if (record === undefined) return undefined;
      if (goal === undefined) return { level: "info", text: "no goal at this tick" };
      const x = goal.x - origin.x;
      const y = goal.y - origin.y;
      const colour = view.two ? view.colours.run[view.slot] : colours.goal;
      if (corners.length !== view.corners.length) corners = new Float64Array(view.corners.length);
      lines.clear();
      if (goal.yaw === undefined) ring(lines, x, y, reachOf(view), colour);
      else {
        placeCorners(view.corners, x, y, goal.yaw, corners);
        addOutline(lines, corners, colour, 1);
        arrow(lines, x, y, goal.yaw, 1.5 * reachOf(view), colour);
      }
      dots.clear();
      dots.dot(x, y, colour, 1);
      for (const [n, place] of (goal.via ?? []).entries()) {
        const [viaX, viaY] = [place.x - origin.x, place.y - origin.y];
        ring(lines, viaX, viaY, place.tolerance ?? reachOf(view), colour);
        dots.dot(viaX, viaY, colour, 0.6);
        view.labels.add(label, String(n + 1), viaX, viaY, 0, cssColour(colour));
      }
      lines.upload();
      dots.upload();
      return undefined;
    },
  };
}

/** Where this tick's plan is to lead. */
export function createLocalGoalLayer(order: number): Layer {
  const lines = createFatLines(2, order);
  const dots = createFatDots(8, order);
  const object = new Group();
  object.add(lines.mesh, dots.mesh);
  return {
    id: "localGoal",
    object,
    update({ record, colours, origin, corners, two, slot }) {
      const goal = record?.localGoal;
      object.visible = goal !== undefined;
      if (record === undefined) return undefined;
      if (goal === undefined) return { level: "info", text: "nothing was planned at this tick" };
      const colour = two ? colours.run[slot] : colours.goal;
      const x = goal.x - origin.x;
      const y = goal.y - origin.y;
      lines.clear();
      if (goal.yaw !== undefined) arrow(lines, x, y, goal.yaw, reach(corners), colour);
      lines.upload();
      dots.clear();
      dots.dot(x, y, colour, 0.9);
      dots.upload();
      return undefined;
    },
  };
}

/** What the range sensor hit. */
export function createHitsLayer(order: number): Layer {
  const places = new Float32Array(2 * MAX_HITS);
  const dots = createFatDots(4, order, 1024);
  let shown: unknown;
  let colour = -1;
  return {
    id: "hits",
    object: dots.mesh,
    update(view) {
      const { local, colours, origin, slot, two } = view;
      dots.mesh.visible = local !== undefined;
      if (local === undefined) return missingLocalGrid(view);
      const wanted = two && slot > 0 ? colours.run[slot] : colours.hit;
      if (local.grid !== shown || colour !== wanted) {
        const count = findHits(local.grid, places, origin.x, origin.y);
        dots.clear();
        for (let i = 0; i < Math.min(count, MAX_HITS); i++)
          dots.dot(places[2 * i], places[2 * i + 1], wanted, 0.9);
        dots.setDiameter(local.grid.resolution);
        dots.upload();
        shown = local.grid;
        colour = wanted;
      }
      return ageOf(view);
    },
  };
}
const MAX_HITS = 20_000;

/** Furthest corner of a footprint from its origin. [m] */
export function reach(corners: Float64Array): number {
  let most = 0;
  for (let i = 0; i < corners.length; i += 2) most = Math.max(most, Math.hypot(corners[i], corners[i + 1]));
  return most;
}
const reachOf = ({ corners }: ShownRun): number => reach(corners);

export function ring(lines: FatLines, x: number, y: number, r: number, colour: number): void {
  const n = 36;
  for (let i = 0; i < n; i++) {
    const a = (2 * Math.PI * i) / n;
    const b = (2 * Math.PI * (i + 1)) / n;
    lines.segment(
      x + r * Math.cos(a),
      y + r * Math.sin(a),
      x + r * Math.cos(b),
      y + r * Math.sin(b),
      colour,
      1,
    );
  }
}

function arrow(lines: FatLines, x: number, y: number, yaw: number, length: number, colour: number): void {
  const tipX = x + length * Math.cos(yaw);
  const tipY = y + length * Math.sin(yaw);
  lines.segment(x, y, tipX, tipY, colour, 1);
  for (const turn of [2.6, -2.6]) {
    const a = yaw + turn;
    lines.segment(
      tipX,
      tipY,
      tipX + 0.3 * length * Math.cos(a),
      tipY + 0.3 * length * Math.sin(a),
      colour,
      1,
    );
  }
}
