import { Group } from "three";
import type { TickRecord } from "../../../src/record/index.ts";
import { runLetter } from "../contracts.ts";
import { cssColour, mixColours, startColour } from "./colours.ts";
import { createFatDots } from "./fat-dots.ts";
import { addLine, addOutline, createFatLines } from "./fat-lines.ts";
import { createFlatFill } from "./flat-fill.ts";
import {
  type Collisions,
  findCollisions,
  placeCorners,
  sweepPart,
  trianglesPerPart,
} from "./footprint-sweep.ts";
import type { Layer, LayerStatus } from "./layer.ts";

/** Every so many stages an outline is drawn and a dot stands out. */
const OUTLINE_EVERY = 5;

/** The trajectory that is followed: solid, a dot per stage. */
export function createSolutionLayer(order: number): Layer {
  const lines = createFatLines(3.5, order);
  const dots = createFatDots(5, order + 0.1);
  const object = new Group();
  object.add(lines.mesh, dots.mesh);
  return {
    id: "solution",
    object,
    update(view) {
      const { record, nx, origin, colours, slot } = view;
      const plan = record?.plan;
      object.visible = plan !== undefined;
      if (plan === undefined) return missingPlan(record);
      const { X } = plan;
      lines.clear();
      addLine(lines, X, nx, origin, colours.run[slot], 1);
      lines.upload();
      dots.clear();
      for (let i = 0, k = 0; i + 1 < X.length; i += nx, k++) {
        if (k % OUTLINE_EVERY === 0) dots.dot(X[i] - origin.x, X[i + 1] - origin.y, colours.run[slot], 1);
      }
      dots.upload();
      if (record?.source !== "solution")
        return {
          level: "info",
          text: `a fallback: ${record?.source}${record?.note ? `, ${record.note}` : ""}`,
        };
      return undefined;
    },
  };
}

function missingPlan(record: TickRecord | undefined): LayerStatus | undefined {
  if (record === undefined) return undefined;
  return { level: "info", text: `no plan: ${record.note ?? record.phase}` };
}

/** Ground that the footprint covers along the plan, and its outline every few stages. */
export function createSweptLayer(order: number, stencil: number): Layer {
  const fill = createFlatFill(order, stencil);
  const lines = createFatLines(1, order + 0.1);
  const object = new Group();
  object.add(fill.mesh, lines.mesh);
  let placed = new Float64Array(0);
  return {
    id: "swept",
    object,
    update({ record, nx, corners, origin, colours, slot }) {
      const plan = record?.plan;
      object.visible = plan !== undefined;
      if (plan === undefined) return missingPlan(record);
      const { X } = plan;
      const parts = Math.max(0, Math.floor(X.length / nx) - 1);
      const out = fill.room(parts * trianglesPerPart(corners));
      let at = 0;
      for (let k = 0; k < parts; k++)
        at += sweepPart(corners, X, k * nx, X, (k + 1) * nx, out, at, origin.x, origin.y);
      fill.paint(0, at / 2, colours.run[slot], colours.dark ? 0.26 : 0.2);
      fill.upload(at / 2);
      if (placed.length !== corners.length) placed = new Float64Array(corners.length);
      lines.clear();
      for (let k = OUTLINE_EVERY; k <= parts; k += OUTLINE_EVERY) {
        const i = k * nx;
        placeCorners(corners, X[i] - origin.x, X[i + 1] - origin.y, X[i + 2], placed);
        addOutline(lines, placed, colours.run[slot], 0.7);
      }
      lines.upload();
      return undefined;
    },
  };
}

/**
 * Parts of the plan where the footprint touches an obstacle of the map (of the local grid without a map).
 *
 * @param under order of the ground that is swept: under the rest of the sweep, which leaves it out
 * @param over order of the line and the outlines
 */
export function createCollisionsLayer(under: number, over: number, stencil: number): Layer {
  const fill = createFlatFill(under, stencil);
  const lines = createFatLines(4, over);
  const outlines = createFatLines(1.5, over);
  const object = new Group();
  object.add(fill.mesh, lines.mesh, outlines.mesh);
  let placed = new Float64Array(0);
  return {
    id: "collisions",
    object,
    update({ record, nx, corners, origin, colours, run, map, local }) {
      const plan = record?.plan;
      const grid = (map ?? local)?.grid;
      object.visible = false;
      if (plan === undefined) return undefined;
      if (grid === undefined) return { level: "error", text: "no map to check the plan against" };
      const { X } = plan;
      const found = findCollisions(run.index.meta.robot, X, nx, grid);
      if (found.first < 0) return undefined;
      object.visible = true;
      const { parts, stages } = found;
      const out = fill.room(parts.length * trianglesPerPart(corners));
      if (placed.length !== corners.length) placed = new Float64Array(corners.length);
      let at = 0;
      lines.clear();
      outlines.clear();
      const { x, y } = origin;
      for (let k = 0; k < stages.length; k++) {
        const i = k * nx;
        if (parts[k] === 1) {
          at += sweepPart(corners, X, i, X, i + nx, out, at, x, y);
          lines.segment(X[i] - x, X[i + 1] - y, X[i + nx] - x, X[i + nx + 1] - y, colours.collision, 1);
        }
        const atEdge = stages[k - 1] !== 1 || stages[k + 1] !== 1;
        if (stages[k] === 0 || !(atEdge || k % OUTLINE_EVERY === 0)) continue;
        placeCorners(corners, X[i] - x, X[i + 1] - y, X[i + 2], placed);
        addOutline(outlines, placed, colours.collision, 0.9);
      }
      fill.paint(0, at / 2, colours.collision, 0.5);
      fill.upload(at / 2);
      lines.upload();
      outlines.upload();
      return { level: "info", text: collisionText(found, plan.dt) };
    },
  };
}

