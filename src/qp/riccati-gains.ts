import type { Vec } from "../ocp/index.ts";
import type { QpShape } from "./qp.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import { createRiccatiKernels } from "./riccati-kernels.ts";

/** Blocks of a linear-quadratic problem, as {@link lqrGains} takes them. */
type LqrBlocks = Readonly<Record<"A" | "B" | "Q" | "R" | "M", Vec>>;

/** The recursion of `lqrGains` on the kernels of a shape, which know its sizes and its sparsity. */
export type RiccatiGains = {
  /** Whether R + B'PB is positive definite at every stage. */
  exist(blocks: LqrBlocks): boolean;
  /** Writes K (N, nu, nx); false, with K as it was or not finite, where they do not exist. */
  write(blocks: LqrBlocks, K: Vec): boolean;
  /**
   * Writes the whole regulator of a problem with the gradients q (N + 1, nx) and r (N, nu); false, with nothing of use
   * written, where a pivot of H = R + B'PB is below `least` of its diagonal entry.
   */
  regulate(blocks: LqrBlocks & Readonly<Record<"q" | "r", Vec>>, least: number, out: Regulation): boolean;
};

/** A linear-quadratic regulator `du = feed + K dx`. */
export type Regulation = {
  /** (N, nu, nx) */ readonly K: Vec;
  /** (N, nu) */ readonly feed: Vec;
  /** (N, nu) diagonal of R + B'PB */ readonly curvature: Vec;
  /** (nu) largest |r + B'p| over the horizon */ readonly force: Vec;
};

/** Allocates the recursion for a shape. */
export function createRiccatiGains(
  shape: Pick<QpShape, "N" | "nx" | "nu" | "sparsity">,
  kernels: RiccatiKernels = createRiccatiKernels(shape),
): RiccatiGains {
  const { N, nx, nu } = shape;
  const [none, Y, L, Linv] = [nu, nu * nx, nu * nu, nu].map((size) => new Float64Array(N * size));
  const [z, U, X] = [N * nu, N * nu, (N + 1) * nx].map((size) => new Float64Array(size));
  const factor = ({ A, B, Q, R, M }: LqrBlocks): boolean =>
    kernels.factor(N, A, B, Q, R, M, none, Y, L, Linv);
  return {
    exist: factor,
    write: (blocks, K) => factor(blocks) && solveGains(N, nx, nu, Y, L, Linv, K),
    regulate(blocks, least, out) {
      if (!factor(blocks) || !measurePivots(N, nu, L, Linv, least, out.curvature)) return false;
      kernels.solve(N, blocks.A, blocks.B, blocks.q, blocks.r, Y, L, Linv, z, X, U);
      solveFeed(N, nu, L, Linv, z, out);
      return solveGains(N, nx, nu, Y, L, Linv, out.K);
    },
  };
}

/** `K = -L'^-1 Y` of every stage. @returns whether all of it is finite */
function solveGains(N: number, nx: number, nu: number, Y: Vec, L: Vec, Linv: Vec, K: Vec): boolean {
  let finite = 0;
  for (let k = 0; k < N; k++) {
    for (let i = nu - 1; i >= 0; i--) {
      const row = (k * nu + i) * nx;
      const scale = Linv[k * nu + i];
      for (let j = 0; j < nx; j++) {
        let sum = -Y[row + j];
        for (let l = i + 1; l < nu; l++) sum -= L[(k * nu + l) * nu + i] * K[(k * nu + l) * nx + j];
        K[row + j] = sum * scale;
        finite += 0 * K[row + j];
      }
    }
  }
  return finite === 0;
}

/** Diagonal of H = L L'. @returns whether no pivot is below `least` of its entry */
function measurePivots(N: number, nu: number, L: Vec, Linv: Vec, least: number, diagonal: Vec): boolean {
  let sound = true;
  for (let i = 0; i < N * nu; i++) {
    const pivot = 1 / (Linv[i] * Linv[i]);
    let sum = pivot;
    for (let l = i * nu; l < i * nu + (i % nu); l++) sum += L[l] * L[l];
    diagonal[i] = sum;
    sound &&= pivot > least * sum;
  }
  return sound;
}

/** `feed = -L'^-1 z`, and the largest entries of the gradients L z. */
function solveFeed(N: number, nu: number, L: Vec, Linv: Vec, z: Vec, { feed, force }: Regulation): void {
  force.fill(0);
  for (let k = 0; k < N; k++) {
    for (let i = nu - 1; i >= 0; i--) {
      const at = k * nu + i;
      let gradient = z[at] / Linv[at];
      for (let l = 0; l < i; l++) gradient += L[at * nu + l] * z[k * nu + l];
      force[i] = Math.max(force[i], Math.abs(gradient));
      let sum = -z[at];
      for (let l = i + 1; l < nu; l++) sum -= L[(k * nu + l) * nu + i] * feed[k * nu + l];
      feed[at] = sum * Linv[at];
    }
  }
}
