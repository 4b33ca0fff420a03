import {
  add,
  block,
  definite,
  identity,
  inner,
  type Matrix,
  outer,
  plus,
  product,
  raise,
  rowsOf,
  solve,
  times,
  transpose,
} from "../linalg/index.ts";
import { clipControl, type Ocp, type SoftPenalty, stateDifference, totalCost } from "../ocp/index.ts";
import { solveDenseQp } from "./dense-qp.ts";
import { type GainKind, resolveSqpOptions, type SqpOptions } from "./options.ts";
import { ask, constraintsAt, curvatureAt, type Stage, stageAt, vec } from "./reference-stages.ts";

/** Where a reference step starts or ends: states X[k], controls U[k], multipliers Y[k], merit penalties rho[k]. */
export type ReferencePoint = { X: Matrix; U: Matrix; Y: Matrix; rho: number[] };

/** The QP's step per stage, and its model of the cost's change: h'v, v'Hv. */
type QpStep = { dX: Matrix; dU: Matrix; dY: Matrix; first: number; second: number };

/** The problem at a point, the options, and the Hessian blocks: of the cost, projected, and of the QP. */
type Local = {
  ocp: Ocp;
  at: ReferencePoint;
  o: SqpOptions;
  stages: Stage[];
  cost: Matrix[];
  blocks: Matrix[];
};

/** What a reference step worked out; without an acceptable length `alpha` is 0 and `to` the old point. */
export type ReferenceStep = QpStep &
  Record<"phi0" | "slope" | "alpha" | "phi", number> & { K: Matrix[]; to: ReferencePoint };

/**
 * One step of the closed-loop SQP, dense and naive: the readable twin, which the solver's own step must equal.
 *
 * Every equation stands here once, in the order of arXiv 2109.07081 and docs/solver.md, sharing no kernel with
 * the solver. Safeguards are left to the solve: what follows a refused step or rows that cannot be met.
 *
 * @returns undefined where the QP is not convex or its hard constraints cannot be met
 */
export function referenceStep(
  ocp: Ocp,
  at: ReferencePoint,
  options?: Partial<SqpOptions>,
): ReferenceStep | undefined {
  const o = resolveSqpOptions(options);
  const stages = at.X.map((x, k) => stageAt(ocp, x, at.U[k] ?? [], k));
  const cost = stages.map(({ H }) => project(H, ocp.dynamics.nx, o.rFloor));
  const local = { ocp, at, o, stages, cost, blocks: hessian({ ocp, at, o, stages, cost }) };
  const step = solveQp(local);
  if (step === undefined) return undefined;
  const { phi, slope, rho } = meritOf(local, step);
  const phi0 = phi(at, 0);
  for (const kind of o.gains === "open" || o.gains === "stable" ? [o.gains] : [o.gains, "stable" as const]) {
    const K = gains(kind, local, step);
    const candidate = (alpha: number): ReferencePoint => rollout(local, step, K, alpha);
    const kinks = stages.some(({ soft }) => soft.some(Boolean));
    const alpha = lineSearch((a) => phi(candidate(a), a), phi0, slope, kinks, o);
    if (alpha === 0) continue;
    const to = candidate(alpha);
    // y <- max(0, y + alpha dy), as it is of equalities
    const moved = at.Y.map((y, k) => add(y, step.dY[k], alpha));
    const Y = moved.map((y, k) => y.map((v, i) => (stages[k].equal[i] ? v : Math.max(0, v))));
    return { ...step, K, phi0, slope, alpha, phi: phi(to, alpha), to: { ...to, Y, rho } };
  }
  return { ...step, K: [], phi0, slope, alpha: 0, phi: phi0, to: at };
}

/** [Q M'; M R] with Q raised to >= 0, R to >= rFloor, then the whole to >= 0. */
function project(H: Matrix, nx: number, rFloor: number): Matrix {
  const Q = raise(block(H, 0, nx, 0, nx), 0);
  const R = raise(block(H, nx, H.length, nx, H.length), rFloor);
  const joint = H.map((row, i) => row.map((v, j) => Q[i]?.[j] ?? R[i - nx]?.[j - nx] ?? v));
  return raise(joint, 0);
}

