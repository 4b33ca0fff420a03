export { type Probe, type ProbeResult, probeDevice } from "./device-probe.ts";
export {
  type DeviceOptions,
  type DeviceReport,
  inspectDevice,
  isProviderInstalled,
  listDevices,
  ORT_DEVICES,
  type ResolvedDevice,
  resolveDevice,
} from "./devices.ts";
export { createOrtExecutor, type OrtDevice, type OrtExecutorOptions } from "./ort-executor.ts";
export { createTfjsExecutor, type TfjsExecutorOptions } from "./tfjs-executor.ts";
export type { TfjsModule, TfTensor } from "./tfjs-module.ts";
export { loadTfjsNodeGpu, TFJS_NODE_GPU, TFJS_NODE_GPU_HOW, tfjsNodeGpuVersion } from "./tfjs-node-gpu.ts";
