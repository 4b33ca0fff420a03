import { expect, it } from "vitest";
import { createStore } from "../../viewer/src/store.ts";

it("a listener hears once of a change to any of its keys, and not of others or of none", () => {
  const store = createStore();
  let heard = 0;
  const stop = store.subscribe(["time", "speed"], () => heard++);
  store.set({ time: 1, speed: 2 });
  expect(heard).toBe(1);
  store.set({ time: 1 });
  store.set({ playing: true });
  expect(heard).toBe(1);
  store.set({ speed: 4 });
  expect(heard).toBe(2);
  stop();
  store.set({ time: 3 });
  expect(heard).toBe(2);
  expect(store.state).toMatchObject({ time: 3, speed: 4, playing: true });
});

it("a listener may change the state and may end its own subscription", () => {
  const store = createStore();
  const seen: number[] = [];
  const stop = store.subscribe(["time"], () => {
    seen.push(store.state.time);
    if (store.state.time < 3) store.set({ time: store.state.time + 1 });
    else stop();
  });
  store.set({ time: 1 });
  store.set({ time: 9 });
  expect(seen).toEqual([1, 2, 3]);
});

it("the states of two stores are their own", () => {
  const one = createStore();
  const two = createStore({ speed: 8 });
  one.set({ time: 5 });
  expect([two.state.time, two.state.speed, one.state.speed]).toEqual([0, 8, 1]);
});
