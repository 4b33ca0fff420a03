import { createCurvature, type Ocp, type SoftPenalty, type Vec } from "../ocp/index.ts";

/**
 * A problem whose constraints have moved into the cost, and the numbers of that cost. Constraints of
 * stage k = 1..N are numbered [rows | state - lower | upper - state], m of them, as in `solveSqp`.
 */
export type Augmented = {
  /** The problem without rows and state box; its cost reads `lambda` and `rho` at each call. */
  readonly ocp: Ocp;
  readonly m: number;
  /** (N + 1, m) multipliers, >= 0; block 0 is not used. */
  readonly lambda: Vec;
  /** Penalty of the augmented Lagrangian, > 0. */
  rho: number;
  /** Whether the Hessian has the second derivatives of the rows. */
  full: boolean;
  /** c (m) at a state of stage k, Infinity where a bound is; overwritten by the next call. */
  constraints(x: Vec, k: number): Vec;
  /** Soft penalties, (m): Infinity in `linear` for a hard constraint. */
  readonly linear: Vec;
  readonly quadratic: Vec;
};

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
 * A hard constraint is `linear = Infinity`: the term of Powell, Hestenes and Rockafellar.
 */
export function augmentedTerm(
  c: number,
  lambda: number,
  rho: number,
  linear: number,
  quadratic: number,
  out: Term,
): void {
  const t = lambda - rho * c;
  const rest = -(lambda * lambda) / (2 * rho);
  if (t <= 0) {
    out.value = rest;
    out.y = 0;
    out.curvature = 0;
  } else if (t <= linear) {
    out.value = rest + (t * t) / (2 * rho);
    out.y = t;
    out.curvature = rho;
  } else {
    const s = (t - linear) / (quadratic + rho);
    const y = linear + quadratic * s;
    out.value = rest + linear * s + 0.5 * quadratic * s * s + (y * y) / (2 * rho);
    out.y = y;
    out.curvature = (rho * quadratic) / (quadratic + rho);
  }
}

/** Moves the constraints of a problem into its cost. */
export function augment(ocp: Ocp): Augmented {
  const { nx } = ocp.dynamics;
  const nc = ocp.rows?.count ?? 0;
  const box = ocp.stateBox;
  const nb = box?.index.length ?? 0;
  const m = nc + 2 * nb;
  const c = new Float64Array(m);
  const rowValues = c.subarray(0, nc);
  const C = new Float64Array(nc * nx);
  const y = new Float64Array(m);
  const weight = new Float64Array(m);
  const rowMultipliers = new Float64Array(nc);
  const curvatureSum = new Float64Array(nx * nx);
  const term: Term = { value: 0, y: 0, curvature: 0 };
  const curvature = createCurvature(ocp);
  const { linear, quadratic } = penalties(nc, nb, ocp.rows?.soft, box?.soft);

  const constraints = (x: Vec, k: number): Vec => {
    if (nc > 0) ocp.rows!.value(x, k, rowValues);
    for (let j = 0; j < nb; j++) {
      c[nc + j] = x[box!.index[j]] - box!.lower[j];
      c[nc + nb + j] = box!.upper[j] - x[box!.index[j]];
    }
    return c;
  };
  /** Fills y and weight; returns the sum of the terms. */
  const evaluate = (x: Vec, k: number): number => {
    constraints(x, k);
    let sum = 0;
    for (let i = 0; i < m; i++) {
      augmentedTerm(c[i], augmented.lambda[k * m + i], augmented.rho, linear[i], quadratic[i], term);
      sum += term.value;
      y[i] = term.y;
      weight[i] = term.curvature;
    }
    return sum;
  };
  const rowsMatter = (): boolean => {
    for (let i = 0; i < nc; i++) if (y[i] !== 0) return true;
    return false;
  };
  const addGradient = (x: Vec, k: number, q: Vec): void => {
    evaluate(x, k);
    if (rowsMatter()) {
      ocp.rows!.jacobian(x, k, C);
      for (let i = 0; i < nc; i++) {
        if (y[i] !== 0) for (let j = 0; j < nx; j++) q[j] -= y[i] * C[i * nx + j];
      }
    }
    for (let j = 0; j < nb; j++) q[box!.index[j]] += y[nc + nb + j] - y[nc + j];
  };
  const addHessian = (x: Vec, k: number, Q: Vec): void => {
    evaluate(x, k);
    for (let j = 0; j < nb; j++) Q[box!.index[j] * (nx + 1)] += weight[nc + j] + weight[nc + nb + j];
    if (!rowsMatter()) return;
    ocp.rows!.jacobian(x, k, C);
    for (let r = 0; r < nc; r++) {
      if (weight[r] === 0) continue;
      for (let i = 0; i < nx; i++) {
        for (let j = 0; j < nx; j++) Q[i * nx + j] += weight[r] * C[r * nx + i] * C[r * nx + j];
      }
    }
    if (!augmented.full) return;
    for (let i = 0; i < nc; i++) rowMultipliers[i] = y[i];
    curvatureSum.fill(0);
    curvature.rows(x, k, rowMultipliers, curvatureSum);
    for (let i = 0; i < nx * nx; i++) Q[i] -= curvatureSum[i];
  };

  const augmented: Augmented = {
    m,
    lambda: new Float64Array((ocp.N + 1) * m),
    rho: 1,
    full: false,
    constraints,
    linear,
    quadratic,
    ocp: {
      N: ocp.N,
      dynamics: ocp.dynamics,
      uLower: ocp.uLower,
      uUpper: ocp.uUpper,
      angles: ocp.angles,
      stageCost: (x, u, k) => ocp.stageCost(x, u, k) + (k > 0 ? evaluate(x, k) : 0),
      stageGradient(x, u, k, q, r) {
        ocp.stageGradient(x, u, k, q, r);
        if (k > 0) addGradient(x, k, q);
      },
      stageHessian(x, u, k, Q, R, M) {
        ocp.stageHessian(x, u, k, Q, R, M);
        if (k > 0) addHessian(x, k, Q);
      },
      terminalCost: (x) => ocp.terminalCost(x) + evaluate(x, ocp.N),
      terminalGradient(x, q) {
        ocp.terminalGradient(x, q);
        addGradient(x, ocp.N, q);
      },
      terminalHessian(x, Q) {
        ocp.terminalHessian(x, Q);
        addHessian(x, ocp.N, Q);
      },
    },
  };
  return augmented;
}

function penalties(
  nc: number,
  nb: number,
  rows: SoftPenalty | undefined,
  box: SoftPenalty | undefined,
): { linear: Vec; quadratic: Vec } {
  const linear = new Float64Array(nc + 2 * nb).fill(Number.POSITIVE_INFINITY);
  const quadratic = new Float64Array(nc + 2 * nb);
  if (rows !== undefined) {
    linear.fill(rows.linear, 0, nc);
    quadratic.fill(rows.quadratic, 0, nc);
  }
  if (box !== undefined) {
    linear.fill(box.linear, nc);
    quadratic.fill(box.quadratic, nc);
  }
  return { linear, quadratic };
}
