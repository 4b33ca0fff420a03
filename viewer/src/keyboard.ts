import type { Store } from "./contracts.ts";
import {
  extentOf,
  followLive,
  SPEEDS,
  seek,
  setLoopEnd,
  stepMarks,
  stepTicks,
  togglePlaying,
} from "./playback.ts";
import { sceneOf, type Tool } from "./scene/scene-state.ts";

/** What a key does. */
export type Shortcut = {
  /** As `keyName` names it, the first one shown. */ readonly keys: readonly string[];
  readonly text: string;
  readonly group: "Time" | "View" | "Page";
  /** May it repeat while the key is held? */ readonly repeats?: boolean;
  run(store: Store, page: PageActions): void;
};

/** What keys ask of the page. */
export type PageActions = {
  help(): void;
  open(): void;
  dismiss(): void;
  /** Shows or hides a part of the page. */ togglePart(part: "left" | "right" | "plots"): void;
};

const moveBy = (seconds: number) => (store: Store) => {
  seek(store, store.state.time + seconds);
};
const tool = (name: Tool) => (store: Store) => {
  const scene = sceneOf(store);
  scene.tool = scene.tool === name ? "inspect" : name;
  scene.measurement = undefined;
  scene.changed();
};
const faster = (by: 1 | -1) => (store: Store) => {
  const at = SPEEDS.findIndex((speed) => speed >= store.state.speed - 1e-9);
  const next = (at < 0 ? SPEEDS.length - 1 : at) + by;
  store.set({ speed: SPEEDS[Math.min(Math.max(next, 0), SPEEDS.length - 1)] });
};
const NEXT_FOLLOW = {
  orbit: "followPosition",
  top: "followPosition",
  followPosition: "followPose",
  followPose: "orbit",
} as const;

