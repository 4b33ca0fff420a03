export * from "./create-executor.ts";
export { type DeviceProbe, probeDevice } from "./device-probe.ts";
export * from "./devices.ts";
export { isWasmOrtThere, NATIVE_ORT_HOW, tellWithoutNativeOrt } from "./ort-builds.ts";
export * from "./ort-executor.ts";
export type { ProbeOptions, ProbeResult } from "./run-probe.ts";
export * from "./tfjs-executor.ts";
export type { TfjsModule, TfTensor } from "./tfjs-module.ts";
export * from "./tfjs-node-gpu.ts";
