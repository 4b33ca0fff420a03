export { createOrtExecutor, type OrtDevice, type OrtExecutorOptions } from "./ort-executor.ts";
