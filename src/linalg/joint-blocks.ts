import { type EigenScratch, projectEigenvalues } from "./symmetric.ts";

type Vec = Float64Array;

/**
 * Adds a symmetric matrix in (x, u) to the blocks of `[Q M'; M R]`.
 *
 * @param joint (nx + nu, nx + nu), x first
 * @param Q (nx, nx) @param R (nu, nu) @param M (nu, nx)
 */
export function addJointBlocks(joint: Vec, nx: number, nu: number, Q: Vec, R: Vec, M: Vec): void {
  const n = nx + nu;
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) Q[i * nx + j] += joint[i * n + j];
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) R[i * nu + j] += joint[(nx + i) * n + nx + j];
    for (let j = 0; j < nx; j++) M[i * nx + j] += joint[(nx + i) * n + j];
  }
}

/**
 * Raises the negative eigenvalues of `[Q M'; M R]` to zero, in place, in units of the variables' sizes.
 *
 * @param Q (nx, nx) @param R (nu, nu) @param M (nu, nx)
 * @param size (nx + nu)
 * @param joint (nx + nu, nx + nu) scratch
 */
export function projectJointBlocks(
  nx: number,
  nu: number,
  Q: Vec,
  R: Vec,
  M: Vec,
  size: Vec,
  joint: Vec,
  scratch: EigenScratch,
): void {
  const n = nx + nu;
  for (let i = 0; i < nx; i++) for (let j = 0; j < nx; j++) joint[i * n + j] = Q[i * nx + j];
  for (let i = 0; i < nu; i++) {
    for (let j = 0; j < nu; j++) joint[(nx + i) * n + nx + j] = R[i * nu + j];
    for (let j = 0; j < nx; j++) {
      joint[(nx + i) * n + j] = M[i * nx + j];
      joint[j * n + nx + i] = M[i * nx + j];
    }
  }
  if (!projectEigenvalues(joint, n, size, scratch)) return;
  Q.fill(0);
  R.fill(0);
  M.fill(0);
  addJointBlocks(joint, nx, nu, Q, R, M);
}
