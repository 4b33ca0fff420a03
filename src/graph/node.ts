export { createOrtExecutor, type OrtDevice, type OrtExecutorOptions } from "./ort-executor.ts";
export { createTfjsExecutor, type TfjsExecutorOptions } from "./tfjs-executor.ts";
export type { TfjsModule, TfTensor } from "./tfjs-module.ts";
