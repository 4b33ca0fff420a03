import type { Dynamics, Ocp, Rows, Vec } from "../../ocp/index.ts";

/** What a problem's units are multiplied by; powers of two leave no rounding behind. */
export type OcpScale = {
  /** On l and lN. */
  readonly cost?: number;
  /** On u: a force in newtons times 0.001 is one in kilonewtons. */
  readonly control?: number;
  /** On the rows. */
  readonly row?: number;
};

/** The same problem in other units; its solution is the same, with U times `control`. */
export function scaleOcp(ocp: Ocp, { cost = 1, control = 1, row = 1 }: OcpScale): Ocp {
  const dynamics = scaleDynamics(ocp.dynamics, control);
  const inOwn = unscaler(ocp.dynamics.nu, control);
  return {
    ...ocp,
    dynamics,
    stageCost: (x, u, k) => cost * ocp.stageCost(x, inOwn(u), k),
    stageGradient(x, u, k, q, r) {
      ocp.stageGradient(x, inOwn(u), k, q, r);
      multiply(q, cost);
      multiply(r, cost / control);
    },
    stageHessian(x, u, k, Q, R, M) {
      ocp.stageHessian(x, inOwn(u), k, Q, R, M);
      multiply(Q, cost);
      multiply(R, cost / control / control);
      multiply(M, cost / control);
    },
    terminalCost: (x) => cost * ocp.terminalCost(x),
    terminalGradient(x, q) {
      ocp.terminalGradient(x, q);
      multiply(q, cost);
    },
    terminalHessian(x, Q) {
      ocp.terminalHessian(x, Q);
      multiply(Q, cost);
    },
    uLower: ocp.uLower.map((v) => v * control),
    uUpper: ocp.uUpper.map((v) => v * control),
    rows: ocp.rows?.map((rows) => scaleRows(rows, row, ocp.dynamics, control)),
  };
}

function scaleDynamics(dynamics: Dynamics, control: number): Dynamics {
  const { nx, nu, sparsity } = dynamics;
  const inOwn = unscaler(nu, control);
  const added = new Float64Array((nx + nu) ** 2);
  return {
    nx,
    nu,
    sparsity: control === 1 ? sparsity : undefined,
    step: (x, u, k, out) => dynamics.step(x, inOwn(u), k, out),
    jacobian(x, u, k, A, B) {
      dynamics.jacobian(x, inOwn(u), k, A, B);
      multiply(B, 1 / control);
    },
    hessian:
      dynamics.hessian &&
      ((x, u, k, p, H) => {
        dynamics.hessian!(x, inOwn(u), k, p, added.fill(0));
        const unit = (i: number): number => (i < nx ? 1 : 1 / control);
        for (let i = 0; i < added.length; i++)
          H[i] += added[i] * unit(Math.floor(i / (nx + nu))) * unit(i % (nx + nu));
      }),
  };
}

function scaleRows(rows: Rows, factor: number, { nx, nu }: Dynamics, control: number): Rows {
  const n = rows.controls === true ? nx + nu : nx;
  const own = unscaler(n - nx, control);
  const added = new Float64Array(n * n);
  return {
    ...rows,
    value(x, u, k, out) {
      rows.value(x, own(u), k, out);
      multiply(out, factor);
    },
    jacobian(x, u, k, C, D) {
      rows.jacobian(x, own(u), k, C, D);
      multiply(C, factor);
      multiply(D, factor / control);
    },
    hessian:
      rows.hessian &&
      ((x, u, k, p, H) => {
        rows.hessian!(x, own(u), k, p, added.fill(0));
        const unit = (i: number): number => (i < nx ? 1 : 1 / control);
        for (let i = 0; i < added.length; i++)
          H[i] += factor * added[i] * unit(Math.floor(i / n)) * unit(i % n);
      }),
  };
}

/** u in the problem's own unit, in a buffer that the next call overwrites. */
function unscaler(nu: number, control: number): (u: Vec) => Vec {
  const own = new Float64Array(nu);
  return (u) => {
    for (let i = 0; i < nu; i++) own[i] = u[i] / control;
    return own;
  };
}

function multiply(v: Vec, by: number): void {
  for (let i = 0; i < v.length; i++) v[i] *= by;
}
