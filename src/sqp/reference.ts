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
import { type ReferenceRegulator, type ReferenceSizes, sizesAt } from "./reference-sizes.ts";
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
  lqr: ReferenceRegulator;
  /** (p_k, g_k): costates and gradient of the Lagrangian. */
  adjoint: Matrix;
  sizes: ReferenceSizes;
  blocks: Matrix[];
  /** Weights of the constraints that the QP holds at zero in its objective too. */
  held: Matrix;
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
 * @returns undefined where the cost leaves a control without curvature, the QP is not convex or its hard constraints
 * cannot be met
 */
export function referenceStep(
  ocp: Ocp,
  at: ReferencePoint,
  options?: Partial<SqpOptions>,
): ReferenceStep | undefined {
  const o = resolveSqpOptions(options);
  const stages = at.X.map((x, k) => stageAt(ocp, x, at.U[k] ?? [], k));
  const cost = project(
    stages.map(({ H }) => H),
    ocp.dynamics.nx,
    false,
  );
  const lqr = regulator(stages, cost);
  if (lqr === undefined) return undefined;
  const adjoint = costates(at, stages);
  const sizes = sizesAt(at.X, at.U, stages, lqr, adjoint);
  const known = { ocp, at, o, stages, cost, lqr, adjoint, sizes };
  const local = { ...known, ...hessian(known) };
  const step = solveQp(local);
  if (step === undefined) return undefined;
  const { phi, slope, rho, noise } = meritOf(local, step);
  const phi0 = phi(at, 0);
  for (const kind of o.gains === "open" || o.gains === "stable" ? [o.gains] : [o.gains, "stable" as const]) {
    const K = gains(kind, local, step);
    const candidate = (alpha: number): ReferencePoint => rollout(local, step, K, alpha);
    const alpha = lineSearch((a) => phi(candidate(a), a), phi0, slope, noise, o);
    if (alpha === 0) continue;
    const to = candidate(alpha);
    // y <- max(0, y + alpha dy), as it is of equalities
    const moved = at.Y.map((y, k) => add(y, step.dY[k], alpha));
    const Y = moved.map((y, k) => y.map((v, i) => (stages[k].equal[i] ? v : Math.max(0, v))));
    return { ...step, K, phi0, slope, alpha, phi: phi(to, alpha), to: { ...to, Y, rho } };
  }
  return { ...step, K: [], phi0, slope, alpha: 0, phi: phi0, to: at };
}

/** Per stage [Q M'; M R] with Q and R raised to >= 0, then the whole, in units of the largest curvatures or plain. */
function project(blocks: Matrix[], nx: number, plain: boolean): Matrix[] {
  const size = blocks[0].map((_, i) => {
    const same = blocks.filter((H) => i < H.length).map((H) => H[i].filter((_, j) => j < nx === i < nx));
    const at = i < nx ? i : i - nx;
    const curvature =
      Math.max(...same.map((row) => Math.abs(row[at]))) || Math.max(...same.flat().map(Math.abs));
    return curvature > 0 && !plain ? curvature ** -0.5 : 1;
  });
  return blocks.map((H) => {
    const Q = raise(block(H, 0, nx, 0, nx), size.slice(0, nx));
    const R = raise(block(H, nx, H.length, nx, H.length), size.slice(nx, H.length));
    const joint = H.map((row, i) => row.map((v, j) => Q[i]?.[j] ?? R[i - nx]?.[j - nx] ?? v));
    return raise(joint, size.slice(0, H.length));
  });
}

/** Backwards: (p_k, g_k) = l_k + f_k'p_{k+1} - C_k'y_k. */
function costates({ Y }: ReferencePoint, stages: Stage[]): Matrix {
  const nx = stages[stages.length - 1].l.length;
  const adjoint: Matrix = [];
  for (let k = stages.length - 1; k >= 0; k--) {
    const { f, l, C } = stages[k];
    const next = k < stages.length - 1 ? times(transpose(f), adjoint[k + 1].slice(0, nx)) : l.map(() => 0);
    adjoint[k] = Y[k].reduce((sum, y, i) => add(sum, C[i], -y), add(l, next));
  }
  return adjoint;
}

