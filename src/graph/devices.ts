import { ConfigError, didYouMean } from "../base/index.ts";
import { isRuntimeInstalled } from "./cuda-runtime.ts";
import { type DeviceProbe, probeDevice } from "./device-probe.ts";
import { NATIVE_ORT_HOW } from "./ort-builds.ts";
import type { OrtDevice } from "./ort-executor.ts";
import type { ProbeResult } from "./run-probe.ts";
import { TFJS_NODE_GPU_HOW } from "./tfjs-node-gpu.ts";

export const ORT_DEVICES = ["cpu", "webgpu", "cuda"] as const satisfies readonly OrtDevice[];

/** A device that networks can run on, or why they cannot. */
export type DeviceReport = {
  readonly device: OrtDevice;
  /** Whether what runs models on it is installed. */
  readonly present: boolean;
  /** Whether a small model ran on it just now, with the right result. */
  readonly usable: boolean;
  /** Time of that model: 8 products of 512 x 512 matrices on one thread or the device. [ms] */
  readonly ms?: number;
  /** What was found, or why it cannot be used. */
  readonly reason: string;
  /** How to get it, or to get it going. */
  readonly how: string;
};

export type DeviceOptions = {
  /** Finds out whether a device runs; the tests hand in their own. */
  readonly probe?: DeviceProbe;
  /** Says whether the device's provider is installed. */
  readonly isPresent?: (device: OrtDevice) => boolean;
  /** Ends the trying; the devices left then count as not usable. */
  readonly signal?: AbortSignal;
};

const HOW: Readonly<Record<OrtDevice, string>> = {
  cpu: NATIVE_ORT_HOW,
  webgpu:
    "a GPU with a driver: Vulkan on Linux (libvulkan1 and the card's driver), Direct3D 12 on Windows, Metal on macOS; " +
    `and ${NATIVE_ORT_HOW}`,
  cuda:
    `Linux x64 with an NVIDIA driver, CUDA 12 and cuDNN 9; then ${NATIVE_ORT_HOW} and its provider, some 300 MB: ` +
    "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12. " +
    `Or ${TFJS_NODE_GPU_HOW}`,
};

/**
 * Looks for every device and tries each that is there, one after the other, in processes of their own.
 * Takes about a second per device.
 */
export async function listDevices(options: DeviceOptions = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of ORT_DEVICES) reports.push(await inspectDevice(device, options));
  return reports;
}

/** Looks for one device and tries it. */
export async function inspectDevice(
  device: OrtDevice,
  { probe = probeDevice, isPresent = isRuntimeInstalled, signal }: DeviceOptions = {},
): Promise<DeviceReport> {
  const how = HOW[device];
  if (!isPresent(device)) return { device, present: false, usable: false, reason: MISSING[device], how };
  const result: ProbeResult = await probe(device, signal ? { signal } : {});
  if (!result.ok) return { device, present: true, usable: false, reason: result.reason, how };
  const reason = `multiplies 512 x 512 matrices 8 times in ${result.ms.toFixed(1)} ms`;
  return { device, present: true, usable: true, ms: result.ms, reason, how };
}

const MISSING: Readonly<Record<OrtDevice, string>> = {
  cpu: "neither onnxruntime-node nor its WebAssembly build is installed",
  webgpu: "onnxruntime-node is not installed for this platform",
  cuda: "neither ONNX Runtime's CUDA provider nor tfjs-node-gpu is installed",
};

/** A device chosen, and why, in words for the user. */
export type ResolvedDevice = { readonly device: OrtDevice; readonly reason: string };

/** A GPU is worth its transfers only if it is this much faster than one CPU thread. */
const WORTHWHILE = 2;

/**
 * Decides which device to use. A device asked for by name is used or refused, never replaced. With
 * "auto" the first of cuda and webgpu that works and is clearly faster than one CPU thread wins, else
 * the CPU (a software Vulkan, for one, is not faster).
 *
 * @returns the device, and the reason to be shown
 * @throws ConfigError for a device that is unknown or cannot be used, with what to install
 */
export async function resolveDevice(wanted: string, options: DeviceOptions = {}): Promise<ResolvedDevice> {
  const legal = ["auto", ...ORT_DEVICES];
  if (wanted === "auto") return chooseDevice(options);
  const device = ORT_DEVICES.find((candidate) => candidate === wanted);
  if (device === undefined)
    throw new ConfigError(`device is ${wanted}${didYouMean(wanted, legal)}, expected ${legal.join(", ")}`);
  const report = await inspectDevice(device, options);
  if (!report.usable)
    throw new ConfigError(
      `device ${device} cannot be used: ${report.reason}. Needed: ${report.how}. Or use auto`,
    );
  return { device, reason: `${device} as asked: ${report.reason}` };
}

async function chooseDevice(options: DeviceOptions): Promise<ResolvedDevice> {
  const cpu = await inspectDevice("cpu", options);
  const passedOver: string[] = [];
  for (const device of ["cuda", "webgpu"] as const) {
    const report = await inspectDevice(device, options);
    if (!report.usable) passedOver.push(`${device}: ${report.reason}`);
    else if (cpu.usable && report.ms! * WORTHWHILE > cpu.ms!)
      passedOver.push(
        `${device}: takes ${report.ms!.toFixed(1)} ms where one CPU thread takes ${cpu.ms!.toFixed(1)} ms`,
      );
    else return { device, reason: [`${device} ${report.reason}`, ...passedOver].join("; ") };
  }
  if (!cpu.usable)
    throw new ConfigError(
      `no device can be used: ${[`cpu: ${cpu.reason}`, ...passedOver].join("; ")}. Needed: ${cpu.how}`,
    );
  return { device: "cpu", reason: ["cpu", ...passedOver].join("; ") };
}
