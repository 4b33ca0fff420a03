import { createFatLines } from "./fat-lines.ts";
import type { Layer, ShownRun } from "./layer.ts";
import { trailColour, trailSpeeds } from "./trail-colours.ts";

/** The way driven up to the tick, coloured by speed; in the run's colour where two runs are compared. */
export function createTrailLayer(order: number): Layer {
  const lines = createFatLines(3.5, order, 1024);
  const built = createBuilder();
  return {
    id: "trail",
    object: lines.mesh,
    update(view) {
      const { tick, run } = view;
      const trail = run.trail();
      if (built.outdated(view, trail)) {
        const rgb = new Uint8Array(3);
        const { dark, run: byRun } = view.colours;
        const { speeds, fastest } = built;
        lines.clear();
        for (let i = 1; i < speeds.length; i++) {
          trailColour(speeds[i] / fastest, dark, rgb);
          const colour = view.two ? byRun[view.slot] : (rgb[0] << 16) | (rgb[1] << 8) | rgb[2];
          // A missing piece keeps its place in the order, so that the first n pieces are the first n ticks.
          const h = Number.isFinite(speeds[i]) ? 3 * i - 3 : 3 * i;
          piece(lines, trail, h, 3 * i, view, colour, Number.isFinite(speeds[i]) ? 0.95 : 0);
        }
        lines.upload();
      }
      lines.show(tick);
      if (!built.known) return { level: "error", text: "no poses in this log" };
      return { level: "info", text: `0 to ${built.fastest.toFixed(1)} m/s` };
    },
  };
}

/** The way driven after the tick. */
export function createTrailAheadLayer(order: number): Layer {
  const lines = createFatLines(1.5, order, 1024);
  return {
    id: "trailAhead",
    object: lines.mesh,
    update(view) {
      const { run, tick, colours, slot } = view;
      const trail = run.trail();
      lines.clear();
      for (let i = Math.max(tick, 0) + 1; 3 * i < trail.length; i++)
        piece(lines, trail, 3 * i - 3, 3 * i, view, colours.run[slot], 0.45);
      lines.upload();
      return undefined;
    },
  };
}

function piece(
  lines: ReturnType<typeof createFatLines>,
  trail: Float64Array,
  from: number,
  to: number,
  { origin }: ShownRun,
  colour: number,
  alpha: number,
): void {
  const known = Number.isFinite(trail[from] + trail[to] + trail[from + 1] + trail[to + 1]);
  if (!known) lines.segment(0, 0, 0, 0, colour, 0);
  else
    lines.segment(
      trail[from] - origin.x,
      trail[from + 1] - origin.y,
      trail[to] - origin.x,
      trail[to + 1] - origin.y,
      colour,
      alpha,
    );
}

/** Speeds of a trail, computed again only where it or its colours changed. */
function createBuilder() {
  let of: Float64Array | undefined;
  let length = -1;
  let look = "";
  const state = {
    speeds: new Float64Array(0) as Float64Array,
    fastest: 1,
    known: false,
    outdated({ run, colours, two }: ShownRun, trail: Float64Array): boolean {
      const looks = `${colours.dark} ${two}`;
      if (trail === of && trail.length === length && looks === look) return false;
      of = trail;
      length = trail.length;
      look = looks;
      const { limits } = run.index.meta.robot;
      const top = "vMax" in limits ? limits.vMax : limits.vxMax;
      state.speeds = trailSpeeds(trail, run.index.times, 2 * top + 0.5);
      state.fastest = top;
      state.known = trail.some(Number.isFinite);
      return true;
    },
  };
  return state;
}