/** The QP's Hessian: the cost's, with as much of the curvature of dynamics and rows as the option says. */
function hessian(local: Omit<Local, "blocks" | "held">): Pick<Local, "blocks" | "held"> {
  const { ocp, at, o, stages, cost, lqr, adjoint } = local;
  const none = stages.map(({ C }) => C.map(() => 0));
  if (o.hessian === "gaussNewton") return { blocks: cost, held: none };
  const { nx } = ocp.dynamics;
  const { X, U, Y } = at;
  const most = Math.max(0, ...Y.flat().map(Math.abs));
  const forces = Y.map((y) => y.map((v) => (Math.abs(v) > 1e-10 * most ? v : 0)));
  const curvature = X.map((x, k) =>
    plus(plus(curvatureAt(ocp, x, U[k] ?? [], k, adjoint[k + 1] ?? [], forces[k]), stages[k].H), cost[k], -1),
  );
  const taken = (share: number): Matrix[] => cost.map((H, k) => plus(H, curvature[k], share));
  const eased = (H: Matrix, k: number, share: number): Matrix =>
    H.map((row, i) => row.map((v, j) => (i === j && i >= nx ? v + share * lqr.S[k][i - nx][i - nx] : v)));
  if (o.hessian === "projected") {
    const blocks = project(taken(1), nx, true);
    const least = blocks.map((H, k) => eased(H, k, -1e-4));
    const raised = regulator(stages, least) ? blocks : blocks.map((H, k) => eased(H, k, o.rFloor));
    return { blocks: raised, held: none };
  }
  // "full": the largest share with which the problem is convex where it can move: what is held counts as fixed
  const held = heldWeights(local);
  const isConvex = (blocks: Matrix[], weights: Matrix): boolean =>
    regulator(
      stages,
      blocks.map((H, k) => outer(plus(H, cost[k], -1e-4), stages[k].C, weights[k])),
    ) !== undefined;
  if (o.hessian === "full") {
    const blocks = [1, 0.5, 0.25].map(taken).find((all) => isConvex(all, held)) ?? cost;
    return { blocks, held: none };
  }
  // "auto": all of it, with as much damping as that takes
  for (const w of [0, 1, 4, 16, 64, 256]) {
    const blocks = taken(1).map((H, k) => eased(H, k, w / 1000));
    const weights = [none, held].find((some) => isConvex(blocks, some));
    if (weights) return { blocks, held: weights };
  }
  return { blocks: cost, held: none };
}

/** What fixes constraints and control bounds that are held; 0 of others. */
function heldWeights({ at: { Y }, stages, adjoint, sizes, lqr }: Omit<Local, "blocks" | "held">): Matrix {
  return stages.map(({ c: values, equal, l }, k) => {
    const g = adjoint[k].slice(stages[stages.length - 1].l.length, l.length);
    const m = Y[k].length;
    return values.map((c, i) => {
      const size = sizes.c[k][i];
      if (i < m) {
        const force = equal[i] || Y[k][i] * size > 1e-5 * sizes.cost;
        return force && Math.abs(c) <= 1e-3 * size ? (1e5 * sizes.cost) / size ** 2 : 0;
      }
      const j = (i - m) % g.length;
      const push = (i - m < g.length ? g[j] : -g[j]) > 1e-5 * sizes.gradient[j];
      return push && c <= 1e-5 * sizes.u[j] ? 1e5 * lqr.S[k][j][j] : 0;
    });
  });
}

/**
 * The QP in the controls v alone: with dz_k = Z_k v, H = sum Z_k'H_k Z_k and h = sum Z_k'l_k,
 *
 *     min 1/2 v'Hv + h'v + penalties where c_k + C_k Z_k v < 0; hard constraints have the largest weight
 */
