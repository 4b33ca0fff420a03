import { createIpmNumbers, type IpmEngine, type IpmNumbers } from "../ipm-engine.ts";
import { createQpSolution, type Qp, type QpMultipliers, type QpShape, type QpSolution } from "../qp.ts";
import { type QpKktResidual, qpKktResidual, qpRelativeResidual } from "../qp-residual.ts";
import { FIXED_WEIGHT, withMoreWeight } from "../riccati-system.ts";
import {
  centreEqualities,
  correctEqualRows,
  createSimdEqualities,
  directEqualRows,
  equalityCost,
  type SimdEqualities,
  selectEqualities,
  updateEqualRows,
  weighEqualRows,
} from "./equalities.ts";
import { packQp, readPoint, writeControls } from "./pack.ts";
import { RESULTS } from "./pair-kernels.ts";
import { centreRest, selectSimd, setBase, softCost } from "./select.ts";
import { recordAt, type SimdState, simdStateOf } from "./state.ts";

/** The kernels of a shape, and what one solver keeps beside their memory. */
type SimdSolver = {
  readonly s: SimdState;
  readonly numbers: IpmNumbers;
  readonly solution: QpSolution;
  /** Where the shape has equalities. */
  readonly equalities: SimdEqualities | undefined;
  readonly kkt: QpKktResidual;
  /** (2 nx) */
  readonly scratch: Float64Array;
};

/**
 * The steps in WebAssembly; each is a few calls of functions that were generated for the shape, on memory that QPs
 * of other shapes use in their turns.
 *
 * @returns undefined where there is no WebAssembly with vectors, and for sizes whose code would be too long
 */
export function createSimdEngine(shape: QpShape): IpmEngine | undefined {
  const s = simdStateOf(shape);
  if (s === undefined) return undefined;
  const solver: SimdSolver = {
    s,
    numbers: createIpmNumbers(),
    solution: createQpSolution(shape),
    equalities: shape.equality.includes(1) ? createSimdEqualities(shape) : undefined,
    kkt: { stationarity: 0, feasibility: 0, complementarity: 0, max: 0 },
    scratch: new Float64Array(2 * shape.nx),
  };
  const { numbers, solution, equalities } = solver;
  const { run } = s;
  return {
    kind: "wasm",
    numbers,
    solution,
    load: (qp) => load(solver, qp),
    place() {
      writeControls(s, solution.dU);
      run.rollout();
      run.values();
    },
    setMultipliers: (multipliers) => setMultipliers(s, multipliers),
    reducedGradient: () => reducedGradient(s),
    unconstrainedGain: (qp, regularization) => unconstrainedGain(solver, qp, regularization),
    violationCost: (scale) => softCost(s, scale) + equalityCost(equalities, s, scale),
    centre(_, mu, scale, curvature) {
      run.centre(mu);
      centreRest(s, mu, scale);
      centreEqualities(equalities, s, mu, curvature);
    },
    predict: (qp, regularization) => predict(solver, qp, regularization),
    correct(_, target, share, limit) {
      run.correct(target, share);
      correctEqualRows(equalities, s, target, share);
      run.aim(limit);
      readReach(solver);
    },
    update: (alpha) => update(solver, alpha),
    measure: (qp) => measure(solver, qp),
    startActive: () => startActive(s),
    selectPieces(rho) {
      run.select(rho);
      numbers.worst = result(s, "worst");
      return result(s, "changed") !== 0;
    },
    factorPiece() {
      setBase(s, 0, FIXED_WEIGHT);
      return run.refactor() !== 0;
    },
    stepPiece() {
      run.step();
      numbers.first = result(s, "linear");
      numbers.second = result(s, "quadratic");
    },
    slopeAt: (alpha, rho) => run.slope(alpha, rho),
    move: (alpha) => void run.move(alpha),
    keepEstimates: () => keepEstimates(s),
  };
}

const result = (s: SimdState, name: keyof typeof RESULTS): number =>
  s.all[s.layout.results / 8 + RESULTS[name]];

function load({ s, numbers, equalities }: SimdSolver, qp: Qp): boolean {
  if (!packQp(s, qp)) return false;
  selectSimd(s, qp);
  s.ladder.rung = 0;
  numbers.count = s.count + selectEqualities(equalities, s, qp);
  return true;
}

/** Takes multipliers in the layout of a solution. */
function setMultipliers(s: SimdState, from: QpMultipliers): void {
  const { hard, soft, controlAt, hardUpper, boxAt, boxUpper, rowAt } = s;
  const { N, nb, nr } = s.shape;
  for (let i = 0; i < controlAt.length; i++) {
    const [lower, upper] = [controlAt[i], controlAt[i] + hardUpper];
    hard.l[lower] = hard.sign[lower] === 0 ? 0 : from.uLower[i];
    hard.l[upper] = hard.sign[upper] === 0 ? 0 : from.uUpper[i];
  }
  for (let i = nb; i < (N + 1) * nb; i++) {
    const [lower, upper] = [boxAt[i], boxAt[i] + boxUpper];
    soft.l[lower] = soft.sign[lower] === 0 ? 0 : from.xLower[i];
    soft.l[upper] = soft.sign[upper] === 0 ? 0 : from.xUpper[i];
  }
  for (let row = 0; row < nr; row++) {
    const at = rowAt[row];
    soft.l[at] = soft.sign[at] === 0 && soft.equal[at] === 0 ? 0 : from.rows[row];
  }
}

