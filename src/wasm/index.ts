export { type DenseLayer, dense, denseFloats } from "./dense-kernel.ts";
export { createKernel, type Kernel } from "./simd-support.ts";
export { addTimesZero, type Emitter, exp, logistic, maxLanes, sumLanes, tanh } from "./vector-math.ts";
export {
  type Address,
  after,
  type Code,
  createLocals,
  doWhile,
  f32,
  f32x4,
  get,
  i32,
  repeat,
  sequence,
  set,
  tee,
  v128,
} from "./wasm-code.ts";
export { createMemoryPlan } from "./wasm-memory.ts";
export type { ModuleParts } from "./wasm-module.ts";
