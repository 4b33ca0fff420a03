import { describe, expect, it } from "vitest";
import type { Run } from "../../viewer/src/contracts.ts";
import { keyName, type PageActions, SHORTCUTS, shortcutOf } from "../../viewer/src/keyboard.ts";
import { sceneOf } from "../../viewer/src/scene/scene-state.ts";
import { createStore } from "../../viewer/src/store.ts";

const key = (
  name: string,
  held: { shift?: boolean; ctrl?: boolean; meta?: boolean; alt?: boolean } = {},
) => ({
  key: name,
  shiftKey: held.shift === true,
  ctrlKey: held.ctrl === true,
  metaKey: held.meta === true,
  altKey: held.alt === true,
});

/** A run of ticks at these times. */
function runOf(times: number[], live = false, marks: number[] = []): Run {
  const index = {
    name: "r",
    times: Float64Array.from(times),
    live,
    marks: marks.map((time) => ({ time, kind: "note", text: "" })),
  };
  return { index } as unknown as Run;
}

const calls: string[] = [];
const page: PageActions = {
  help: () => calls.push("help"),
  open: () => calls.push("open"),
  dismiss: () => calls.push("dismiss"),
  togglePart: (part) => calls.push(part),
};
function pressed(run: Run, first: Parameters<typeof createStore>[0], ...events: ReturnType<typeof key>[]) {
  const store = createStore({ runs: [run], ...first });
  for (const event of events) shortcutOf(event)?.run(store, page);
  return store.state;
}

describe("keys", () => {
  const run = runOf([0, 0.25, 0.5, 0.75, 1, 4], false, [0.5, 4]);

  it("are known by what they write and what is held", () => {
    expect(keyName(key(" "))).toBe("Space");
    expect(keyName(key("?", { shift: true }))).toBe("?");
    expect(keyName(key("N", { shift: true }))).toBe("Shift+N");
    expect(keyName(key("F"))).toBe("f");
    expect(keyName(key("ArrowLeft", { meta: true }))).toBe("Ctrl+ArrowLeft");
    expect(keyName(key("f", { alt: true }))).toBe("");
    expect(shortcutOf(key("f", { ctrl: true }))).toBeUndefined();
  });

  it("have one meaning each", () => {
    const all = SHORTCUTS.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
  });

  it("move by 0.1 s, 1 s and one tick, and stay within the run", () => {
    expect(pressed(run, { time: 0.5 }, key("ArrowRight")).time).toBeCloseTo(0.6, 12);
    expect(pressed(run, { time: 0.5 }, key("ArrowLeft")).time).toBeCloseTo(0.4, 12);
    expect(pressed(run, { time: 0.5 }, key("ArrowRight", { shift: true })).time).toBe(1.5);
    expect(pressed(run, { time: 0.5 }, key("ArrowLeft", { shift: true })).time).toBe(0);
    expect(pressed(run, { time: 0.6 }, key("ArrowRight", { ctrl: true })).time).toBe(0.75);
    expect(pressed(run, { time: 0.5 }, key("ArrowLeft", { ctrl: true })).time).toBe(0.25);
    expect(pressed(run, { time: 4 }, key("ArrowRight", { ctrl: true })).time).toBe(4);
    expect(pressed(run, { time: 2 }, key("Home")).time).toBe(0);
    expect(pressed(run, { time: 2 }, key("End")).time).toBe(4);
  });

  it("play and pause; from the end it starts over", () => {
    expect(pressed(run, { time: 1 }, key(" "))).toMatchObject({ playing: true, time: 1 });
    expect(pressed(run, { time: 1 }, key(" "), key(" ")).playing).toBe(false);
    expect(pressed(run, { time: 4 }, key(" "))).toMatchObject({ playing: true, time: 0 });
  });

  it("End follows a live run, any step leaves it", () => {
    const live = runOf([0, 1, 2], true);
    expect(pressed(live, {}, key("End"))).toMatchObject({ follow: true, playing: false, time: 2 });
    expect(pressed(live, {}, key("End"), key("ArrowLeft")).follow).toBe(false);
    expect(pressed(live, {}, key("End"), key(" "))).toMatchObject({ follow: false, playing: true });
  });

  it("[ and ] set the loop, on whichever side of each other", () => {
    expect(pressed(run, { time: 1 }, key("[")).loop).toEqual([1, 4]);
    expect(pressed(run, { time: 1 }, key("]")).loop).toEqual([0, 1]);
    expect(pressed(run, { time: 0.5, loop: [1, 2] }, key("]")).loop).toEqual([0, 0.5]);
    expect(pressed(run, { time: 3, loop: [1, 2] }, key("[")).loop).toEqual([3, 4]);
    expect(pressed(run, { loop: [1, 2] }, key("l")).loop).toBeUndefined();
  });

  it("n goes from mark to mark, back with Shift", () => {
    expect(pressed(run, {}, key("n")).time).toBe(0.5);
    expect(pressed(run, {}, key("n"), key("n"), key("n")).time).toBe(4);
    expect(pressed(run, { time: 4 }, key("N", { shift: true })).time).toBe(0.5);
  });

  it("f changes what the camera follows, g takes the goal in hand and puts it down", () => {
    expect(pressed(run, {}, key("f")).camera).toBe("followPosition");
    expect(pressed(run, {}, key("f"), key("f")).camera).toBe("followPose");
    expect(pressed(run, {}, key("f"), key("f"), key("f")).camera).toBe("orbit");
    const store = createStore({ runs: [run] });
    shortcutOf(key("g"))?.run(store, page);
    expect(sceneOf(store).tool).toBe("goal");
    shortcutOf(key("g"))?.run(store, page);
    expect(sceneOf(store).tool).toBe("inspect");
  });

  it("? asks for help; Escape closes a message when nothing is in hand", () => {
    calls.length = 0;
    pressed(run, {}, key("?", { shift: true }), key("Escape"), key("3"));
    expect(calls).toEqual(["help", "dismiss", "plots"]);
  });

  it("of an empty page do no harm", () => {
    for (const { run: act } of SHORTCUTS) {
      const store = createStore();
      act(store, page);
      expect(store.state.time).toBe(0);
    }
  });
});
