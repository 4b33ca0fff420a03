import { addJointBlocks } from "../linalg/index.ts";
import {
  blockViews,
  type ConstraintLayout,
  constraintLayout,
  constraintPenalties,
  controlOf,
  createCurvature,
  evaluateStage,
  type Ocp,
  rowGroups,
  blocks as stageViews,
  type Vec,
} from "../ocp/index.ts";

/** A problem whose constraints have moved into the cost, and the numbers of that cost. */
export type Augmented = {
  /** The problem without rows and state box; its cost reads `lambda` and `rho` at each call. */
  readonly ocp: Ocp;
  /** How constraints and multipliers are stacked, as in `solveSqp`. */
  readonly layout: ConstraintLayout;
  /** (m) multipliers, >= 0 but those of equalities. */
  readonly lambda: Vec;
  /** (m) penalty of the augmented Lagrangian, > 0. */
  readonly rho: Vec;
  /** Whether the Hessian has the second derivatives of the rows. */
  full: boolean;
  /** Values (m) of the constraints, those of stage k written for (x, u); kept by the caller for no longer. */
  constraints(x: Vec, u: Vec, k: number): Vec;
  /** Gradients q, r of the problem's own cost, stage by stage, where the augmented ones were last asked for. */
  readonly own: OwnGradients;
  /** Soft penalties, (m): Infinity in `linear` for a hard constraint. */
  readonly linear: Vec;
  readonly quadratic: Vec;
};

/** A part of the gradients q (nx) of N + 1 stages and r (nu) of N. */
export type OwnGradients = { readonly q: readonly Vec[]; readonly r: readonly Vec[] };

/** Value of one term, its multiplier y = -dvalue/dc and its curvature d2value/dc2. */
export type Term = { value: number; y: number; curvature: number };

/**
 * Augmented Lagrangian of one constraint `c + s >= 0` with slack `s >= 0` paid by
 * `linear s + 1/2 quadratic s^2`, the slack minimised out in closed form:
 *
 *     min_{s >= 0} linear s + 1/2 quadratic s^2 + (max(0, lambda - rho (c + s))^2 - lambda^2) / (2 rho).
 *
 * It is continuously differentiable in c. With t = lambda - rho c the multiplier is y = 0 for t <= 0,
 * y = t up to `linear`, and beyond it y = linear + quadratic s with s = (t - linear) / (quadratic + rho).
 * At y = lambda the slack is the violation, so the penalty is paid exactly, kink included, at any rho.
 * A hard constraint is `linear = Infinity`: the term of Powell, Hestenes and Rockafellar. An equality `c = 0`
 * has the same with |t| for t, and the sign of t in y.
 */
export function augmentedTerm(
  c: number,
  lambda: number,
  rho: number,
  linear: number,
  quadratic: number,
  equality: boolean,
  out: Term,
): void {
  const way = equality && lambda < rho * c ? -1 : 1;
  const t = way * (lambda - rho * c);
  const rest = -(lambda * lambda) / (2 * rho);
  if (t <= 0 && !equality) {
    out.value = rest;
    out.y = 0;
    out.curvature = 0;
  } else if (t <= linear) {
    out.value = rest + (t * t) / (2 * rho);
    out.y = way * t;
    out.curvature = rho;
  } else {
    const s = (t - linear) / (quadratic + rho);
    const y = linear + quadratic * s;
    out.value = rest + linear * s + 0.5 * quadratic * s * s + (y * y) / (2 * rho);
    out.y = way * y;
    out.curvature = (rho * quadratic) / (quadratic + rho);
  }
}

