import type { Dynamics } from "../ocp/index.ts";

/**
 * Midpoint step of the differential drive, x = (px, py, yaw, v, w), u = (a, alpha), h = dt/2:
 *
 *     phi = yaw + h w,  s = v + h a,  px' = px + dt s cos phi,  py' = py + dt s sin phi,
 *     yaw' = yaw + dt (w + h alpha),  v' = v + dt a,  w' = w + dt alpha
 */
export function differentialDynamics(dt: number): Dynamics {
  const h = dt / 2;
  const nz = 7;
  return {
    nx: 5,
    nu: 2,
    sparsity: {
      A: ["10***", "01***", "0010*", "00010", "00001"],
      B: ["*0", "*0", "0*", "*0", "0*"],
    },
    step(x, u, _k, out) {
      const phi = x[2] + h * x[4];
      const d = dt * (x[3] + h * u[0]);
      const yaw = x[2] + dt * (x[4] + h * u[1]);
      out[0] = x[0] + d * Math.cos(phi);
      out[1] = x[1] + d * Math.sin(phi);
      out[2] = yaw;
      out[3] = x[3] + dt * u[0];
      out[4] = x[4] + dt * u[1];
    },
    jacobian(x, u, _k, A, B) {
      const phi = x[2] + h * x[4];
      const d = dt * (x[3] + h * u[0]);
      const c = Math.cos(phi);
      const s = Math.sin(phi);
      A.fill(0);
      B.fill(0);
      A[0] = A[6] = A[12] = A[18] = A[24] = 1;
      A[2] = -d * s;
      A[3] = dt * c;
      A[4] = -d * s * h;
      A[7] = d * c;
      A[8] = dt * s;
      A[9] = d * c * h;
      A[14] = dt;
      B[0] = dt * h * c;
      B[2] = dt * h * s;
      B[5] = dt * h;
      B[6] = dt;
      B[9] = dt;
    },
    hessian(x, u, _k, p, H) {
      const phi = x[2] + h * x[4];
      const c = Math.cos(phi);
      const s = Math.sin(phi);
      // p'(px', py') = dt s C(phi) with C = p0 cos + p1 sin, C' = D, C'' = -C; dphi = (yaw: 1, w: h), ds = (v: 1, a: h)
      const turn = -dt * (x[3] + h * u[0]) * (p[0] * c + p[1] * s);
      const D = dt * (p[1] * c - p[0] * s);
      add(H, nz, 2, 2, turn);
      add(H, nz, 2, 4, turn * h);
      add(H, nz, 4, 4, turn * h * h);
      add(H, nz, 2, 3, D);
      add(H, nz, 3, 4, D * h);
      add(H, nz, 2, 5, D * h);
      add(H, nz, 4, 5, D * h * h);
    },
  };
}

/** Adds to entries (i, j) and (j, i), once where they are the same. */
export function add(H: Float64Array, n: number, i: number, j: number, value: number): void {
  H[i * n + j] += value;
  if (i !== j) H[j * n + i] += value;
}

/**
 * Midpoint step of an omnidirectional base, x = (px, py, yaw, vx, vy, w) with body velocities,
 * u = (ax, ay, alpha), h = dt/2, phi = yaw + h w, (bx, by) = (vx + h ax, vy + h ay):
 *
 *     (px', py') = (px, py) + dt R(phi) (bx, by),  yaw' = yaw + dt (w + h alpha),  speeds' = speeds + dt u
 */
export function omniDynamics(dt: number): Dynamics {
  const h = dt / 2;
  const nz = 9;
  return {
    nx: 6,
    nu: 3,
    sparsity: {
      A: ["10****", "01****", "00100*", "000100", "000010", "000001"],
      B: ["**0", "**0", "00*", "*00", "0*0", "00*"],
    },
    step(x, u, _k, out) {
      const phi = x[2] + h * x[5];
      const c = Math.cos(phi);
      const s = Math.sin(phi);
      const bx = dt * (x[3] + h * u[0]);
      const by = dt * (x[4] + h * u[1]);
      out[0] = x[0] + c * bx - s * by;
      out[1] = x[1] + s * bx + c * by;
      out[2] = x[2] + dt * (x[5] + h * u[2]);
      out[3] = x[3] + dt * u[0];
      out[4] = x[4] + dt * u[1];
      out[5] = x[5] + dt * u[2];
    },
    jacobian(x, u, _k, A, B) {
      const phi = x[2] + h * x[5];
      const c = Math.cos(phi);
      const s = Math.sin(phi);
      const bx = dt * (x[3] + h * u[0]);
      const by = dt * (x[4] + h * u[1]);
      A.fill(0);
      B.fill(0);
      for (let i = 0; i < 6; i++) A[i * 7] = 1;
      A[2] = -s * bx - c * by;
      A[3] = dt * c;
      A[4] = -dt * s;
      A[5] = h * A[2];
      A[8] = c * bx - s * by;
      A[9] = dt * s;
      A[10] = dt * c;
      A[11] = h * A[8];
      A[17] = dt;
      B[0] = h * dt * c;
      B[1] = -h * dt * s;
      B[3] = h * dt * s;
      B[4] = h * dt * c;
      B[8] = h * dt;
      B[9] = dt;
      B[13] = dt;
      B[17] = dt;
    },
    hessian(x, u, _k, p, H) {
      const phi = x[2] + h * x[5];
      const c = Math.cos(phi);
      const s = Math.sin(phi);
      // p'(px', py') = dt (bx C + by D) with C = p0 cos + p1 sin, C' = D, D' = -C
      const C = dt * (p[0] * c + p[1] * s);
      const D = dt * (p[1] * c - p[0] * s);
      const turn = -(x[3] + h * u[0]) * C - (x[4] + h * u[1]) * D;
      add(H, nz, 2, 2, turn);
      add(H, nz, 2, 5, turn * h);
      add(H, nz, 5, 5, turn * h * h);
      add(H, nz, 2, 3, D);
      add(H, nz, 3, 5, D * h);
      add(H, nz, 2, 6, D * h);
      add(H, nz, 5, 6, D * h * h);
      add(H, nz, 2, 4, -C);
      add(H, nz, 4, 5, -C * h);
      add(H, nz, 2, 7, -C * h);
      add(H, nz, 5, 7, -C * h * h);
    },
  };
}
