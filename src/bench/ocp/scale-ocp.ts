import { type Dynamics, type Ocp, type RowGroup, rowGroups, rowsOfGroup, type Vec } from "../../ocp/index.ts";

/** What a problem's units are multiplied by; powers of two leave no rounding behind. */
export type OcpScale = {
  /** On l and lN. */
  readonly cost?: number;
  /** On u: a force in newtons times 0.001 is one in kilonewtons. */
  readonly control?: number;
  /** On x. */
  readonly state?: number;
  /** On the rows. */
  readonly row?: number;
};

/** The same problem in other units; its solution is the same, with U times `control` and X times `state`. */
export function scaleOcp(ocp: Ocp, { cost = 1, control = 1, state = 1, row = 1 }: OcpScale): Ocp {
  const { nx, nu } = ocp.dynamics;
  const [ownX, ownU] = [unscaler(nx, state), unscaler(nu, control)];
  const { stateBox: box } = ocp;
  return {
    ...ocp,
    dynamics: scaleDynamics(ocp.dynamics, state, control),
    stageCost: (x, u, k) => cost * ocp.stageCost(ownX(x), ownU(u), k),
    stageGradient(x, u, k, q, r) {
      ocp.stageGradient(ownX(x), ownU(u), k, q, r);
      multiply(q, cost / state);
      multiply(r, cost / control);
    },
    stageHessian(x, u, k, Q, R, M) {
      ocp.stageHessian(ownX(x), ownU(u), k, Q, R, M);
      multiply(Q, cost / state / state);
      multiply(R, cost / control / control);
      multiply(M, cost / control / state);
    },
    terminalCost: (x) => cost * ocp.terminalCost(ownX(x)),
    terminalGradient(x, q) {
      ocp.terminalGradient(ownX(x), q);
      multiply(q, cost / state);
    },
    terminalHessian(x, Q) {
      ocp.terminalHessian(ownX(x), Q);
      multiply(Q, cost / state / state);
    },
    uLower: ocp.uLower.map((v) => v * control),
    uUpper: ocp.uUpper.map((v) => v * control),
    stateBox: box && {
      ...box,
      lower: box.lower.map((v) => v * state),
      upper: box.upper.map((v) => v * state),
    },
    rows: rowGroups(ocp).map((rows) => rowsOfGroup(scaleRows(rows, row, ocp.dynamics, state, control))),
  };
}

function scaleDynamics(dynamics: Dynamics, state: number, control: number): Dynamics {
  const { nx, nu } = dynamics;
  const [ownX, ownU] = [unscaler(nx, state), unscaler(nu, control)];
  const { hessian } = dynamics;
  return {
    nx,
    nu,
    sparsity: control === state ? dynamics.sparsity : undefined,
    step(x, u, k, out) {
      dynamics.step(ownX(x), ownU(u), k, out);
      multiply(out, state);
    },
    jacobian(x, u, k, A, B) {
      dynamics.jacobian(ownX(x), ownU(u), k, A, B);
      multiply(B, state / control);
    },
    hessian: hessian && scaledHessian(hessian.bind(dynamics), nx, nu, { out: state, state, control }),
  };
}

function scaleRows(
  rows: RowGroup,
  row: number,
  { nx, nu }: Dynamics,
  state: number,
  control: number,
): RowGroup {
  const width = rows.controls ? nu : 0;
  const [ownX, ownU] = [unscaler(nx, state), unscaler(width, control)];
  const { hessian } = rows;
  return {
    ...rows,
    value(x, u, k, out) {
      rows.value(ownX(x), ownU(u), k, out);
      multiply(out, row);
    },
    jacobian(x, u, k, C, D) {
      rows.jacobian(ownX(x), ownU(u), k, C, D);
      multiply(C, row / state);
      multiply(D, row / control);
    },
    hessian: hessian && scaledHessian(hessian.bind(rows), nx, width, { out: row, state, control }),
  };
}

/** Second derivatives of functions whose values, states and controls are scaled. */
function scaledHessian(
  hessian: NonNullable<RowGroup["hessian"]>,
  nx: number,
  nu: number,
  by: { readonly out: number; readonly state: number; readonly control: number },
): NonNullable<RowGroup["hessian"]> {
  const [ownX, ownU] = [unscaler(nx, by.state), unscaler(nu, by.control)];
  const n = nx + nu;
  const own = new Float64Array(n * n);
  const unit = (i: number): number => (i < nx ? by.state : by.control);
  return (x, u, k, p, H) => {
    hessian(ownX(x), ownU(u), k, p, own.fill(0));
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) H[i * n + j] += (by.out * own[i * n + j]) / unit(i) / unit(j);
  };
}

/** A vector in the problem's own unit, in a buffer that the next call overwrites. */
function unscaler(length: number, by: number): (v: Vec) => Vec {
  const own = new Float64Array(length);
  return (v) => {
    for (let i = 0; i < length; i++) own[i] = v[i] / by;
    return own;
  };
}

function multiply(v: Vec, by: number): void {
  for (let i = 0; i < v.length; i++) v[i] *= by;
}
