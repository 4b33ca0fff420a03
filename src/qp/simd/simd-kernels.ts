import {
  type Code,
  call,
  createSharedKernel,
  type FunctionParts,
  get,
  type SharedKernel,
  sequence,
  sharedPages,
} from "../../wasm/index.ts";
import { lineKernel, moveKernel, selectKernel, slopeKernel } from "./active-kernels.ts";
import { factorKernel } from "./factor-kernel.ts";
import { largeFactorKernel } from "./large-factor-kernel.ts";
import type { SimdLayout } from "./layout.ts";
import { correctKernel, directKernel, updateKernel, weighKernel } from "./pair-kernels.ts";
import { centreKernel, measureKernel, presentKernel } from "./point-kernels.ts";
import { adjointKernel, gradientKernel, rolloutKernel, solveKernel } from "./riccati-kernels.ts";
import { assembleKernel, forcesKernel, productsKernel } from "./row-kernels.ts";

/** The functions of a QP's kernels, by name. */
export function simdFunctions(layout: SimdLayout) {
  const parts = {
    gradient: gradientKernel(layout),
    weigh: weighKernel(layout),
    assemble: assembleKernel(layout),
    forces: forcesKernel(layout),
    factor: layout.large === undefined ? factorKernel(layout) : largeFactorKernel(layout, layout.large),
    solve: solveKernel(layout),
    products: productsKernel(layout, "dw"),
    values: productsKernel(layout, "w"),
    adjoint: adjointKernel(layout),
    rollout: rolloutKernel(layout),
    direct: directKernel(layout),
    correct: correctKernel(layout),
    update: updateKernel(layout),
    centre: centreKernel(layout),
    present: presentKernel(layout),
    residual: measureKernel(layout),
    select: selectKernel(layout),
    slope: slopeKernel(layout),
    line: lineKernel(layout),
    move: moveKernel(layout),
  };
  const compose = (
    params: FunctionParts["params"],
    result: FunctionParts["result"],
    ...body: Code[]
  ): FunctionParts => ({
    params,
    result,
    locals: [],
    body: sequence(...body),
  });
  const the = (name: keyof typeof parts, ...operands: Code[]): Code =>
    call(Object.keys(parts).indexOf(name), ...operands);
  const weighed = compose([], undefined, the("gradient"), the("weigh"));
  const refactor = compose([], "i32", the("assemble"), the("factor"));
  const aim = compose(
    ["f64"],
    undefined,
    ...[the("forces"), the("solve"), the("products"), the("direct", get(0))],
  );
  const step = compose([], undefined, the("forces"), the("solve"), the("products"), the("line"));
  const lagrangian = [the("gradient"), the("present"), the("forces"), the("adjoint")];
  const measure = compose([], undefined, ...lagrangian, the("values"), the("residual"));
  return { ...parts, weighed, refactor, aim, step, reduced: compose([], undefined, ...lagrangian), measure };
}

/** Compiles the kernels of a layout; undefined where this host has no vectors of WebAssembly. */
export function createSimdKernels(layout: SimdLayout): SharedKernel | undefined {
  return createSharedKernel({
    functions: simdFunctions(layout),
    pages: sharedPages(layout.bytes),
    pool: "qp",
  });
}