/** Moves the constraints of a problem into its cost. */
export function augment(ocp: Ocp): Augmented {
  const { nx, nu } = ocp.dynamics;
  const layout = constraintLayout(ocp);
  const { m, start, equal, blocks, blockStart } = layout;
  const nb = ocp.stateBox?.index.length ?? 0;
  const stacked = (): Vec => new Float64Array(m);
  const [c, y, weight, lambda] = [stacked(), stacked(), stacked(), stacked()];
  const [values, multipliers, weights] = [c, y, weight].map((all) => blockViews(layout, all));
  const C = blocks.map(({ count }) => new Float64Array(count * nx));
  const groups = rowGroups(ocp);
  const D = blocks.map(({ count, group }) => new Float64Array(groups[group].controls ? count * nu : 0));
  const [joint, square] = [new Float64Array((nx + nu) ** 2), new Float64Array(nx * nx)];
  const none = noControl(nx, nu);
  const own = ownGradients(ocp.N, nx, nu);
  const term: Term = { value: 0, y: 0, curvature: 0 };
  const curvature = createCurvature(ocp);
  const penalties = { linear: stacked(), quadratic: stacked() };
  constraintPenalties(ocp, layout, penalties);
  const { linear, quadratic } = penalties;

  const constraints = (x: Vec, u: Vec, k: number): Vec => {
    evaluateStage(ocp, layout, x, u, k, c, values);
    return c;
  };
  /** Fills y and weight of stage k; returns the sum of the terms. */
  const evaluate = (x: Vec, u: Vec, k: number): number => {
    constraints(x, u, k);
    let sum = 0;
    for (let i = start[k]; i < start[k + 1]; i++) {
      augmentedTerm(c[i], lambda[i], augmented.rho[i], linear[i], quadratic[i], equal[i] === 1, term);
      sum += term.value;
      y[i] = term.y;
      weight[i] = term.curvature;
    }
    return sum;
  };
  /** Calls `visit` with each block of stage k that has a multiplier or a curvature, its Jacobian written. */
  const eachActive = (x: Vec, u: Vec, k: number, visit: (b: number) => void): void => {
    evaluate(x, u, k);
    for (let b = blockStart[k]; b < blockStart[k + 1]; b++) {
      if (isZero(multipliers[b]) && isZero(weights[b])) continue;
      groups[blocks[b].group].jacobian(x, u, k, C[b], D[b]);
      visit(b);
    }
  };
  const addGradient = (x: Vec, u: Vec, k: number, q: Vec, r: Vec): void => {
    eachActive(x, u, k, (b) => {
      addTimes(multipliers[b], C[b], q);
      if (D[b].length > 0) addTimes(multipliers[b], D[b], r);
    });
    const at = start[k + 1] - 2 * nb;
    for (let j = 0; k > 0 && j < nb; j++) q[ocp.stateBox!.index[j]] += y[at + nb + j] - y[at + j];
  };
  const addHessian = (x: Vec, u: Vec, k: number, Q: Vec, R: Vec, M: Vec): void => {
    eachActive(x, u, k, (b) => {
      const { group, at, count } = blocks[b];
      for (let i = 0; i < count; i++) {
        if (weight[at + i] === 0) continue;
        const [ofState, ofControl] = [
          C[b].subarray(i * nx, (i + 1) * nx),
          D[b].subarray(i * nu, (i + 1) * nu),
        ];
        addOuter(weight[at + i], ofState, ofState, Q);
        if (ofControl.length === 0) continue;
        addOuter(weight[at + i], ofControl, ofControl, R);
        addOuter(weight[at + i], ofControl, ofState, M);
      }
      if (!augmented.full) return;
      const control = controlOf(groups[group], u);
      const H = (control.length > 0 ? joint : square).fill(0);
      curvature.rows[group](x, control, k, multipliers[b], H);
      for (let i = 0; i < H.length; i++) H[i] = -H[i];
      if (H === joint) addJointBlocks(joint, nx, nu, Q, R, M);
      else for (let i = 0; i < H.length; i++) Q[i] += H[i];
    });
    const at = start[k + 1] - 2 * nb;
    for (let j = 0; k > 0 && j < 2 * nb; j++) Q[ocp.stateBox!.index[j % nb] * (nx + 1)] += weight[at + j];
  };

  const augmented: Augmented = {
    layout,
    lambda,
    rho: new Float64Array(layout.m).fill(1),
    full: false,
    constraints,
    own,
    linear,
    quadratic,
    ocp: {
      N: ocp.N,
      dynamics: ocp.dynamics,
      uLower: ocp.uLower,
      uUpper: ocp.uUpper,
      angles: ocp.angles,
      stageCost: (x, u, k) => ocp.stageCost(x, u, k) + evaluate(x, u, k),
      stageGradient(x, u, k, q, r) {
        ocp.stageGradient(x, u, k, q, r);
        own.q[k].set(q);
        own.r[k].set(r);
        addGradient(x, u, k, q, r);
      },
      stageHessian(x, u, k, Q, R, M) {
        ocp.stageHessian(x, u, k, Q, R, M);
        addHessian(x, u, k, Q, R, M);
      },
      terminalCost: (x) => ocp.terminalCost(x) + evaluate(x, none.u, ocp.N),
      terminalGradient(x, q) {
        ocp.terminalGradient(x, q);
        own.q[ocp.N].set(q);
        addGradient(x, none.u, ocp.N, q, none.r);
      },
      terminalHessian(x, Q) {
        ocp.terminalHessian(x, Q);
        addHessian(x, none.u, ocp.N, Q, none.R, none.M);
      },
    },
  };
  return augmented;
}

function isZero(v: Vec): boolean {
  return v.every((value) => value === 0);
}

function ownGradients(N: number, nx: number, nu: number): OwnGradients {
  return { q: stageViews(new Float64Array((N + 1) * nx), nx), r: stageViews(new Float64Array(N * nu), nu) };
}

/** Stands for the control that the last stage has not. */
function noControl(nx: number, nu: number): Record<"u" | "r" | "R" | "M", Vec> {
  const zeros = (n: number): Vec => new Float64Array(n);
  return { u: zeros(nu), r: zeros(nu), R: zeros(nu * nu), M: zeros(nu * nx) };
}

/** out (n) -= J'y with J (m, n). */
function addTimes(y: Vec, J: Vec, out: Vec): void {
  const n = out.length;
  for (let i = 0; i < y.length; i++) {
    if (y[i] !== 0) for (let j = 0; j < n; j++) out[j] -= y[i] * J[i * n + j];
  }
}

/** out (a.length, b.length) += w a b' */
function addOuter(w: number, a: Vec, b: Vec, out: Vec): void {
  const n = b.length;
  for (let i = 0; i < a.length; i++) for (let j = 0; j < n; j++) out[i * n + j] += w * a[i] * b[j];
}