/** Writes the present multipliers in the layout of a solution; those of fixed controls from the reduced gradient. */
function readMultipliers(s: SimdState, out: QpMultipliers): void {
  const { all, hard, soft, controlAt, hardUpper, boxAt, boxUpper, rowAt, fixed } = s;
  const { N, nb, nr, nu } = s.shape;
  for (let i = 0; i < controlAt.length; i++) {
    out.uLower[i] = hard.l[controlAt[i]];
    out.uUpper[i] = hard.l[controlAt[i] + hardUpper];
  }
  for (let i = nb; i < (N + 1) * nb; i++) {
    out.xLower[i] = soft.l[boxAt[i]];
    out.xUpper[i] = soft.l[boxAt[i] + boxUpper];
  }
  for (let row = 0; row < nr; row++) out.rows[row] = soft.l[rowAt[row]];
  for (const i of fixed) {
    const g = all[recordAt(s, "z", Math.floor(i / nu)) + (i % nu)];
    out.uLower[i] = Math.max(0, g);
    out.uUpper[i] = Math.max(0, -g);
  }
}

function reducedGradient(s: SimdState): number {
  const { all, fixed } = s;
  const { N, nu } = s.shape;
  s.run.reduced();
  for (const i of fixed) all[recordAt(s, "z", Math.floor(i / nu)) + (i % nu)] = 0;
  let most = 0;
  for (let k = 0, at = recordAt(s, "z"); k < N; k++, at += s.layout.stride / 8)
    for (let i = 0; i < nu; i++) most = Math.max(most, Math.abs(all[at + i]));
  return most;
}

function unconstrainedGain({ s }: SimdSolver, qp: Qp, regularization: number): number {
  const { all, run, hard, soft } = s;
  const { N, nu } = s.shape;
  for (const array of [hard.w, hard.phi, soft.weight, soft.phi]) array.fill(0);
  run.gradient();
  if (!factor(s, qp, regularization)) return 0;
  run.forces();
  run.solve();
  let gain = 0;
  for (let k = 0, at = recordAt(s, "z"); k < N; k++, at += s.layout.stride / 8)
    for (let i = 0; i < nu; i++) gain += 0.5 * all[at + i] * all[at + i];
  return gain;
}

/** Factorizes with the present weights, with more and more regularization if need be. */
function factor(s: SimdState, qp: Qp, regularization: number): boolean {
  let weight = regularization;
  setBase(s, weight, FIXED_WEIGHT);
  if (s.run.refactor() !== 0) return true;
  return withMoreWeight(
    qp,
    s.ladder,
    () => s.run.refactor() !== 0,
    (more) => {
      weight += more;
      setBase(s, weight, FIXED_WEIGHT);
    },
  );
}

function predict(solver: SimdSolver, qp: Qp, regularization: number): boolean {
  const { s, equalities } = solver;
  s.run.weighed();
  weighEqualRows(equalities, s);
  if (!factor(s, qp, regularization)) return false;
  s.run.aim(1);
  readReach(solver);
  return true;
}

/** Reads how far the last direction goes. */
function readReach({ s, numbers, equalities }: SimdSolver): void {
  numbers.alpha = result(s, "alpha");
  numbers.cross = result(s, "cross");
  directEqualRows(equalities, s, numbers);
}

function update({ s, numbers, equalities }: SimdSolver, alpha: number): void {
  s.run.update(alpha);
  numbers.mu = result(s, "sum");
  numbers.worst = result(s, "worst");
  numbers.largest = result(s, "largest");
  numbers.slope = result(s, "slope");
  updateEqualRows(equalities, s, alpha, numbers);
  numbers.mu = numbers.count > 0 ? numbers.mu / numbers.count : 0;
}

function measure({ s, solution, kkt, scratch }: SimdSolver, qp: Qp): number {
  const { run } = s;
  run.measure();
  readPoint(s, "w", solution.dX, solution.dU);
  readMultipliers(s, solution.multipliers);
  if (s.measurable) {
    const check = result(s, "check");
    kkt.stationarity = check - check === 0 ? result(s, "stationarity") : Number.NaN;
    kkt.feasibility = result(s, "feasibility");
    kkt.complementarity = result(s, "complementarity");
    kkt.max = Math.max(kkt.stationarity, kkt.feasibility, kkt.complementarity);
  } else qpKktResidual(qp, solution, scratch, kkt);
  solution.residual = kkt.max;
  return qpRelativeResidual(qp, solution, kkt);
}

function startActive(s: SimdState): void {
  const { hard, soft } = s;
  s.run.gradient();
  s.run.values();
  keepEstimates(s);
  for (let j = 0; j < hard.t.length; j++) hard.t[j] = hard.sign[j] === 0 ? 1 : hard.g[j] + hard.g0[j];
  for (let j = 0; j < soft.t.length; j++)
    soft.t[j] = soft.sign[j] === 0 && soft.equal[j] === 0 ? 1 : soft.g[j] + soft.g0[j];
  hard.w.fill(-1);
}

function keepEstimates({ hard, soft }: SimdState): void {
  hard.dl.set(hard.l);
  soft.dl.set(soft.l);
}
