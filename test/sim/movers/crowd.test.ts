import { describe, expect, it } from "vitest";
import { createRng } from "../../../src/base/index.ts";
import {
  computeDistanceField,
  createGrid,
  createSimulator,
  distanceAt,
  getRobot,
  MOVER_FAMILIES,
  makeWorld,
  parseWorldName,
  type Walker,
} from "../../../src/sim/index.ts";
import { timeToTouch } from "../../../src/sim/movers/walk.ts";

const robot = getRobot("jackal");
const STOP = { kind: "stop" } as const;
const hall = createGrid(240, 160, 0.05);
const walker = (id: number, x: number, y: number, to: { x: number; y: number }, rest = {}): Walker => ({
  id,
  x,
  y,
  radius: 0.25,
  speed: 1.2,
  goals: [to, { x, y }],
  manner: "aware",
  ...rest,
});
const simulate = (movers: readonly Walker[], start = { x: 1, y: 1, yaw: 0 }) =>
  createSimulator({ robot, grid: hall, start, rng: createRng(1), movers });

describe.each(MOVER_FAMILIES)("worlds of the family %s", (family) => {
  it("have the same walls however many walk there, and the same people again", () => {
    const world = makeWorld(family, 3);
    expect(world.movers.length).toBeGreaterThan(3);
    expect(makeWorld(family, 3)).toEqual(world);
    const many = makeWorld(family, 3, { movers: { count: 17, straight: 0.5 } });
    expect(many.grid).toEqual(world.grid);
    expect(many.movers.length).toBe(17);
    expect(makeWorld(family, 3, { movers: { count: 0 } }).movers).toEqual([]);
    expect(parseWorldName(`${family}:3`)).toEqual({ family, seed: 3 });
  });

  it("keep everybody out of the walls, and those who yield apart from each other", () => {
    const { grid, start, movers } = makeWorld(family, 5, { movers: { count: 12 } });
    const field = computeDistanceField(grid);
    const simulator = createSimulator({ robot, grid, start, rng: createRng(1), movers });
    let [nearestWall, nearest, fastest] = [1, 1, 0];
    for (let tick = 0; tick < 80; tick++) {
      simulator.step(STOP, 0.1);
      const now = simulator.movers;
      now.forEach((one, n) => {
        nearestWall = Math.min(nearestWall, distanceAt(field, one.x, one.y) - one.radius);
        fastest = Math.max(fastest, Math.hypot(one.vx, one.vy) / movers[n].speed);
        if (movers[n].manner === "rail") return;
        for (const other of now.slice(n + 1)) {
          const apart = Math.hypot(one.x - other.x, one.y - other.y) - one.radius - other.radius;
          nearest = Math.min(nearest, apart);
        }
      });
    }
    // A cell of the map, and what three in one corner push each other in a step.
    expect(nearestWall).toBeGreaterThan(-0.06);
    expect(nearest).toBeGreaterThan(-0.06);
    expect(fastest).toBeLessThan(1.001);
  });
});

describe("people who walk", () => {
  it("head on go past each other, each on the right, and both arrive", () => {
    const simulator = simulate([walker(0, 3, 4, { x: 9, y: 4 }), walker(1, 9, 4, { x: 3, y: 4 })]);
    let right = 0;
    for (let tick = 0; tick < 52; tick++) {
      simulator.step(STOP, 0.1);
      const [a, b] = simulator.movers;
      if (Math.abs(a.x - b.x) < 0.3) right = Math.sign(b.y - a.y);
    }
    expect(right).toBe(1);
    expect(simulator.movers[0].x).toBeGreaterThan(7.5);
    expect(simulator.movers[1].x).toBeLessThan(4.5);
  });

  it("go round a robot that stands in their way where they see it, and bump into it once where they do not", () => {
    for (const [manner, contacts] of [
      ["aware", 0],
      ["blind", 1],
      ["straight", 1],
    ] as const) {
      const simulator = simulate([walker(7, 2, 4, { x: 10, y: 4 }, { manner })], { x: 6, y: 4, yaw: 0.3 });
      for (let tick = 0; tick < 120 && simulator.movers[0].x < 9.4; tick++) simulator.step(STOP, 0.1);
      expect(simulator.movers[0].x).toBeGreaterThan(9.4);
      expect(simulator.moverTally).toMatchObject({ contacts, caused: 0 });
      expect(simulator.contact).toBe(false);
      expect(simulator.moverTally.minClearance === 0).toBe(contacts > 0);
    }
  });

  it("on rails keep their speed and pass through a robot that stands", () => {
    const simulator = simulate([walker(0, 2, 4, { x: 10, y: 4 }, { manner: "rail" })], {
      x: 6,
      y: 4,
      yaw: 0,
    });
    simulator.step(STOP, 5);
    expect(simulator.movers[0].x).toBeCloseTo(2 + 5 * 1.2, 6);
    expect(simulator.moverTally).toMatchObject({ contacts: 1, caused: 0 });
  });

  it("are the same to the last bit in a second run", () => {
    const { grid, start, movers } = makeWorld("crowd", 9);
    const run = () => {
      const simulator = createSimulator({ robot, grid, start, rng: createRng(1), movers });
      for (let tick = 0; tick < 50; tick++)
        simulator.step({ kind: "drive", u: Float64Array.of(0.2, 0.1) }, 0.1);
      return simulator.movers;
    };
    expect(run()).toEqual(run());
  });

  it("that are no people are refused, naming what is wrong", () => {
    const wrong: [object, RegExp][] = [
      [{ radius: -1 }, /movers\[0\].radius is -1, expected a number 0.05 .. 2/],
      [{ speed: Number.NaN }, /movers\[0\].speed/],
      [{ goals: [] }, /movers\[0\].goals is 0, expected at least one place/],
      [{ x: Number.NaN }, /finite places/],
      [{ manner: "polite" }, /aware, blind, straight, rail/],
    ];
    for (const [change, message] of wrong)
      expect(() => simulate([walker(0, 2, 4, { x: 4, y: 4 }, change)])).toThrow(message);
    expect(() => simulate([walker(1, 2, 4, { x: 4, y: 4 }), walker(1, 5, 5, { x: 4, y: 4 })])).toThrow(
      /each once/,
    );
  });
});

describe("the time until two discs touch", () => {
  it("is where their distance first falls to the sum of their radii, stepping through it", () => {
    const rng = createRng(4);
    const u = (): number => 4 * (rng.uniform() - 0.5);
    let touched = 0;
    for (let n = 0; n < 60; n++) {
      const me = { x: u(), y: u(), vx: 0, vy: 0, radius: 0.3 };
      const other = { x: u(), y: u(), vx: u(), vy: u(), radius: 0.25 };
      const [vx, vy] = [u(), u()];
      if (Math.hypot(me.x - other.x, me.y - other.y) < 0.55) continue;
      let stepped = Number.POSITIVE_INFINITY;
      for (let t = 0; t < 8 && stepped === Number.POSITIVE_INFINITY; t += 1e-3) {
        const dx = other.x + t * other.vx - me.x - t * vx;
        const dy = other.y + t * other.vy - me.y - t * vy;
        if (Math.hypot(dx, dy) < 0.55) stepped = t;
      }
      const time = timeToTouch(me, vx, vy, other);
      if (stepped < 8) {
        touched++;
        expect(Math.abs(time - stepped)).toBeLessThan(2e-3);
      } else if (time < 7.9) throw new Error(`touch at ${time} s was not seen`);
    }
    expect(touched).toBeGreaterThan(5);
  });
});
