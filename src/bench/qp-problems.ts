import { createRng, type Rng } from "../base/index.ts";
import { createQp, createQpShape, type Qp, type QpSolver } from "../qp/index.ts";

/** A round obstacle. [m] */
type Circle = { readonly x: number; readonly y: number; readonly radius: number };

/** One robot on a winding road among circles: what the QPs of one episode are linearized from. */
type Episode = {
  readonly circles: readonly Circle[];
  /** Speed along the road. [m/s] */
  readonly speed: number;
  /** Place on the road at stage 0. [m] */
  along: number;
};

const NX = 5;
const NU = 2;
const DT = 0.1;
const ROBOT_RADIUS = 0.3;
const LIMITS = { vMin: -0.3, vMax: 1.5, wMax: 2, aMax: 1.5, alphaMax: 4 };
const WEIGHTS = [10, 10, 2, 1, 0.1] as const;
const CONTROL_WEIGHTS = [0.2, 0.1] as const;

/** Sizes of the benchmark's QPs: horizon N of 0.1 s, `rows` nearest circles per stage. */
export type RobotQpSizes = { readonly N?: number; readonly rows?: number };

/**
 * QPs of a first SQP iteration: a differential drive x = (px, py, yaw, v, w), u = (a, alpha) started off its
 * road, linearized about a rough rollout (half of them tracking the road with noise, half noise alone),
 * with control bounds, soft speed limits and soft rows for the nearest circles. Same seed, same QPs.
 */
export function coldRobotQps(
  options: RobotQpSizes & { readonly seed: number; readonly count: number },
): Qp[] {
  const { N = 30, rows = 2, seed, count } = options;
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const episode = createEpisode(rng, 8 * rng.uniform());
    const [rx, ry, ryaw] = road(episode.along);
    const x0 = Float64Array.of(
      rx + 0.25 * rng.gauss(),
      ry + 0.25 * rng.gauss(),
      ryaw + 0.35 * rng.gauss(),
      -0.2 + 1.5 * rng.uniform(),
      1.2 * (2 * rng.uniform() - 1),
    );
    const noise = Float64Array.from({ length: N * NU }, () => 0.3 * rng.gauss());
    const { X, U } = rollGuess(episode, x0, noise, rng.uniform() < 0.5);
    const qp = createRobotQp(N, rows);
    linearizeRobot(qp, episode, X, U);
    return qp;
  });
}

/**
 * Closed-loop episodes: each tick linearizes about the shifted last plan, solves one QP with `solver`, drives
 * its first control with noise and moves on. A warm start of tick t is the solution of tick t - 1, shifted.
 */
export function closedLoopRobotQps(
  options: RobotQpSizes & {
    readonly seed: number;
    readonly episodes: number;
    readonly steps: number;
    readonly solver: QpSolver;
  },
): Qp[][] {
  const { N = 30, rows = 2, seed, episodes, steps, solver } = options;
  const rng = createRng(seed);
  return Array.from({ length: episodes }, () => {
    const episode = createEpisode(rng, 0.5 * rng.uniform());
    const [rx, ry, ryaw] = road(episode.along);
    const x0 = Float64Array.of(
      rx + 0.2 * rng.gauss(),
      ry + 0.2 * rng.gauss(),
      ryaw + 0.3 * rng.gauss(),
      0.4,
      0,
    );
    const { X, U } = rollGuess(episode, x0, new Float64Array(N * NU), true);
    return Array.from({ length: steps }, () => {
      const qp = createRobotQp(N, rows);
      linearizeRobot(qp, episode, X, U);
      const { dU } = solver.solve(qp);
      for (let i = 0; i < U.length; i++) U[i] += dU[i];
      const next = new Float64Array(NX);
      step(X, 0, U, 0, next, 0);
      const sigma = [0.005, 0.005, 0.01, 0.01, 0.02];
      for (let i = 0; i < NX; i++) X[i] = next[i] + sigma[i] * rng.gauss();
      U.copyWithin(0, NU);
      for (let k = 0; k < N; k++) step(X, k * NX, U, k * NU, X, (k + 1) * NX);
      episode.along += episode.speed * DT;
      return qp;
    });
  });
}

/** An empty QP of the benchmark's robot. */
function createRobotQp(N: number, rows: number): Qp {
  const sparsity = {
    A: ["10***", "01***", "0010*", "00010", "00001"],
    B: ["*0", "*0", "0*", "*0", "0*"],
  };
  return createQp(createQpShape({ N, nx: NX, nu: NU, nc: rows, boxIndex: [3, 4], sparsity }));
}

function createEpisode(rng: Rng, along: number): Episode {
  const circles = Array.from({ length: 12 }, (_, i) => {
    const [x, y] = road(1.5 + 1.5 * i + 0.3 * rng.gauss());
    const side = rng.uniform() < 0.5 ? -1 : 1;
    return { x, y: y + side * (0.3 + 0.7 * rng.uniform()), radius: 0.15 + 0.2 * rng.uniform() };
  });
  return { circles, speed: 0.5 + 0.7 * rng.uniform(), along };
}

/** The road's point and heading at a place along it. */
function road(s: number): readonly [x: number, y: number, yaw: number] {
  return [s, 1.2 * Math.sin(0.6 * s), Math.atan(0.72 * Math.cos(0.6 * s))];
}

