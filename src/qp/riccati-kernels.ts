import type { QpShape } from "./qp.ts";
import { createGeneratedKernels } from "./riccati-codegen.ts";
import { createRowKernels } from "./riccati-codegen-rows.ts";
import type { RiccatiKernels } from "./riccati-kernel-type.ts";
import { createLoopKernels } from "./riccati-loops.ts";

/** How the kernels of a solver are made. */
export type RiccatiKernelOptions = {
  /**
   * "auto" is the fastest that the host allows: the interior point in WebAssembly where vectors of it can be used
   * and sizes are moderate, else JavaScript that is generated for the sizes, else loops. "javascript" never is
   * WebAssembly, "loops" never generates code.
   */
  readonly kernels?: "auto" | "javascript" | "loops";
};

/** Beyond nx^2 (nx + nu) of this (or nu of 4), straight-line code outgrows what the JIT compiles well. */
const STRAIGHT_LINE_LIMIT = 450;
/** Beyond this nx, inner products are too long to write out. */
const ROWS_LIMIT = 64;

/** The fastest kernels for a shape on this host; straight-line code (small sizes) uses its sparsity. */
export function createRiccatiKernels(
  { nx, nu, sparsity }: Pick<QpShape, "nx" | "nu" | "sparsity">,
  options: RiccatiKernelOptions = {},
): RiccatiKernels {
  let generated: RiccatiKernels | undefined;
  if (options.kernels !== "loops" && Math.max(nx, nu) <= ROWS_LIMIT) {
    const small = nx * nx * (nx + nu) <= STRAIGHT_LINE_LIMIT && nu <= 4;
    generated = small ? createGeneratedKernels(nx, nu, sparsity) : createRowKernels(nx, nu);
  }
  return generated ?? createLoopKernels(nx, nu);
}