/** The QP's Hessian: the cost's, with as much of the curvature of dynamics and rows as the option says. */
function hessian({ ocp, at, o, stages, cost }: Omit<Local, "blocks">): Matrix[] {
  if (o.hessian === "gaussNewton") return cost;
  const { nx } = ocp.dynamics;
  const { X, U, Y } = at;
  // adjoint, backwards: (p_k, g_k) = l_k + f_k'p_{k+1} - C_k'y_k
  const adjoint: Matrix = [];
  for (let k = ocp.N; k >= 0; k--) {
    const { f, l, C } = stages[k];
    const next = k < ocp.N ? times(transpose(f), adjoint[k + 1]) : l.map(() => 0);
    adjoint[k] = Y[k].reduce((sum, y, i) => add(sum, C[i], -y), add(l, next));
  }
  const curvature = X.map((x, k) => curvatureAt(ocp, x, U[k] ?? [], k, adjoint[k + 1] ?? [], Y[k]));
  const taken = (share: number): Matrix[] => cost.map((H, k) => plus(H, curvature[k], share));
  if (o.hessian === "projected") return taken(1).map((H) => project(H, nx, o.rFloor));
  // "full": the largest share with which the problem is convex where it can move: what is held counts as fixed
  const isConvex = (blocks: Matrix[]): boolean => {
    const fixed = blocks.map((H, k) => {
      const g = adjoint[k].slice(nx);
      const { c, equal } = stages[k];
      const force = [...Y[k].map((y, i) => (equal[i] ? 1 : y)), ...g, ...g.map((v) => -v)];
      const near = c.map((v, i) => (equal[i] ? Math.abs(v) : v) <= (i < Y[k].length ? 1e-3 : 1e-5));
      const eased = H.map((row, i) => row.map((v, j) => (i === j && i >= nx ? v - 0.5 * o.rFloor : v)));
      const weights = force.map((v, i) => (near[i] && v > 1e-5 ? 1e6 : 0));
      return outer(eased, stages[k].C, weights);
    });
    return regulator(stages, fixed) !== undefined;
  };
  return [1, 0.5, 0.25].map(taken).find(isConvex) ?? cost;
}

/**
 * The QP in the controls v alone: with dz_k = Z_k v, H = sum Z_k'H_k Z_k and h = sum Z_k'l_k,
 *
 *     min 1/2 v'Hv + h'v + penalties where c_k + C_k Z_k v < 0; hard constraints have the largest weight
 */
function solveQp({ ocp, at, o, stages, blocks }: Local): QpStep | undefined {
  const { nx, nu } = ocp.dynamics;
  const unit = identity(ocp.N * nu);
  let x: Matrix = at.X[0].map(() => unit.map(() => 0)); // dx_0 = 0
  const Z = stages.map(({ f }, k) => {
    const z = [...x, ...unit.slice(k * nu, (k + 1) * nu)];
    x = k < ocp.N ? product(f, z) : x;
    return z;
  });
  const H = Z.map((z, k) => product(transpose(z), product(blocks[k], z))).reduce((sum, S) => plus(sum, S));
  const h = Z.map((z, k) => times(transpose(z), stages[k].l)).reduce((sum, s) => add(sum, s));
  const weight = { linear: o.maxHardWeight, quadratic: o.maxHardWeight };
  const rows = stages.flatMap(({ C, c, soft, equal }, k) =>
    product(C, Z[k]).map((a, i) => {
      const penalty = i < soft.length ? (soft[i] ?? weight) : undefined;
      return { a, b: c[i], penalty, equal: equal[i], k };
    }),
  );
  const solution = definite(H) ? solveDenseQp(H, h, rows) : undefined;
  if (solution === undefined) return undefined;
  const { v, y } = solution;
  const hard = rows.filter(({ penalty }) => penalty === weight);
  const unmet = hard.reduce((sum, { a, b, equal }) => sum + missed(equal, inner(a, v) + b), 0);
  if (unmet > 0.1 * o.tol) return undefined;
  const multipliers = stages.map((_, k) => y.filter((_, j) => rows[j].k === k));
  return {
    dX: Z.map((z) => times(z.slice(0, nx), v)),
    dU: rowsOf(v, nu),
    dY: at.Y.map((old, k) => old.map((v, i) => multipliers[k][i] - v)),
    first: inner(h, v),
    second: inner(v, times(H, v)),
  };
}

/** Backwards S = H + f'Pf, K = -S_uu^{-1} S_ux, P = S_xx + S_xu K; undefined where a S_uu is not positive definite. */
function regulator(stages: Stage[], blocks: Matrix[]): Matrix[] | undefined {
  const K: Matrix[] = [];
  let P = blocks[blocks.length - 1];
  const nx = P.length;
  for (let k = blocks.length - 2; k >= 0; k--) {
    const { f } = stages[k];
    const S = plus(product(transpose(f), product(P, f)), blocks[k]);
    const Suu = block(S, nx, S.length, nx, S.length);
    if (!definite(Suu)) return undefined;
    K[k] = solve(Suu, block(S, nx, S.length, 0, nx)).map((row) => row.map((v) => -v));
    P = plus(product(block(S, 0, nx, nx, S.length), K[k]), block(S, 0, nx, 0, nx));
  }
  return K;
}

/** Gains: of the cost ("stable"), or of the QP with a log barrier mu / t^2, at most 1, after its step or before it. */
function gains(kind: GainKind, { stages, cost, blocks, o }: Local, { dX, dU }: QpStep): Matrix[] {
  if (kind === "open") return dU.map((u) => u.map(() => dX[0].map(() => 0)));
  const barrier = blocks.map((H, k) => {
    const { C, c, equal } = stages[k];
    const t = kind === "sens" ? add(c, times(C, [...dX[k], ...(dU[k] ?? [])])) : c;
    const weights = t.map((v, i) => (equal[i] ? 1 : o.barrier / Math.max(v * Math.abs(v), o.barrier)));
    return outer(H, C, weights);
  });
  return (kind !== "stable" && regulator(stages, barrier)) || regulator(stages, cost)!;
}

