import { describe, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { closedLoopRobotQps, coldRobotQps } from "../../src/bench/qp-problems.ts";
import { createRiccatiIpm, type Qp, qpKktResidual, qpRelativeResidual } from "../../src/qp/index.ts";
import { simdStateOf } from "../../src/qp/simd/state.ts";
import { createSharedKernel, i32 } from "../../src/wasm/index.ts";
import { type RandomQpOptions, randomQp } from "./random-qp.ts";

const gap = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** Both engines on QPs of one shape. */
function engines({ shape }: Pick<Qp, "shape">) {
  return [createRiccatiIpm(shape), createRiccatiIpm(shape, { kernels: "javascript" })] as const;
}

const KINDS: readonly (readonly [string, RandomQpOptions])[] = [
  ["boxes and rows", {}],
  ["one state, one control", { nx: 1, nu: 1 }],
  ["odd sizes", { nx: 5, nu: 3, nc: 3, nb: 3 }],
  ["no rows", { nc: 0, nb: 0 }],
  ["no bounds", { width: Number.POSITIVE_INFINITY, nb: 0 }],
  ["quadratic penalties only", { penalty: 0 }],
  ["linear penalties only", { quadratic: 0 }],
  ["controls that are fixed", { pinned: 0.3 }],
  ["rows with controls", { control: 2, nc: 1 }],
  ["equalities, hard and soft", { control: 1, terminal: 2, equal: 0.5, hard: 0.1, width: 5 }],
  ["hard rows", { hard: 0.1, nc: 1, width: 3 }],
  ["many rows", { nc: 40, N: 4 }],
  ["loops over tiles", { nx: 8, nu: 3, N: 6 }],
  ["loops over tiles, odd sizes, rows with controls", { nx: 13, nu: 5, N: 4, control: 1 }],
  ["loops over tiles, one control", { nx: 17, nu: 1, N: 4, nc: 1, hard: 0.1, width: 3 }],
];

describe("the interior point in WebAssembly", () => {
  it.each(KINDS)("finds what JavaScript finds, in as many steps: %s", (_, options) => {
    const rng = createRng(1);
    const { shape } = randomQp(rng, options);
    const [wasm, plain] = engines({ shape });
    expect([wasm.name, plain.name]).toEqual(["riccati-ipm, wasm", "riccati-ipm, generated"]);
    const count = shape.nx > 5 ? 20 : 100;
    let apart = 0;
    for (let i = 0; i < count; i++) {
      // Which rows are equalities is drawn with a QP, but belongs to a shape.
      const qp = { ...randomQp(rng, options), shape };
      const [a, b] = [wasm.solve(qp, { warm: i % 3 === 2 }), plain.solve(qp, { warm: i % 3 === 2 })];
      expect(a.status).toBe(b.status);
      expect(a.iterations).toBeGreaterThan(0);
      // A residual that rounds to either side of the tolerance may take one engine a step further.
      if (a.iterations !== b.iterations) apart++;
      if (a.status !== "solved") continue;
      // R >= 0.1: a residual of 1e-8 of gradients of up to 1e2 moves no control by 1e-5.
      expect(gap(a.dU, b.dU)).toBeLessThan(1e-5 * Math.max(1, ...b.dU.map(Math.abs)));
      expect(relative(qp, a)).toBeLessThan(1e-6);
    }
    expect(apart).toBeLessThan(count / 10);
  });

  it("solves the robot's QPs, cold and along drives, as JavaScript does", () => {
    const cold = coldRobotQps({ seed: 3, count: 60 });
    const drives = closedLoopRobotQps({ seed: 4, episodes: 2, steps: 40, solver: engines(cold[0])[1] });
    const [wasm, plain] = engines(cold[0]);
    for (const [qps, call] of [
      [cold, {}] as const,
      ...drives.map((d) => [d, { warm: true, shift: true }] as const),
    ])
      for (const qp of qps) {
        const [a, b] = [wasm.solve(qp, call), plain.solve(qp, call)];
        expect([a.status, b.status]).toEqual(["solved", "solved"]);
        // Relative to the scale that the tolerance refers to; the flattest directions cost 0.1 per unit.
        expect(gap(a.dX, b.dX)).toBeLessThan(1e-3);
        expect(relative(qp, a)).toBeLessThan(1e-8);
      }
  });

  it.each([
    ["soft", {}],
    ["hard and soft, met and violated", { hard: 0.5 }],
    ["without linear penalties", { penalty: 0 }],
    ["of equalities too", { terminal: 1, hard: 0.3 }],
  ] as const)("measures a point as qpKktResidual does, with rows that are %s", (_, options) => {
    const rng = createRng(5);
    for (let i = 0; i < 20; i++) {
      const qp = randomQp(rng, { nx: 3, nu: 2, nc: 3, ...options });
      const solution = createRiccatiIpm(qp.shape, { maxIterations: 1 + (i % 7) }).solve(qp);
      const { max } = qpKktResidual(qp, solution);
      expect(Math.abs(solution.residual - max)).toBeLessThan(1e-13 * (1 + max) * 1e2);
    }
  });

  it("keeps nothing in the memory that solvers of all shapes share", () => {
    const rng = createRng(6);
    const qps = [{}, { nx: 2, nu: 1 }, { nx: 5, nu: 3, nc: 6, N: 20 }].map((options) =>
      randomQp(rng, options),
    );
    const alone = qps.map((qp) => {
      const solver = createRiccatiIpm(qp.shape);
      solver.solve(qp);
      return structuredClone(solver.solve(qp, { warm: true }));
    });
    const solvers = qps.map((qp) => createRiccatiIpm(qp.shape));
    solvers.forEach((solver, i) => void solver.solve(qps[i]));
    solvers.forEach((solver, i) => void expect(solver.solve(qps[i], { warm: true })).toEqual(alone[i]));
    const memories = new Set(qps.map((qp) => simdStateOf(qp.shape)!.all.buffer));
    expect(memories.size).toBeLessThan(qps.length);
  });

  it("is not disturbed by other functions on shared memories", () => {
    const qp = randomQp(createRng(8), { N: 3, nx: 2, nu: 1 });
    const solver = createRiccatiIpm(qp.shape);
    const before = structuredClone(solver.solve(qp));
    const { buffer } = simdStateOf(qp.shape)!.all;
    const pages = buffer.byteLength / 65536;
    const body = i32.constant(1);
    const other = createSharedKernel({
      functions: { f: { params: [], result: "i32", locals: [], body } },
      pages,
      pool: "another",
    })!;
    expect(other.run.f()).toBe(1);
    expect(other.memory.byteLength).toBe(buffer.byteLength);
    new Float64Array(other.memory).fill(Number.NaN);
    expect(solver.solve(qp)).toEqual(before);
  });

  it("compiles a shape once", () => {
    const [one, same] = [1, 2].map((seed) => randomQp(createRng(seed), { nx: 3 }).shape);
    expect(simdStateOf(one)).toBe(simdStateOf(same));
    expect(simdStateOf(randomQp(createRng(1), { nx: 3, N: 9 }).shape)).not.toBe(simdStateOf(one));
  });

  it("gives way to JavaScript where there is no WebAssembly, and for large sizes; the name says so", () => {
    const host = globalThis as { WebAssembly?: unknown };
    const original = host.WebAssembly;
    const { shape } = randomQp(createRng(1));
    try {
      host.WebAssembly = undefined;
      expect(createRiccatiIpm(shape).name).toBe("riccati-ipm, generated");
    } finally {
      host.WebAssembly = original;
    }
    expect(createRiccatiIpm(shape).name).toBe("riccati-ipm, wasm");
    expect(createRiccatiIpm(shape, { kernels: "loops" }).name).toBe("riccati-ipm, loops");
    const large = randomQp(createRng(1), { nx: 50, nu: 15, N: 2 });
    expect(createRiccatiIpm(large.shape).name).toBe("riccati-ipm, generated");
  });

  it("reports NaN anywhere in the data, and what is not convex, as JavaScript does", () => {
    const base = randomQp(createRng(7), { N: 3, nx: 3, control: 1 });
    const [wasm, plain] = engines(base);
    for (const name of ["A", "B", "Q", "R", "M", "q", "r", "C", "D", "c"] as const) {
      for (let i = 0; i < base[name].length; i++) {
        const qp = { ...base, [name]: base[name].slice() };
        qp[name][i] = i % 2 === 0 ? Number.NaN : Number.POSITIVE_INFINITY;
        expect(wasm.solve(qp).status, `${name}[${i}]`).toBe("nonFinite");
        if (i === 0) expect(wasm.solve(qp)).toEqual(plain.solve(qp));
      }
    }
    expect(wasm.solve(base).status).toBe("solved");
    const concave = { ...base, R: base.R.map((v) => -v) };
    expect(wasm.solve(concave).status).toBe(plain.solve(concave).status);
    expect(wasm.solve(concave).dU.every(Number.isFinite)).toBe(true);
  });
});

function relative(qp: Qp, solution: Parameters<typeof qpRelativeResidual>[1]): number {
  return qpRelativeResidual(qp, solution, qpKktResidual(qp, solution));
}
