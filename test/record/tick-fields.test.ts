import { expect, it } from "vitest";
import { createRng, FormatError } from "../../src/base/index.ts";
import { SOLVE_STATUSES } from "../../src/ocp/index.ts";
import { decodeTick, type TickRecord } from "../../src/record/index.ts";
import { TICK } from "../../src/record/tick-fields.ts";
import { type JsonSchema, TICK_SCHEMA } from "../../src/record/tick-schema.ts";
import { PHASES, PLAN_SOURCES } from "../../src/sim/index.ts";

type Solve = NonNullable<TickRecord["solve"]>;

/** A tick whose every optional part is there or not, with numbers of any size, and some NaN. */
function randomTick(seed: number): TickRecord {
  const rng = createRng(seed);
  const one = <T>(words: readonly T[]): T => words[rng.int(words.length)];
  const yes = (): boolean => rng.uniform() < 0.5;
  const some = <T>(make: () => T): T | undefined => (yes() ? make() : undefined);
  const sure = (): number => rng.gauss() * 10 ** (rng.int(20) - 10);
  const real = (): number => (rng.uniform() < 0.1 ? Number.NaN : sure());
  const numbers = (most: number): Float64Array => Float64Array.from({ length: rng.int(most) }, real);
  const times = <T>(most: number, make: () => T): T[] => Array.from({ length: rng.int(most) }, make);
  const via = () => ({ x: real(), y: real(), ...(yes() && { tolerance: sure() }) });
  const goal = () => ({
    ...{ x: real(), y: real() },
    ...(yes() && { yaw: sure() }),
    ...(yes() && { tolerance: sure(), via: times(2, via) }),
  });
  const row = (): Solve["history"][number] => ({
    iteration: rng.int(9),
    cost: real(),
    merit: real(),
    violation: real(),
    kkt: real(),
    alpha: real(),
    qpIterations: rng.int(50),
    gains: one(["stable", "qp"] as const) as Solve["history"][number]["gains"],
    penalty: real(),
  });
  const solve = (): Solve => ({
    start: "shift",
    startNote: some(() => 'no "plan"'),
    status: one(SOLVE_STATUSES),
    iterations: rng.int(9),
    cost: real(),
    merit: real(),
    violation: real(),
    slackInUse: yes(),
    residuals: { primal: real(), stationarity: real(), complementarity: real(), kkt: real() },
    history: times(4, row),
  });
  return {
    tick: rng.int(1000) - 1,
    time: real(),
    phase: one(PHASES),
    source: one(PLAN_SOURCES),
    note: some(() => "why\n<ü>"),
    command: yes() ? { kind: "stop" } : { kind: "drive", u: numbers(4) },
    pose: some(() => ({ x: real(), y: real(), yaw: real() })),
    x: some(() => numbers(7)),
    truth: some(() => ({
      state: numbers(7),
      clearance: some(sure),
      contact: yes(),
      contacts: some(() => rng.int(4)),
    })),
    goal: some(goal),
    localGoal: some(goal),
    final: some(yes),
    localPath: some(() => numbers(24)),
    plan: some(() => ({ time: real(), dt: real(), X: numbers(40), U: numbers(20) })),
    solve: some(solve),
    hypotheses: times(3, () => ({
      name: "path",
      chosen: yes(),
      X: numbers(30),
      iterates: times(3, () => numbers(30)),
    })),
    partsMs: {
      sense: real(),
      predict: real(),
      path: real(),
      field: real(),
      init: real(),
      sqp: real(),
      check: real(),
    },
    totalMs: real(),
    missedDeadline: yes(),
  };
}

it("a tick comes back from its JSON as it was, whatever of it is there (500 random ticks)", () => {
  for (let seed = 0; seed < 500; seed++) {
    const tick = randomTick(seed);
    const json = JSON.parse(JSON.stringify(TICK.encode(tick)));
    expect(decodeTick(json), `seed ${seed}`).toEqual(tick);
    expect(Object.keys(TICK_SCHEMA.properties ?? {}), `seed ${seed}`).toEqual(
      expect.arrayContaining(Object.keys(json)),
    );
    for (const name of TICK_SCHEMA.required ?? []) expect(json, `seed ${seed}`).toHaveProperty(name);
  }
});

it("a tick without one of its required fields, or with a word of another program, is refused by name", () => {
  const json = JSON.parse(JSON.stringify(TICK.encode(randomTick(1))));
  expect(() => decodeTick({ ...json, totalMs: undefined })).toThrow("totalMs is missing, expected a number");
  expect(() => decodeTick({ ...json, phase: "lost" })).toThrow(
    'phase is "lost", expected one of driving, recovering',
  );
  expect(() => decodeTick({ ...json, command: { kind: "fly" } })).toThrow(
    /command is .*"fly".*, expected a "drive"/,
  );
  expect(() => decodeTick({ ...json, goal: { x: 1 } })).toThrow("goal.y is missing, expected a number");
  expect(() => decodeTick({ ...json, hypotheses: [{ X: [true] }] })).toThrow(
    "an element of hypotheses[0].X is true",
  );
  expect(() => decodeTick([])).toThrow(FormatError);
});

it("a tick of an older log, which did not tell the time spent on path and prediction, is read as if that took none", () => {
  const json = JSON.parse(JSON.stringify(TICK.encode(randomTick(1))));
  delete json.partsMs.path;
  delete json.partsMs.predict;
  expect(decodeTick(json).partsMs).toEqual({ ...randomTick(1).partsMs, predict: 0, path: 0 });
});

it("the schema says of every field, however deep, what it means", () => {
  const dumb = (schema: JsonSchema, name: string): string[] => {
    const inner = Object.entries(schema.properties ?? schema.items?.properties ?? {});
    const said = schema.description !== undefined || inner.length > 0;
    return [...(said ? [] : [name]), ...inner.flatMap(([key, field]) => dumb(field, `${name}.${key}`))];
  };
  expect(dumb(TICK_SCHEMA, "tick")).toEqual([]);
});
