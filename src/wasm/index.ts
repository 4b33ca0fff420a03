export {
  type CoordinateKernel,
  type CoordinateKernelParts,
  type CoordinatePlaces,
  createCoordinateKernel,
  type EachPair,
} from "./coordinate-kernel.ts";
export { type DenseLayer, dense, denseFloats } from "./dense-kernel.ts";
export {
  createKernel,
  createSharedKernel,
  hasSimd,
  type Kernel,
  type SharedKernel,
  sharedPages,
} from "./simd-support.ts";
export { addTimesZero, type Emitter, exp, logistic, maxLanes, sumLanes, tanh } from "./vector-math.ts";
export {
  type Address,
  after,
  type Code,
  call,
  createLocals,
  doWhile,
  f32,
  f32x4,
  get,
  i32,
  ifElse,
  type Locals,
  leave,
  repeat,
  sequence,
  set,
  tee,
  v128,
  whileDo,
} from "./wasm-code.ts";
export { f64, f64x2, type PairPlace, pairwise } from "./wasm-f64.ts";
export { createMemoryPlan, type MemoryPlan } from "./wasm-memory.ts";
export type { FunctionParts, ModuleParts, SharedModuleParts } from "./wasm-module.ts";
