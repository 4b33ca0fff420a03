import { messageOf } from "../../../src/base/index.ts";
import "./demo-panel.css";
import { SENSORS } from "mnemosyne-mpc/drive";
import { ALL_FAMILIES, MAX_WORLD_SEED, ROBOT_NAMES } from "mnemosyne-mpc/sim";
import type { Panel } from "../contracts.ts";
import { element } from "../panels/element.ts";
import type { CommandableRun } from "../run/live-run.ts";
import { createDemoDriver } from "./demo-driver.ts";
import { DEMO_STARTS, type DemoSetup, setupOf } from "./demo-setup.ts";

const START_TEXT: Readonly<Record<DemoSetup["init"], string>> = {
  shift: "shift: the last plan moved on",
  path: "path: along the global path",
  zero: "zero: standing still",
  net: "net: the network's prediction",
  best: "best: the best of all of them",
};

/**
 * What is driven in this browser: world, robot, warm start. Every change begins anew.
 *
 * @param query of the page's address: may choose differently from the start, `?world=maze:3&robot=omni`
 * @param show puts a run in the place of the one before, which it closes
 * @param opening is told that something is being loaded, and how far it is, 0 .. 1
 */
export function createDemoPanel(
  host: HTMLElement,
  query: string,
  show: (run: CommandableRun) => void,
  opening: (what: string, share: number) => void,
): Panel {
  const first = setupOf(query);
  const driver = createDemoDriver();
  const family = choice(ALL_FAMILIES, first.family);
  const seed = element("input", {
    type: "number",
    min: "0",
    max: String(MAX_WORLD_SEED),
    step: "1",
    value: String(first.seed),
  });
  const robot = choice(ROBOT_NAMES, first.robot);
  const init = choice(DEMO_STARTS, first.init, START_TEXT);
  const sensor = choice(SENSORS, first.sensor);
  const speed = element("input", { type: "range", min: "-2", max: "3", step: "0.5", value: "0" });
  const speedText = element("output", {}, "1 ×");
  const note = element("output", { className: "demo-note" });
  const again = element("button", { type: "button" }, "Start over");
  const next = element(
    "button",
    { type: "button", title: "The same family with the next seed" },
    "Next world",
  );
  const form = element(
    "form",
    { className: "demo-panel", ariaLabel: "What is driven" },
    field("World", family),
    field("Seed", seed),
    field("Robot", robot),
    field("Warm start", init),
    field("Sensor", sensor),
    field("Speed", element("span", {}, speed, " ", speedText)),
    element("div", { className: "demo-buttons" }, again, next),
    note,
  );
  host.append(form);
  let turn = 0;

  const factor = (): number => 2 ** speed.valueAsNumber;
  const start = async (): Promise<void> => {
    const mine = ++turn;
    const setup = {
      family: family.value,
      seed: Math.min(MAX_WORLD_SEED, Math.max(0, Math.trunc(seed.valueAsNumber) || 0)),
      robot: robot.value,
      init: init.value,
      sensor: sensor.value,
    } as DemoSetup;
    const asks = setup.init === "net" || setup.init === "best";
    note.textContent = "";
    opening(asks ? "the network" : "the world", 0);
    try {
      const begun = await driver.start(setup);
      if (mine !== turn) return begun.run.close();
      note.textContent = begun.note;
      show(begun.run);
    } catch (error) {
      if (mine === turn) note.textContent = messageOf(error);
    } finally {
      if (mine === turn) opening("", 1);
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void start();
  });
  for (const control of [family, seed, robot, init, sensor])
    control.addEventListener("change", () => void start());
  speed.addEventListener("input", () => {
    driver.setSpeed(factor());
    speedText.textContent = `${Number(factor().toPrecision(2))} ×`;
  });
  again.addEventListener("click", () => void start());
  next.addEventListener("click", () => {
    seed.value = String((Math.trunc(seed.valueAsNumber) || 0) + 1);
    void start();
  });
  void start();
  return {
    dispose() {
      turn++;
      driver.dispose();
      form.remove();
    },
  };
}

function choice<T extends string>(
  names: readonly T[],
  chosen: T,
  texts?: Readonly<Record<T, string>>,
): HTMLSelectElement {
  const select = element("select");
  for (const name of names)
    select.append(element("option", { value: name, selected: name === chosen }, texts?.[name] ?? name));
  return select;
}

function field(label: string, control: HTMLElement): HTMLElement {
  return element("label", {}, element("span", {}, label), control);
}
