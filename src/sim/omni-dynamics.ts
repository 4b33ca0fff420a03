import type { Dynamics } from "../ocp/index.ts";
import { add } from "./differential-dynamics.ts";

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
