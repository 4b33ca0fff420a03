import { messageOf } from "../../../src/base/index.ts";
import "./net-panel.css";
import type { Panel, Store } from "../contracts.ts";
import { type AttentionControls, createAttentionControls } from "./attention-controls.ts";
import { createAttentionLook } from "./attention-look.ts";
import { type CurrentTick, watchVisibleTick } from "./current-tick.ts";
import { element } from "./element.ts";
import type { NetGrid } from "./net-grid.ts";
import { netPicture } from "./net-picture.ts";

const TITLES = { occupancy: "Occupancy", distance: "Distance" } as const;
const LEGENDS = {
  occupancy: "black occupied, grey unknown, white free",
  distance: "dark near an obstacle, light far",
} as const;

/**
 * What the warm-start network looks at: its channels in the robot's frame, forward up, with the patches it
 * reads them in and, where the network came with the page, its attention over them; and the starts that came
 * of it.
 */
export function createNetPanel(host: HTMLElement, store: Store): Panel {
  const root = element("div", { className: "net" });
  host.append(root);
  let current: CurrentTick | undefined;
  let shown: { readonly grid: NetGrid; readonly age: number; readonly tick: CurrentTick } | undefined;
  const say = (text: string): void => {
    shown = undefined;
    root.replaceChildren(element("p", {}, text));
  };
  const redraw = (): void => {
    if (shown === undefined) return;
    // The choices keep the focus: only what stands around them is new.
    const { intro, pictures, starts } = draw(shown.grid, shown.age, shown.tick, controls);
    if (controls.root.parentElement !== root) {
      root.replaceChildren(intro, controls.root, pictures, controls.said, starts);
      return;
    }
    root.firstElementChild!.replaceWith(intro);
    controls.root.nextElementSibling!.replaceWith(pictures);
    root.lastElementChild!.replaceWith(starts);
  };
  const controls = createAttentionControls(redraw);
  const look = createAttentionLook((tick, attention, note) => {
    if (tick !== current) return;
    controls.show(attention, note);
    redraw();
  });

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
      shown = { grid: netGridOf(specOfRun(run.index.meta, record), x, local.grid), age, tick };
      if (shown.grid.attentive) look.at(tick, local.grid);
      else controls.show(undefined, "This network has no attention over patches.");
      redraw();
    } catch (error) {
      if (current === tick) say(`The grid cannot be shown: ${messageOf(error)}`);
    }
  };
  const stop = watchVisibleTick(host, store, (tick) => void show(tick));
  return {
    dispose() {
      stop();
      current = undefined;
      root.remove();
    },
  };
}

function draw(
  grid: NetGrid,
  age: number,
  { record }: CurrentTick,
  controls: AttentionControls,
): { intro: HTMLElement; pictures: HTMLElement; starts: HTMLElement } {
  const start = record?.solve?.start ?? "none";
  const asked = /^net/.test(start) || record?.hypotheses.some(({ name }) => name.startsWith("net")) === true;
  const names = record?.hypotheses.map(({ name, chosen }) => (chosen ? `${name} (chosen)` : name)) ?? [];
  const seen = controls.shares();
  const attention = seen === undefined ? undefined : { ...seen, choose: controls.choose };
  return {
    intro: element(
      "p",
      {},
      `${grid.window} × ${grid.window} cells over ${grid.side.toFixed(1)} m, in patches of ${grid.patch} × ${grid.patch}. ` +
        `The robot is in the middle and looks up.${age > 0.05 ? ` The local grid was logged ${age.toFixed(1)} s earlier.` : ""}`,
    ),
    pictures: element(
      "div",
      { className: "net-channels" },
      ...grid.channels.map(({ name, bytes }) =>
        element(
          "figure",
          {},
          netPicture(grid, bytes, name === "occupancy", attention),
          element("figcaption", {}, `${TITLES[name]}: ${LEGENDS[name]}`),
        ),
      ),
    ),
    starts: element(
      "p",
      {},
      asked ? `Starts: ${names.join(", ")}` : `The network was not asked in this tick (start: ${start}).`,
    ),
  };
}
