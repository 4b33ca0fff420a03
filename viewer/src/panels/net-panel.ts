import "./net-panel.css";
import type { Panel, Store } from "../contracts.ts";
import { type CurrentTick, watchTick } from "./current-tick.ts";
import { element } from "./element.ts";
import type { NetGrid } from "./net-grid.ts";

/** Side of a cell on the screen. [CSS px] */
const CELL = 4;
const TITLES = { occupancy: "Occupancy", distance: "Distance" } as const;
const LEGENDS = {
  occupancy: "black occupied, grey unknown, white free",
  distance: "dark near an obstacle, light far",
} as const;

/**
 * What the warm-start network looks at: its channels in the robot's frame, forward up, with the patches it
 * reads them in; and the starts that came of it.
 */
export function createNetPanel(host: HTMLElement, store: Store): Panel {
  const root = element("div", { className: "net" });
  host.append(root);
  let current: CurrentTick | undefined;
  const say = (text: string): void => root.replaceChildren(element("p", {}, text));

  const show = async (tick: CurrentTick | undefined): Promise<void> => {
    current = tick;
    if (tick === undefined) return say("No tick at this time.");
    const { record, run, i } = tick;
    // The last picture stays while the tick is read: no flicker under the cursor.
    if (record === undefined)
      return root.childElementCount === 0 ? say("The tick is being read …") : undefined;
    const { x } = record;
    if (x === undefined) return say("Nothing was planned in this tick: there was nothing to look at.");
    try {
      const [{ netGridOf, specOfRun }, local] = await Promise.all([
        import("./net-grid.ts"),
        run.localGrid(i),
      ]);
      if (current !== tick) return;
      if (local === undefined) return say("No local grid was logged up to this tick.");
      const age = record.time - local.time;
      root.replaceChildren(...draw(netGridOf(specOfRun(run.index.meta, record), x, local.grid), age, tick));
    } catch (error) {
      if (current === tick)
        say(`The grid cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const stop = watchTick(store, (tick) => void show(tick));
  return {
    dispose() {
      stop();
      current = undefined;
      root.remove();
    },
  };
}

function draw(grid: NetGrid, age: number, { record }: CurrentTick): HTMLElement[] {
  const start = record?.solve?.start ?? "none";
  const asked = /^net/.test(start) || record?.hypotheses.some(({ name }) => name.startsWith("net")) === true;
  const names = record?.hypotheses.map(({ name, chosen }) => (chosen ? `${name} (chosen)` : name)) ?? [];
  return [
    element(
      "p",
      {},
      `${grid.window} × ${grid.window} cells over ${grid.side.toFixed(1)} m, in patches of ${grid.patch} × ${grid.patch}. ` +
        `The robot is in the middle and looks up.${age > 0.05 ? ` The local grid was logged ${age.toFixed(1)} s earlier.` : ""}`,
    ),
    element(
      "div",
      { className: "net-channels" },
      ...grid.channels.map(({ name, bytes }) =>
        element(
          "figure",
          {},
          picture(grid, bytes, name === "occupancy"),
          element("figcaption", {}, `${TITLES[name]}: ${LEGENDS[name]}`),
        ),
      ),
    ),
    element(
      "p",
      {},
      asked ? `Starts: ${names.join(", ")}` : `The network was not asked in this tick (start: ${start}).`,
    ),
  ];
}

/** A channel with its patches and the robot. @param dark whether large bytes are dark */
function picture({ window, patch }: NetGrid, bytes: Uint8Array, dark: boolean): HTMLCanvasElement {
  const canvas = element("canvas", { width: window * CELL, height: window * CELL, role: "img" });
  canvas.ariaLabel = "The network's grid, forward up";
  const context = canvas.getContext("2d")!;
  for (let i = 0; i < window; i++) {
    for (let j = 0; j < window; j++) {
      const byte = bytes[i * window + j];
      const level = dark ? 255 - byte : byte;
      context.fillStyle = `rgb(${level}, ${level}, ${level})`;
      context.fillRect(j * CELL, i * CELL, CELL, CELL);
    }
  }
  context.strokeStyle = "rgba(0, 114, 178, 0.45)";
  context.beginPath();
  for (let at = 0; at <= window; at += patch) {
    const p = Math.min(at * CELL + 0.5, window * CELL - 0.5);
    context.moveTo(p, 0);
    context.lineTo(p, window * CELL);
    context.moveTo(0, p);
    context.lineTo(window * CELL, p);
  }
  context.stroke();
  const middle = (window * CELL) / 2;
  context.fillStyle = "#d55e00";
  context.beginPath();
  context.moveTo(middle, middle - 9);
  context.lineTo(middle + 6, middle + 6);
  context.lineTo(middle - 6, middle + 6);
  context.fill();
  return canvas;
}
