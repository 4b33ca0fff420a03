import { createRequire } from "node:module";
import type { Ocp, StateBox } from "../../src/ocp/index.ts";

type Vec = Float64Array;

const quadprog = createRequire(import.meta.url)("quadprog") as {
  solveQP(
    D: number[][],
    d: number[],
    A: number[][],
    b: number[],
  ): { solution: number[]; Lagrangian: number[]; message: string };
};

export type DoubleIntegrator = {
  readonly N: number;
  readonly dt: number;
  /** Weight of u^2 / 2 per stage. */
  readonly effort: number;
  /** Weight of |x_N - target|^2 / 2. */
  readonly terminal: number;
  readonly target: readonly [number, number];
  readonly uMax: number;
  readonly stateBox?: StateBox;
};

/** Unit mass on a line, x = (position, speed), u = force held over a step; all derivatives exact. */
export function doubleIntegrator(p: DoubleIntegrator): Ocp {
  const { dt, effort, terminal, target } = p;
  return {
    N: p.N,
    dynamics: {
      nx: 2,
      nu: 1,
      step(x, u, _k, out) {
        const [position, speed] = x;
        out[0] = position + dt * speed + 0.5 * dt * dt * u[0];
        out[1] = speed + dt * u[0];
      },
      jacobian(_x, _u, _k, A, B) {
        A.set([1, dt, 0, 1]);
        B.set([0.5 * dt * dt, dt]);
      },
      hessian() {},
    },
    stageCost: (_x, u) => 0.5 * effort * u[0] * u[0],
    stageGradient(_x, u, _k, q, r) {
      q.fill(0);
      r[0] = effort * u[0];
    },
    stageHessian(_x, _u, _k, Q, R, M) {
      Q.fill(0);
      R[0] = effort;
      M.fill(0);
    },
    terminalCost: (x) => 0.5 * terminal * ((x[0] - target[0]) ** 2 + (x[1] - target[1]) ** 2),
    terminalGradient(x, q) {
      q[0] = terminal * (x[0] - target[0]);
      q[1] = terminal * (x[1] - target[1]);
    },
    terminalHessian(_x, Q) {
      Q.set([terminal, 0, 0, terminal]);
    },
    uLower: Float64Array.of(-p.uMax),
    uUpper: Float64Array.of(p.uMax),
    stateBox: p.stateBox,
  };
}

/**
 * The same problem from x0 by quadprog (Goldfarb and Idnani's dual method), condensed to the controls.
 *
 * @param speedLimit largest |speed| of stages 1..N, hard
 * @returns the controls and the multipliers of [speed + limit >= 0 | limit - speed >= 0], by stage
 */
export function condensedSolution(
  p: DoubleIntegrator,
  x0: Vec,
  speedLimit = Number.POSITIVE_INFINITY,
): { U: Vec; multipliers: [number, number][] } {
  const { N, dt } = p;
  // x_k = free_k + sum_j g_kj u_j
  const g = (k: number, j: number): [number, number] => (j < k ? [dt * dt * (k - j - 0.5), dt] : [0, 0]);
  const free = (k: number): [number, number] => [x0[0] + k * dt * x0[1], x0[1]];
  const D: number[][] = [];
  const d: number[] = [];
  for (let i = 0; i < N; i++) {
    D.push(
      Array.from({ length: N }, (_, j) => {
        const [a, b] = [g(N, i), g(N, j)];
        return p.terminal * (a[0] * b[0] + a[1] * b[1]) + (i === j ? p.effort : 0);
      }),
    );
    const miss = [p.target[0] - free(N)[0], p.target[1] - free(N)[1]];
    d.push(p.terminal * (g(N, i)[0] * miss[0] + g(N, i)[1] * miss[1]));
  }
  const columns: number[][] = [];
  const b: number[] = [];
  for (let i = 0; i < N; i++) {
    for (const sign of [1, -1]) {
      columns.push(Array.from({ length: N }, (_, j) => (i === j ? sign : 0)));
      b.push(-p.uMax);
    }
  }
  if (Number.isFinite(speedLimit)) {
    for (let k = 1; k <= N; k++) {
      for (const sign of [1, -1]) {
        columns.push(Array.from({ length: N }, (_, j) => sign * g(k, j)[1]));
        b.push(-speedLimit - sign * free(k)[1]);
      }
    }
  }
  // quadprog counts from one, and wants the constraints as columns.
  const one = (v: number[]): number[] => [0, ...v];
  const A = [[], ...Array.from({ length: N }, (_, j) => one(columns.map((c) => c[j])))];
  const r = quadprog.solveQP([[], ...D.map(one)], one(d), A, one(b));
  if (r.message !== "") throw new Error(`quadprog: ${r.message}`);
  const speed = r.Lagrangian.slice(1 + 2 * N);
  return {
    U: Float64Array.from(r.solution.slice(1)),
    multipliers: Array.from({ length: speed.length / 2 }, (_, k) => [speed[2 * k], speed[2 * k + 1]]),
  };
}
