import type { Dynamics } from "../ocp/index.ts";

/**
 * Midpoint step of the kinematic bicycle about its rear axle, x = (px, py, yaw, v, delta),
 * u = (a, deltaRate), wheelbase L, h = dt/2:
 *
 *     phi = yaw + h v tan(delta)/L,  s = v + h a,  e = delta + h deltaRate,
 *     px' = px + dt s cos phi,  py' = py + dt s sin phi,  yaw' = yaw + dt s tan(e)/L,
 *     v' = v + dt a,  delta' = delta + dt deltaRate
 */
export function bicycleDynamics(dt: number, wheelbase: number): Dynamics {
  const h = dt / 2;
  const nz = 7;
  // Gradients of phi, s and e with respect to (x, u).
  const phiZ = new Float64Array(nz);
  const sZ = Float64Array.of(0, 0, 0, 1, 0, h, 0);
  const eZ = Float64Array.of(0, 0, 0, 0, 1, 0, h);
  return {
    nx: 5,
    nu: 2,
    sparsity: {
      A: ["10***", "01***", "001**", "00010", "00001"],
      B: ["*0", "*0", "**", "*0", "0*"],
    },
    step(x, u, _k, out) {
      const phi = x[2] + (h * x[3] * Math.tan(x[4])) / wheelbase;
      const s = x[3] + h * u[0];
      const yaw = x[2] + (dt * s * Math.tan(x[4] + h * u[1])) / wheelbase;
      out[0] = x[0] + dt * s * Math.cos(phi);
      out[1] = x[1] + dt * s * Math.sin(phi);
      out[2] = yaw;
      out[3] = x[3] + dt * u[0];
      out[4] = x[4] + dt * u[1];
    },
    jacobian(x, u, _k, A, B) {
      const t = Math.tan(x[4]);
      const te = Math.tan(x[4] + h * u[1]);
      const phi = x[2] + (h * x[3] * t) / wheelbase;
      const s = x[3] + h * u[0];
      const c = Math.cos(phi);
      const sn = Math.sin(phi);
      const phiV = (h * t) / wheelbase;
      const phiDelta = (h * x[3] * (1 + t * t)) / wheelbase;
      const yawE = (dt * s * (1 + te * te)) / wheelbase;
      A.fill(0);
      B.fill(0);
      A[0] = A[6] = A[12] = A[18] = A[24] = 1;
      A[2] = -dt * s * sn;
      A[3] = dt * c + A[2] * phiV;
      A[4] = A[2] * phiDelta;
      A[7] = dt * s * c;
      A[8] = dt * sn + A[7] * phiV;
      A[9] = A[7] * phiDelta;
      A[13] = (dt * te) / wheelbase;
      A[14] = yawE;
      B[0] = dt * h * c;
      B[2] = dt * h * sn;
      B[4] = h * A[13];
      B[5] = h * yawE;
      B[6] = dt;
      B[9] = dt;
    },
    hessian(x, u, _k, p, H) {
      const t = Math.tan(x[4]);
      const te = Math.tan(x[4] + h * u[1]);
      const tanSlope = 1 + t * t;
      const phi = x[2] + (h * x[3] * t) / wheelbase;
      const s = x[3] + h * u[0];
      const c = Math.cos(phi);
      const sn = Math.sin(phi);
      phiZ[2] = 1;
      phiZ[3] = (h * t) / wheelbase;
      phiZ[4] = (h * x[3] * tanSlope) / wheelbase;
      // p'(px', py') = dt s C(phi), C' = D, C'' = -C; yaw' = dt s T(e)/L, T' = 1 + T^2, T'' = 2 T T'
      const turn = -dt * s * (p[0] * c + p[1] * sn);
      const D = dt * (p[1] * c - p[0] * sn);
      const yaw1 = (p[2] * dt * (1 + te * te)) / wheelbase;
      const yaw2 = 2 * te * yaw1 * s;
      for (let i = 2; i < nz; i++) {
        for (let j = 2; j < nz; j++) {
          H[i * nz + j] +=
            turn * phiZ[i] * phiZ[j] +
            D * (sZ[i] * phiZ[j] + phiZ[i] * sZ[j]) +
            yaw1 * (sZ[i] * eZ[j] + eZ[i] * sZ[j]) +
            yaw2 * eZ[i] * eZ[j];
        }
      }
      // phi itself is curved: d2phi/dv ddelta and d2phi/ddelta2
      const phiVDelta = (h * tanSlope) / wheelbase;
      H[3 * nz + 4] += s * D * phiVDelta;
      H[4 * nz + 3] += s * D * phiVDelta;
      H[4 * nz + 4] += s * D * 2 * t * x[3] * phiVDelta;
    },
  };
}