/** phi = J + soft penalties + sum_hard [ -y'(c - s) + rho_k/2 |c - s|^2 ], with y and s moving with alpha. */
function meritOf({ ocp, at, stages }: Local, { dX, dU, dY, first, second }: QpStep) {
  const pay = (p: SoftPenalty, v: number): number => p.linear * v + 0.5 * p.quadratic * v * v;
  const rhoSlope = at.rho.map(() => 0); // r'dr with r = c - s
  let slope = first; // h'v + change of the penalties - dy'r - y'dr
  const terms = at.Y.flatMap((Yk, k) =>
    Yk.map((y, i) => {
      const { soft, equal } = stages[k];
      const [p, e, c, dy, C, rho] = [soft[i], equal[i], stages[k].c[i], dY[k][i], stages[k].C[i], at.rho[k]];
      const next = c + inner([...dX[k], ...(dU[k] ?? [])], C);
      const s = e ? 0 : Math.max(0, c - (rho > 0 ? y / rho : 0));
      const ds = e ? 0 : Math.max(0, next) - s;
      slope += p ? pay(p, missed(e, next)) - pay(p, missed(e, c)) : -dy * (c - s) - y * (next - c - ds);
      rhoSlope[k] += p ? 0 : (c - s) * (next - c - ds);
      return { k, i, p, e, y, dy, s, ds };
    }),
  );
  // rho grows by the least-norm amount that brings the slope to -1/2 v'Hv
  const excess = slope + inner(at.rho, rhoSlope) + 0.5 * second;
  const down = rhoSlope.map((v) => Math.max(0, -v));
  const rho = excess > 0 && inner(down, down) > 0 ? add(at.rho, down, excess / inner(down, down)) : at.rho;
  const phi = ({ X, U }: ReferencePoint, alpha: number): number => {
    const [x, u, c] = [X.map(vec), U.map(vec), X.map((x, k) => constraintsAt(ocp, x, U[k] ?? [], k))];
    const J = totalCost(ocp, { X: vec(X.flat()), U: vec(U.flat()), x, u });
    return terms.reduce((sum, { k, i, p, e, y, dy, s, ds }) => {
      const r = c[k][i] - s - alpha * ds;
      return sum + (p ? pay(p, missed(e, c[k][i])) : r * (0.5 * rho[k] * r - y - alpha * dy));
    }, J);
  };
  return { phi, slope: slope + inner(rho, rhoSlope), rho };
}

/** By how much a constraint is violated. */
const missed = (equal: boolean, c: number): number => (equal ? Math.abs(c) : Math.max(0, -c));

/** u_k = clip(U_k + alpha dU_k + K_k wrap(x_k - X_k - alpha dX_k)), x_{k+1} = f(x_k, u_k). */
function rollout({ ocp, at }: Local, { dX, dU }: QpStep, K: Matrix[], alpha: number): ReferencePoint {
  const X = [at.X[0]];
  const U = at.U.map((u, k) => {
    const target = vec(add(at.X[k], dX[k], alpha));
    const d = ask(target.length, (out) => stateDifference(ocp.angles, vec(X[k]), target, out));
    const next = vec(add(add(u, dU[k], alpha), times(K[k], d)));
    clipControl(ocp, next, k);
    X.push(ask(d.length, (out) => ocp.dynamics.step(vec(X[k]), next, k, out)));
    return [...next];
  });
  return { ...at, X, U };
}

/** The first length with phi(a) <= phi0 + armijo a slope: 1, then minima of interpolants, halves by kinks; or 0. */
function lineSearch(phi: (a: number) => number, phi0: number, slope: number, kinks: boolean, o: SqpOptions) {
  let tried: { a: number; rise: number }[] = [];
  let a = 1;
  for (let trial = 0; trial < o.maxTrials; trial++) {
    const value = phi(a);
    if (value <= phi0 + o.armijo * a * Math.min(0, slope) + 1e-10 * (1 + Math.abs(phi0))) return a;
    // phi0 + slope a + b a^2 + c a^3 through the last two finite values, or with c = 0 through the only one
    if (Number.isFinite(value)) tried = [{ a, rise: value - phi0 - slope * a }, ...tried].slice(0, 2);
    const powers = tried.map((t) => [t.a ** 2, t.a ** 3].slice(0, tried.length));
    const rises = tried.map(({ rise }) => [rise]);
    const [b, c = 0] = solve(powers, rises).flat();
    const minimum = c === 0 ? -slope / (2 * b) : (-b + Math.sqrt(b * b - 3 * c * slope)) / (3 * c);
    const next = !Number.isFinite(value) ? 0.1 * a : Number.isFinite(minimum) ? minimum : 0.5 * a;
    a = Math.min(Math.max(next, (kinks ? 0.5 : 0.1) * a), 0.5 * a);
  }
  return 0;
}
