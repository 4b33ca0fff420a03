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
};

/** Allocates the recursion for a shape. */
export function createRiccatiGains(
  shape: Pick<QpShape, "N" | "nx" | "nu" | "sparsity">,
  kernels: RiccatiKernels = createRiccatiKernels(shape),
): RiccatiGains {
  const { N, nx, nu } = shape;
  const [none, Y, L, Linv] = [nu, nu * nx, nu * nu, nu].map((size) => new Float64Array(N * size));
  const factor = ({ A, B, Q, R, M }: LqrBlocks): boolean =>
    kernels.factor(N, A, B, Q, R, M, none, Y, L, Linv);
  return {
    exist: factor,
    write: (blocks, K) => factor(blocks) && solveGains(N, nx, nu, Y, L, Linv, K),
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