function solveQp({ ocp, at, o, stages, blocks, held, sizes }: Local): QpStep | undefined {
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
  // what is held: w/2 (c + C dz)^2 is convex and changes nothing where it stays held
  const [heldH, heldh] = stages.reduce<[Matrix, number[]]>(
    ([G, g], { C, c }, k) => {
      const CZ = product(C, Z[k]);
      return [
        outer(G, CZ, held[k]),
        c.reduce((sum, v, i) => (held[k][i] > 0 ? add(sum, CZ[i], held[k][i] * v) : sum), g),
      ];
    },
    [H, h],
  );
  const rows = stages.flatMap(({ C, c, soft, equal }, k) =>
    product(C, Z[k]).map((a, i) => {
      const size = sizes.c[k][i];
      const hard = i < soft.length && soft[i] === undefined;
      const linear = (o.maxHardWeight * sizes.cost) / size;
      const penalty = hard ? { linear, quadratic: linear / size } : soft[i];
      return { a, b: c[i], penalty, equal: equal[i], k, hard, size, weight: held[k][i] };
    }),
  );
  const solution = definite(heldH) ? solveDenseQp(heldH, heldh, rows) : undefined;
  if (solution === undefined) return undefined;
  const { v } = solution;
  const y = rows.map(({ a, b, equal, weight }, i) => {
    const force = solution.y[i] - weight * (inner(a, v) + b);
    return equal ? force : Math.max(0, force);
  });
  const hard = rows.filter((row) => row.hard);
  const unmet = hard.reduce((sum, { a, b, equal, size }) => sum + missed(equal, inner(a, v) + b) / size, 0);
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
function regulator(stages: Stage[], blocks: Matrix[]): ReferenceRegulator | undefined {
  const [K, feed, Suu]: [Matrix[], Matrix, Matrix[]] = [[], [], []];
  let P = blocks[blocks.length - 1];
  let p = stages[blocks.length - 1].l;
  const nx = P.length;
  for (let k = blocks.length - 2; k >= 0; k--) {
    const { f, l } = stages[k];
    const S = plus(product(transpose(f), product(P, f)), blocks[k]);
    const s = add(l, times(transpose(f), p));
    Suu[k] = block(S, nx, S.length, nx, S.length);
    if (!definite(Suu[k])) return undefined;
    const solved = solve(
      Suu[k],
      block(S, nx, S.length, 0, nx).map((row, i) => [...row, s[nx + i]]),
    );
    K[k] = solved.map((row) => row.slice(0, nx).map((v) => -v));
    feed[k] = solved.map((row) => -row[nx]);
    P = plus(product(block(S, 0, nx, nx, S.length), K[k]), block(S, 0, nx, 0, nx));
    p = add(s.slice(0, nx), times(transpose(K[k]), s.slice(nx)));
  }
  return { K, feed, S: Suu };
}

/** Gains: of the cost ("stable"), or of the QP with a log barrier mu / t^2, at most 1, after its step or before it. */
function gains(kind: GainKind, { stages, lqr, blocks, o, sizes }: Local, { dX, dU }: QpStep): Matrix[] {
  if (kind === "open") return dU.map((u) => u.map(() => dX[0].map(() => 0)));
  const barrier = blocks.map((H, k) => {
    const { C, c, equal } = stages[k];
    const t = kind === "sens" ? add(c, times(C, [...dX[k], ...(dU[k] ?? [])])) : c;
    const weights = t.map((v, i) => {
      const d = equal[i] ? 0 : v / sizes.c[k][i];
      return (sizes.cost / sizes.c[k][i] ** 2) * (o.barrier / Math.max(d * Math.abs(d), o.barrier));
    });
    return outer(H, C, weights);
  });
  return ((kind !== "stable" && regulator(stages, barrier)) || lqr).K;
}

/** phi = J + soft penalties + sum_hard [ -y(c - s) + rho_k/2 w (c - s)^2 ], with y and s moving with alpha. */
function meritOf({ ocp, at, stages, sizes }: Local, { dX, dU, dY, first, second }: QpStep) {
  const pay = (p: SoftPenalty, v: number): number => p.linear * v + 0.5 * p.quadratic * v * v;
  const rhoSlope = at.rho.map(() => 0); // sum w r dr with r = c - s
  const weight = (k: number, i: number): number => sizes.cost / sizes.c[k][i] ** 2;
  // a violation of a constraint's size costs no less than its multiplier takes for it
  const least = at.rho.map((rho, k) => {
    const most = (y: number, dy: number): number => Math.max(Math.abs(y), Math.abs(y + dy));
    const forces = at.Y[k].map((y, i) => (stages[k].soft[i] ? 0 : most(y, dY[k][i]) * sizes.c[k][i]));
    return Math.max(rho, ...forces.map((force) => force / sizes.cost));
  });
  let slope = first; // h'v + change of the penalties - dy'r - y'dr
  const terms = at.Y.flatMap((Yk, k) =>
    Yk.map((y, i) => {
      const { soft, equal } = stages[k];
      const [p, e, c, dy, C, rho] = [
        soft[i],
        equal[i],
        stages[k].c[i],
        dY[k][i],
        stages[k].C[i],
        least[k] * weight(k, i),
      ];
      const next = c + inner([...dX[k], ...(dU[k] ?? [])], C);
      const s = e ? 0 : Math.max(0, c - (rho > 0 ? y / rho : 0));
      const ds = e ? 0 : Math.max(0, next) - s;
      slope += p ? pay(p, missed(e, next)) - pay(p, missed(e, c)) : -dy * (c - s) - y * (next - c - ds);
      rhoSlope[k] += p ? 0 : weight(k, i) * (c - s) * (next - c - ds);
      return { k, i, p, e, y, dy, s, ds };
    }),
  );
  // rho grows by the least-norm amount that brings the slope to -1/2 v'Hv
  const excess = slope + inner(least, rhoSlope) + 0.5 * second;
  const down = rhoSlope.map((v) => Math.max(0, -v));
  const rho = excess > 0 && inner(down, down) > 0 ? add(least, down, excess / inner(down, down)) : least;
  const phi = ({ X, U }: ReferencePoint, alpha: number): number => {
    const [x, u, c] = [X.map(vec), U.map(vec), X.map((x, k) => constraintsAt(ocp, x, U[k] ?? [], k))];
    const J = totalCost(ocp, { X: vec(X.flat()), U: vec(U.flat()), x, u });
    return terms.reduce((sum, { k, i, p, e, y, dy, s, ds }) => {
      const r = c[k][i] - s - alpha * ds;
      return sum + (p ? pay(p, missed(e, c[k][i])) : r * (0.5 * rho[k] * weight(k, i) * r - y - alpha * dy));
    }, J);
  };
  const J = at.U.map((u, k) => Math.abs(ocp.stageCost(vec(at.X[k]), vec(u), k)));
  const paid = terms.map(({ k, i, p, e, y, s }) => {
    const c = stages[k].c[i];
    return p ? pay(p, missed(e, c)) : Math.abs((c - s) * y) + rho[k] * weight(k, i) * (c - s) ** 2;
  });
  const end = Math.abs(ocp.terminalCost(vec(at.X[ocp.N])));
  const noise = 1e-10 * [...J, ...paid, end].reduce((sum, v) => sum + v, 0);
  return { phi, slope: slope + inner(rho, rhoSlope), rho, noise };
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

/** The first of the lengths 1, 1/2, 1/4, ... with phi(a) <= phi0 + armijo a slope, or 0. */
function lineSearch(
  phi: (a: number) => number,
  phi0: number,
  slope: number,
  noise: number,
  { maxTrials, armijo }: SqpOptions,
): number {
  const lengths = Array.from({ length: maxTrials }, (_, trial) => 0.5 ** trial);
  return lengths.find((a) => phi(a) <= phi0 + armijo * a * Math.min(0, slope) + noise) ?? 0;
}