/** Every key, in the order of the help. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ["Space"], group: "Time", text: "play, pause", run: togglePlaying },
  { keys: ["ArrowRight"], group: "Time", text: "0.1 s on", repeats: true, run: moveBy(0.1) },
  { keys: ["ArrowLeft"], group: "Time", text: "0.1 s back", repeats: true, run: moveBy(-0.1) },
  { keys: ["Shift+ArrowRight"], group: "Time", text: "1 s on", repeats: true, run: moveBy(1) },
  { keys: ["Shift+ArrowLeft"], group: "Time", text: "1 s back", repeats: true, run: moveBy(-1) },
  {
    keys: ["Ctrl+ArrowRight"],
    group: "Time",
    text: "one tick on",
    repeats: true,
    run: (s) => stepTicks(s, 1),
  },
  {
    keys: ["Ctrl+ArrowLeft"],
    group: "Time",
    text: "one tick back",
    repeats: true,
    run: (s) => stepTicks(s, -1),
  },
  { keys: ["Home"], group: "Time", text: "to the start", run: (s) => seek(s, extentOf(s.state.runs)[0]) },
  {
    keys: ["End"],
    group: "Time",
    text: "to the end; on a live run: follow it",
    run(store) {
      if (store.state.runs.some((run) => run.index.live)) followLive(store);
      else seek(store, extentOf(store.state.runs)[1]);
    },
  },
  { keys: ["["], group: "Time", text: "loop from here", run: (s) => setLoopEnd(s, 0, s.state.time) },
  { keys: ["]"], group: "Time", text: "loop to here", run: (s) => setLoopEnd(s, 1, s.state.time) },
  {
    keys: ["l"],
    group: "Time",
    text: "loop over everything, or no longer",
    run: (s) => s.set({ loop: s.state.loop === undefined ? [...extentOf(s.state.runs)] : undefined }),
  },
  {
    keys: ["n"],
    group: "Time",
    text: "next mark: fallback, contact, deadline …",
    repeats: true,
    run: (s) => void stepMarks(s, 1),
  },
  { keys: ["Shift+N"], group: "Time", text: "mark before", repeats: true, run: (s) => void stepMarks(s, -1) },
  { keys: ["+", "="], group: "Time", text: "faster", run: faster(1) },
  { keys: ["-"], group: "Time", text: "slower", run: faster(-1) },
  {
    keys: ["a"],
    group: "Time",
    text: "cursor A here, or away",
    run: (s) => s.set({ cursorA: s.state.cursorA === undefined ? s.state.time : undefined }),
  },
  {
    keys: ["b"],
    group: "Time",
    text: "cursor B here, or away",
    run: (s) => s.set({ cursorB: s.state.cursorB === undefined ? s.state.time : undefined }),
  },
  {
    keys: ["f"],
    group: "View",
    text: "follow the robot: its place, its pose, not at all",
    run: (s) => s.set({ camera: NEXT_FOLLOW[s.state.camera] }),
  },
  {
    keys: ["t"],
    group: "View",
    text: "from above, or not",
    run: (s) => s.set({ camera: s.state.camera === "top" ? "orbit" : "top" }),
  },
  { keys: ["Shift+F"], group: "View", text: "show everything", run: (s) => sceneOf(s).fit?.() },
  { keys: ["g"], group: "View", text: "set a goal (live runs)", run: tool("goal") },
  { keys: ["o"], group: "View", text: "drop an obstacle (live runs)", run: tool("obstacle") },
  { keys: ["m"], group: "View", text: "measure", run: tool("measure") },
  { keys: ["1"], group: "Page", text: "layers: show, hide", run: (_, page) => page.togglePart("left") },
  { keys: ["2"], group: "Page", text: "details: show, hide", run: (_, page) => page.togglePart("right") },
  { keys: ["3"], group: "Page", text: "plots: show, hide", run: (_, page) => page.togglePart("plots") },
  { keys: ["Ctrl+o"], group: "Page", text: "open a log", run: (_, page) => page.open() },
  { keys: ["?"], group: "Page", text: "this help", run: (_, page) => page.help() },
  {
    keys: ["Escape"],
    group: "Page",
    text: "put a tool down, close a message",
    run(store, page) {
      const scene = sceneOf(store);
      if (scene.tool !== "inspect" || scene.picked !== undefined) {
        scene.tool = "inspect";
        scene.picked = undefined;
        scene.measurement = undefined;
        scene.changed();
      } else page.dismiss();
    },
  },
];

type KeyEvent = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** The name of a key with what is held: "Shift+ArrowLeft", "Ctrl+o", "?"; "" for what is no shortcut of anybody. */
export function keyName({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyEvent): string {
  if (altKey) return "";
  const name = key === " " ? "Space" : key;
  const letter = name.length === 1 && name.toLowerCase() !== name.toUpperCase();
  // "?" and "+" need Shift on one keyboard and not on another: they are known by what they write.
  const shift = shiftKey && (name.length > 1 || letter) ? "Shift+" : "";
  const plain = letter ? (shiftKey ? name.toUpperCase() : name.toLowerCase()) : name;
  return `${ctrlKey || metaKey ? "Ctrl+" : ""}${shift}${plain}`;
}

/** The shortcut of a key; undefined where there is none. */
export function shortcutOf(event: KeyEvent): Shortcut | undefined {
  const name = keyName(event);
  return name === "" ? undefined : SHORTCUTS.find(({ keys }) => keys.includes(name));
}

/** Listens to the keys of the page; not to those typed into a field or pressed on what has its own. */
export function createKeyboard(store: Store, page: PageActions): { dispose(): void } {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
    const shortcut = shortcutOf(event);
    if (shortcut === undefined || takesKey(event.target, event.key)) return;
    event.preventDefault();
    if (event.repeat && shortcut.repeats !== true) return;
    shortcut.run(store, page);
  };
  window.addEventListener("keydown", onKey);
  return { dispose: () => window.removeEventListener("keydown", onKey) };
}

/** Whether an element does something of its own with a key. */
function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("select, textarea")) return key !== "Escape";
  if (target instanceof HTMLInputElement) {
    if (target.type === "checkbox" || target.type === "radio") return key === " ";
    return key !== "Escape";
  }
  if (target.matches("button, summary, a[href], [role=tab]"))
    return key === " " || key === "Enter" || (target.matches("[role=tab]") && key.startsWith("Arrow"));
  return target.matches("[role=separator]") && key.startsWith("Arrow");
}