function collisionText({ first, stages }: Collisions, dt: number): string {
  const count = stages.reduce((sum, s) => sum + s, 0);
  return `${count} stages, in ${(first * dt).toFixed(1)} s`;
}

/** What the solver started from: faint, every other stage. */
export function createStartLayer(order: number): Layer {
  const lines = createFatLines(3, order);
  return {
    id: "start",
    object: lines.mesh,
    update({ record, nx, origin, colours, two, slot }) {
      const chosen = record?.hypotheses.find((h) => h.chosen);
      lines.mesh.visible = chosen !== undefined;
      if (record === undefined) return undefined;
      if (chosen === undefined) return { level: "info", text: "nothing was solved at this tick" };
      lines.clear();
      const colour = two
        ? colours.run[slot]
        : mixColours(startColour(chosen.name, colours), colours.ink, 0.15);
      addLine(lines, chosen.X, nx, origin, colour, 0.55, true);
      lines.upload();
      const note = record.solve?.startNote;
      return { level: "info", text: note === undefined ? chosen.name : `${chosen.name}: ${note}` };
    },
  };
}

/** What each SQP iteration made of the chosen start, from light to the plan's colour. */
export function createIteratesLayer(order: number): Layer {
  const lines = createFatLines(1.5, order);
  return {
    id: "iterates",
    object: lines.mesh,
    update({ record, nx, origin, colours, slot }) {
      const iterates = record?.hypotheses.find((h) => h.chosen)?.iterates ?? [];
      lines.mesh.visible = iterates.length > 0;
      lines.clear();
      iterates.forEach((X, n) => {
        const share = (n + 1) / iterates.length;
        addLine(
          lines,
          X,
          nx,
          origin,
          mixColours(colours.early[slot], colours.run[slot], share),
          0.5 + 0.4 * share,
        );
      });
      lines.upload();
      if (record === undefined) return undefined;
      if (iterates.length === 0 && record.solve !== undefined && record.solve.iterations > 0)
        return { level: "error", text: "the log holds no iterates of this tick" };
      return { level: "info", text: `${iterates.length}` };
    },
  };
}

/** Starts that were tried and lost, each in its colour with what its iterations made of it; all are named. */
export function createHypothesesLayer(order: number): Layer {
  const lines = createFatLines(2, order);
  return {
    id: "hypotheses",
    object: lines.mesh,
    update({ record, nx, origin, colours, slot, two, labels }) {
      const key = `hypotheses${slot}`;
      labels.clear(key);
      const all = record?.hypotheses ?? [];
      lines.mesh.visible = all.length > 1;
      lines.clear();
      for (const { name, chosen, X, iterates } of all) {
        const colour = two ? colours.run[slot] : startColour(name, colours);
        const last = iterates[iterates.length - 1] ?? X;
        if (!chosen) {
          addLine(lines, X, nx, origin, colour, 0.5, true);
          if (last !== X) addLine(lines, last, nx, origin, colour, 0.85);
        }
        const shown = cssColour(chosen ? mixColours(colour, colours.ink, 0.25) : colour);
        // Of several runs only what was chosen is named, where it ends: all have the colour of their run.
        if (!two && all.length > 1) labels.legend(key, `${chosen ? "✓ " : ""}${name}`, shown);
        if (two && chosen) {
          const end = last.length - nx;
          labels.add(
            key,
            `${runLetter(slot)} ${name}`,
            last[end] - origin.x,
            last[end + 1] - origin.y,
            0,
            shown,
          );
        }
      }
      lines.upload();
      if (record === undefined || all.length > 1) {
        const chosen = all.find((h) => h.chosen);
        return record && { level: "info", text: `${all.length - 1} lost to ${chosen?.name ?? "none"}` };
      }
      return { level: "info", text: "only one start was tried" };
    },
  };
}

/** Plans of the ticks before, fading. */
export function createLastPlansLayer(order: number): Layer {
  const lines = createFatLines(1.5, order);
  return {
    id: "lastPlans",
    object: lines.mesh,
    update({ recent, nx, origin, colours, slot }) {
      lines.clear();
      recent.forEach((record, n) => {
        if (record.plan === undefined) return;
        const alpha = 0.4 * (1 - n / (recent.length + 1));
        addLine(lines, record.plan.X, nx, origin, colours.run[slot], alpha);
      });
      lines.upload();
      return undefined;
    },
  };
}
