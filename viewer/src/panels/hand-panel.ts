import type { HandWish } from "../../../src/drive/index.ts";
import { robotKinematics } from "../../../src/sim/index.ts";
import type { Store } from "../contracts.ts";
import { type CommandableRun, isCommandable } from "../run/live-run.ts";
import { element } from "./element.ts";

/** A wish is sent so often while it is held; the run forgets it after three times as long. [ms] */
const EVERY = 100;

/** What a key or a button asks for. */
type Way = Partial<HandWish>;

/** Buttons in the order of their grid, with the key of each. */
const WAYS: readonly (readonly [sign: string, name: string, key: string, way: Way])[] = [
  ["↺", "Turn left", "a", { turn: 1 }],
  ["↑", "Forwards", "w", { forward: 1 }],
  ["↻", "Turn right", "d", { turn: -1 }],
  ["←", "Sideways to the left", "q", { left: 1 }],
  ["↓", "Backwards", "s", { forward: -1 }],
  ["→", "Sideways to the right", "e", { left: -1 }],
];

/** Buttons and keys that drive a live run by hand, as long as they are held. */
export type HandPanel = {
  readonly root: HTMLElement;
  /** Shows what the run says of itself now. */ show(): void;
  dispose(): void;
};

/**
 * Creates the buttons. What is held is sent again and again: a run that hears nothing for 0.3 s stops, and so it does where
 * this page is left, hidden or cut off.
 *
 * @param answer shows why the run refused
 */
export function createHandPanel(store: Store, answer: (text: string) => void): HandPanel {
  const from = Math.random().toString(36).slice(2, 10);
  let n = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const held = new Map<string, Way>();
  const runNow = (): CommandableRun | undefined => {
    const run = store.state.runs[0];
    return isCommandable(run) ? run : undefined;
  };
  const say = async (command: Parameters<CommandableRun["command"]>[0]): Promise<void> => {
    const refusal = await runNow()?.command(command);
    if (refusal !== undefined) answer(refusal);
  };
  const sendWish = (): void => void say({ kind: "hand", from, n: n++, wish: sumOf(held.values()) });
  const change = (key: string, way: Way | undefined): void => {
    if (way === undefined ? !held.delete(key) : held.has(key)) return;
    if (way !== undefined) held.set(key, way);
    clearInterval(timer);
    sendWish();
    timer = held.size > 0 ? setInterval(sendWish, EVERY) : undefined;
  };
  const letGo = (): void => {
    for (const key of [...held.keys()]) change(key, undefined);
  };

  const buttons = WAYS.map(([sign, name, key, way]) =>
    holdButton(sign, name, key, (down) => change(`button ${key}`, down ? way : undefined)),
  );
  const keys = element("input", { type: "checkbox" });
  const goOn = element("button", { type: "button", hidden: true }, "Go on to the goal");
  goOn.addEventListener("click", () => void say({ kind: "resume" }));
  const root = element(
    "fieldset",
    { className: "hand-panel" },
    element("legend", {}, "Drive by hand"),
    element("div", { className: "hand-buttons" }, ...buttons),
    element("label", {}, keys, " with the keys W A S D"),
    goOn,
  );

  const onKey = (event: KeyboardEvent): void => {
    const key = event.key.toLowerCase();
    const way = WAYS.find((one) => one[2] === key);
    if (way === undefined) return;
    // Letting go always counts, whatever else has happened since.
    if (event.type === "keyup") {
      change(`key ${key}`, undefined);
      return;
    }
    const typed =
      event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), select");
    if (!keys.checked || typed || event.ctrlKey || event.metaKey || event.altKey || runNow() === undefined)
      return;
    event.preventDefault();
    event.stopPropagation();
    change(`key ${key}`, way[3]);
  };
  const onHidden = (): void => {
    if (document.hidden) letGo();
  };
  // Before the page's own keys: A and B are marks there.
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("keyup", onKey, true);
  window.addEventListener("blur", letGo);
  document.addEventListener("visibilitychange", onHidden);
  return {
    root,
    show() {
      const run = runNow();
      if (run === undefined) return letGo();
      const { state } = run;
      goOn.hidden = !("byHand" in state && state.byHand === true && state.state === "waiting");
      const sideways = robotKinematics(run.index.meta.robot).sideways !== undefined;
      buttons.forEach((button, i) => {
        button.hidden = WAYS[i][3].left !== undefined && !sideways;
      });
    },
    dispose() {
      letGo();
      window.removeEventListener("keydown", onKey, true);
      window.removeEventListener("keyup", onKey, true);
      window.removeEventListener("blur", letGo);
      document.removeEventListener("visibilitychange", onHidden);
      root.remove();
    },
  };
}

/** A button that counts as long as it is held, with a pointer or with Space and Enter. */
function holdButton(
  sign: string,
  name: string,
  key: string,
  hold: (down: boolean) => void,
): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", title: `${name}, while it is held (${key.toUpperCase()})` },
    sign,
  );
  button.ariaLabel = name;
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"])
    button.addEventListener(end, () => hold(false));
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    hold(true);
  });
  button.addEventListener("keyup", () => hold(false));
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  return button;
}

/** What several keys ask for together. */
function sumOf(ways: Iterable<Way>): HandWish {
  const wish = { forward: 0, left: 0, turn: 0 };
  for (const way of ways)
    for (const [axis, share] of Object.entries(way) as [keyof HandWish, number][]) wish[axis] += share;
  const within = (share: number): number => Math.min(1, Math.max(-1, share));
  return { forward: within(wish.forward), left: within(wish.left), turn: within(wish.turn) };
}
