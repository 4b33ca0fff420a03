export { createExecutor } from "./create-executor.ts";
export { type DeviceProbe, probeDevice } from "./device-probe.ts";
export {
  type DeviceOptions,
  type DeviceReport,
  inspectDevice,
  listDevices,
  ORT_DEVICES,
  type ResolvedDevice,
  resolveDevice,
} from "./devices.ts";
export { isWasmOrtThere, NATIVE_ORT_HOW, tellWithoutNativeOrt } from "./ort-builds.ts";
export { createOrtExecutor, type OrtDevice, type OrtExecutorOptions } from "./ort-executor.ts";
export type { ProbeOptions, ProbeResult } from "./run-probe.ts";
export { createTfjsExecutor, type TfjsExecutorOptions } from "./tfjs-executor.ts";
export type { TfjsModule, TfTensor } from "./tfjs-module.ts";
export { loadTfjsNodeGpu, TFJS_NODE_GPU, TFJS_NODE_GPU_HOW, tfjsNodeGpuVersion } from "./tfjs-node-gpu.ts";