/** Midpoint integration of the differential drive from X at xo with U at uo, into out at oo. */
function step(X: Float64Array, xo: number, U: Float64Array, uo: number, out: Float64Array, oo: number): void {
  const yaw = X[xo + 2] + 0.5 * DT * X[xo + 4];
  const v = X[xo + 3] + 0.5 * DT * U[uo];
  out[oo] = X[xo] + DT * v * Math.cos(yaw);
  out[oo + 1] = X[xo + 1] + DT * v * Math.sin(yaw);
  out[oo + 2] = X[xo + 2] + DT * (X[xo + 4] + 0.5 * DT * U[uo + 1]);
  out[oo + 3] = X[xo + 3] + DT * U[uo];
  out[oo + 4] = X[xo + 4] + DT * U[uo + 1];
}

/** Rolls out noise, on top of a feedback that tracks the road where `track` is set. */
function rollGuess(episode: Episode, x0: Float64Array, noise: Float64Array, track: boolean) {
  const N = noise.length / NU;
  const X = new Float64Array((N + 1) * NX);
  const U = Float64Array.from(noise);
  X.set(x0);
  for (let k = 0; k < N; k++) {
    if (track) {
      const [rx, ry, ryaw] = road(episode.along + episode.speed * DT * k);
      const [x, y, yaw, v, w] = X.subarray(k * NX, (k + 1) * NX) as unknown as number[];
      const ahead = Math.cos(ryaw) * (rx - x) + Math.sin(ryaw) * (ry - y);
      const aside = -Math.sin(ryaw) * (rx - x) + Math.cos(ryaw) * (ry - y);
      U[k * NU] += 2 * (episode.speed + ahead - v);
      U[k * NU + 1] += 4 * (2 * aside + 2 * (ryaw - yaw) - w);
    }
    U[k * NU] = clamp(U[k * NU], LIMITS.aMax);
    U[k * NU + 1] = clamp(U[k * NU + 1], LIMITS.alphaMax);
    step(X, k * NX, U, k * NU, X, (k + 1) * NX);
  }
  return { X, U };
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}

/** Writes every block of the QP about a rollout (X, U). */
function linearizeRobot(qp: Qp, episode: Episode, X: Float64Array, U: Float64Array): void {
  const { N, rowStart } = qp.shape;
  for (let k = 0; k < N; k++) {
    const yaw = X[k * NX + 2] + 0.5 * DT * X[k * NX + 4];
    const v = X[k * NX + 3] + 0.5 * DT * U[k * NU];
    const c = Math.cos(yaw);
    const s = Math.sin(yaw);
    const turn = 0.5 * DT * DT;
    qp.A.set(
      // biome-ignore format: a matrix
      [
        1, 0, -DT * v * s, DT * c, -turn * v * s,
        0, 1, DT * v * c, DT * s, turn * v * c,
        0, 0, 1, 0, DT,
        0, 0, 0, 1, 0,
        0, 0, 0, 0, 1,
      ],
      k * NX * NX,
    );
    qp.B.set([turn * c, 0, turn * s, 0, 0, turn, DT, 0, 0, DT], k * NX * NU);
    qp.R.set([CONTROL_WEIGHTS[0], 0, 0, CONTROL_WEIGHTS[1]], k * NU * NU);
    const [a, alpha] = [U[k * NU], U[k * NU + 1]];
    qp.r.set([CONTROL_WEIGHTS[0] * a, CONTROL_WEIGHTS[1] * alpha], k * NU);
    qp.uLower.set([-LIMITS.aMax - a, -LIMITS.alphaMax - alpha], k * NU);
    qp.uUpper.set([LIMITS.aMax - a, LIMITS.alphaMax - alpha], k * NU);
  }
  for (let k = 0; k <= N; k++) {
    const x = X.subarray(k * NX, (k + 1) * NX);
    const [rx, ry, ryaw] = road(episode.along + episode.speed * DT * k);
    const yawError = Math.atan2(Math.sin(x[2] - ryaw), Math.cos(x[2] - ryaw));
    const error = [x[0] - rx, x[1] - ry, yawError, x[3] - episode.speed, x[4]];
    for (let i = 0; i < NX; i++) {
      const weight = (k === N ? 10 : 1) * WEIGHTS[i];
      qp.Q[(k * NX + i) * NX + i] = weight;
      qp.q[k * NX + i] = weight * error[i];
    }
    qp.xLower.set([LIMITS.vMin - x[3], -LIMITS.wMax - x[4]], k * 2);
    qp.xUpper.set([LIMITS.vMax - x[3], LIMITS.wMax - x[4]], k * 2);
    const near = episode.circles
      .map((o) => ({ o, distance: Math.hypot(x[0] - o.x, x[1] - o.y) - o.radius }))
      .sort((one, other) => one.distance - other.distance);
    for (let row = 0; row < rowStart[k + 1] - rowStart[k]; row++) {
      const { o, distance } = near[row % near.length];
      const range = Math.max(distance + o.radius, 1e-6);
      const at = rowStart[k] + row;
      qp.C.set([(x[0] - o.x) / range, (x[1] - o.y) / range, 0, 0, 0], at * NX);
      qp.c[at] = distance - ROBOT_RADIUS;
    }
  }
}
