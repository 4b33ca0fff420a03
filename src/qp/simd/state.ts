import type { Vec } from "../../ocp/index.ts";
import { hasSimd, type SharedKernel } from "../../wasm/index.ts";
import type { QpShape } from "../qp.ts";
import type { WeightLadder } from "../riccati-system.ts";
import { type SimdLayout, simdLayout } from "./layout.ts";
import { type SimdRoutes, simdRoutes } from "./routes.ts";
import { createSimdKernels } from "./simd-kernels.ts";

/** The kernels of a shape with views of their memory, and where the numbers of a QP go. */
export type SimdState = {
  readonly shape: QpShape;
  readonly layout: SimdLayout;
  readonly routes: SimdRoutes;
  readonly run: SharedKernel["run"];
  /** All of the memory, by float64. */
  readonly all: Vec;
  readonly integers: Int32Array;
  readonly hard: Readonly<Record<keyof SimdLayout["hard"], Vec>>;
  readonly soft: Readonly<Record<keyof SimdLayout["soft"], Vec>>;
  /** (N nu) place of each control's lower bound in the hard arrays; the upper one is `hardUpper` further on. */
  readonly controlAt: Int32Array;
  readonly hardUpper: number;
  /** ((N + 1) nb) the same of box sides in the soft arrays. */
  readonly boxAt: Int32Array;
  readonly boxUpper: number;
  /** (nr) place of each row in the soft arrays. */
  readonly rowAt: Int32Array;
  /** Pairs of numbers that complement each other, in all; controls whose bounds coincide. */
  count: number;
  readonly fixed: number[];
  /** Whether every row is soft with a linear penalty: what the kernels can centre. */
  plain: boolean;
  /** Whether no control is fixed and no row an equality: what they can measure. */
  measurable: boolean;
  readonly ladder: WeightLadder;
};

/** States and controls, together, beyond which code for the products of matrices and vectors would be too long. */
const MOST_COLUMNS = 64;
/** Shapes whose kernels are kept. */
const MOST_KEPT = 32;
const kept = new Map<string, SimdState>();

/**
 * The kernels of a shape, those of an earlier call where there are some: solvers use them in turns.
 *
 * @returns undefined where the host does not allow it, and where nx and nu are large
 */
export function simdStateOf(shape: QpShape): SimdState | undefined {
  const { nx, nu } = shape;
  if (nx + nu > MOST_COLUMNS || !hasSimd()) return undefined;
  const key = JSON.stringify(Object.values({ ...shape, sparsity: shape.sparsity ?? null }), (_, value) =>
    ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value,
  );
  const state = kept.get(key) ?? createSimdState(shape);
  kept.delete(key);
  if (state === undefined) return undefined;
  kept.set(key, state);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
  return state;
}

/** Compiles the kernels of a shape; undefined where the host does not allow it. */
function createSimdState(shape: QpShape): SimdState | undefined {
  const { N, nu, nb, nr, nd, rowStart } = shape;
  const layout = simdLayout({ ...shape, rowControls: nd > 0, equalities: shape.equality.includes(1) });
  const kernel = createSimdKernels(layout);
  if (kernel === undefined) return undefined;
  const { memory, run } = kernel;
  const { Lu, Lb, hardVectors, softVectors, rowVector, pairStart } = layout;
  const viewsOf = <Name extends string>(
    places: Readonly<Record<Name, number>>,
    vectors: number,
  ): Record<Name, Vec> =>
    Object.fromEntries(
      Object.entries<number>(places).map(([name, at]) => [name, new Float64Array(memory, at, 2 * vectors)]),
    ) as Record<Name, Vec>;
  const rowAt = new Int32Array(nr);
  for (let k = 0; k <= N; k++)
    for (let row = rowStart[k]; row < rowStart[k + 1]; row++)
      rowAt[row] = 2 * (rowVector + pairStart[k]) + row - rowStart[k];
  return {
    shape,
    layout,
    routes: simdRoutes(layout),
    run,
    all: new Float64Array(memory),
    integers: new Int32Array(memory),
    hard: viewsOf(layout.hard, hardVectors),
    soft: viewsOf(layout.soft, softVectors),
    controlAt: Int32Array.from({ length: N * nu }, (_, i) => Math.floor(i / nu) * 2 * Lu + (i % nu)),
    hardUpper: 2 * (N + 1) * Lu,
    boxAt: Int32Array.from({ length: (N + 1) * nb }, (_, i) => Math.floor(i / nb) * 2 * Lb + (i % nb)),
    boxUpper: 2 * (N + 1) * Lb,
    rowAt,
    count: 0,
    fixed: [],
    plain: true,
    measurable: true,
    ladder: { rung: 0 },
  };
}

/** Where a part of stage k's record begins in `all`. */
export function recordAt({ layout }: SimdState, name: keyof SimdLayout["record"], k = 0): number {
  return (layout.stages + k * layout.stride + layout.record[name]) / 8;
}
