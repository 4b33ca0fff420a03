import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/base/index.ts";
import { isRuntimeInstalled } from "../../src/graph/cuda-runtime.ts";
import { createGraph, exp, input, writeOnnx } from "../../src/graph/index.ts";
import { loadOrt, type Ort } from "../../src/graph/load-ort.ts";
import {
  createExecutor,
  type DeviceOptions,
  listDevices,
  loadTfjsNodeGpu,
  type OrtDevice,
  type ProbeResult,
  probeDevice,
  resolveDevice,
  TFJS_NODE_GPU,
} from "../../src/graph/node.ts";
import { tellWithoutNativeOrt } from "../../src/graph/ort-builds.ts";
import { plainOrtMessage } from "../../src/graph/ort-message.ts";
import { TFJS_CHILD } from "../../src/graph/probe-programs.ts";
import { runProbe } from "../../src/graph/run-probe.ts";

/** A machine as told: times in ms of what works, reasons of what does not; what is absent is not installed. */
function machine(devices: Partial<Record<OrtDevice, number | string>>): DeviceOptions & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    isPresent: (device) => devices[device] !== undefined,
    probe: async (device): Promise<ProbeResult> => {
      asked.push(device);
      const found = devices[device];
      return typeof found === "number" ? { ok: true, ms: found } : { ok: false, reason: String(found) };
    },
  };
}

describe("the machine at hand", () => {
  test("the cpu runs the probe with the right result", async () => {
    expect(await probeDevice("cpu")).toMatchObject({ ok: true, ms: expect.any(Number) });
  });

  test("every device is listed, each usable or with a reason and what to do, and nothing crashes", async () => {
    const reports = await listDevices();
    expect(reports.map((report) => report.device)).toEqual(["cpu", "webgpu", "cuda"]);
    for (const { device, present, usable, reason, how, ms } of reports) {
      expect(present || !usable, device).toBe(true);
      expect(reason, device).not.toBe("");
      expect(how, device).not.toBe("");
      expect(ms !== undefined, device).toBe(usable);
    }
    expect(reports[0]).toMatchObject({ present: true, usable: true });
  });

  test("a probe that takes too long is ended and reported", async () => {
    expect(await probeDevice("cpu", { timeoutMs: 1 })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/0\.001 s/),
    });
  });

  test("a probe that is interrupted ends", async () => {
    const abort = new AbortController();
    const probing = probeDevice("cpu", { signal: abort.signal });
    abort.abort();
    expect(await probing).toEqual({ ok: false, reason: "interrupted" });
  });

  test.skipIf(isRuntimeInstalled("cuda"))(
    "cuda asked for without its provider is refused with what to install",
    async () => {
      await expect(resolveDevice("cuda")).rejects.toThrow(
        /cuda cannot be used: neither ONNX Runtime's CUDA provider nor tfjs-node-gpu is installed.*install=cuda12/,
      );
    },
  );
});

describe("an executor on a device that is not there", () => {
  const model = () => {
    const g = createGraph();
    return writeOnnx(g, { y: exp(input(g, "x", [2])) });
  };

  test.skipIf(isRuntimeInstalled("cuda"))("cuda is refused in one sentence", async () => {
    const creating = createExecutor(model(), { device: "cuda" });
    await expect(creating).rejects.toThrow(ConfigError);
    await expect(creating).rejects.toThrow(/on cuda: .*Failed to load/);
  });

  test("ONNX Runtime's message is shown without its source position and condition", () => {
    const shown = plainOrtMessage(
      "/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::" +
        "WebGpuContext::Initialize(const Config&)::<lambda()> adapter_result.status == wgpu::Status::Success " +
        "was false. Failed to get a WebGPU adapter: No supported adapters\n ",
    );
    expect(shown).toBe("Failed to get a WebGPU adapter: No supported adapters");
    expect(plainOrtMessage("Load model failed: bad proto")).toBe("Load model failed: bad proto");
  });
});

describe("ONNX Runtime's builds", () => {
  const fails = (message: string) => async (): Promise<never> => {
    throw new Error(message);
  };
  const MISSING = "Cannot find package 'onnxruntime-node' imported from /somewhere/load-ort.js";
  const BROKEN = "libonnxruntime.so.1: cannot open shared object file\nRequire stack: ...";
  const ort = { InferenceSession: undefined, Tensor: undefined } as unknown as Ort;
  const works = async (): Promise<Ort> => ort;

  test("native is preferred, and nothing is said", async () => {
    const said: string[] = [];
    tellWithoutNativeOrt((note) => said.push(note));
    expect(await loadOrt(undefined, { native: works, wasm: fails("not asked") })).toEqual({
      ort,
      runtime: "native",
    });
    expect(said).toEqual([]);
  });

  test.each([
    [MISSING, /^onnxruntime-node is not installed: .*npm install --ignore-scripts onnxruntime-node$/],
    [BROKEN, /^onnxruntime-node cannot be loaded on .*: libonnxruntime.* shared object file: .*npm install/],
  ])("without native code WebAssembly runs, which is said once: %#", async (message, note) => {
    const said: string[] = [];
    tellWithoutNativeOrt((text) => said.push(text));
    for (let i = 0; i < 2; i++)
      expect((await loadOrt(undefined, { native: fails(message), wasm: works })).runtime).toBe("wasm");
    expect(said).toEqual([expect.stringMatching(note)]);
  });

  test("a build that must do is not replaced", async () => {
    await expect(loadOrt("native", { native: fails(MISSING), wasm: works })).rejects.toThrow(ConfigError);
    expect((await loadOrt("wasm", { native: works, wasm: works })).runtime).toBe("wasm");
  });

  test("neither is refused with both reasons and what to do", async () => {
    const loading = loadOrt(undefined, { native: fails(BROKEN), wasm: fails("ENOENT: no such file") });
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow(/shared object file; .*WebAssembly.*ENOENT.*Native: npm install/);
  });
});

describe("choosing a device", () => {
  test("auto prefers cuda, then webgpu", async () => {
    expect(await resolveDevice("auto", machine({ cpu: 20, webgpu: 3, cuda: 1 }))).toMatchObject({
      device: "cuda",
    });
    expect(await resolveDevice("auto", machine({ cpu: 20, webgpu: 3 }))).toEqual({
      device: "webgpu",
      reason:
        "webgpu multiplies 512 x 512 matrices 8 times in 3.0 ms; cuda: neither ONNX Runtime's CUDA provider nor tfjs-node-gpu is installed",
    });
  });

  test("auto passes over a device that does not work and says why", async () => {
    const { device, reason } = await resolveDevice(
      "auto",
      machine({ cpu: 20, webgpu: "no adapter", cuda: "no driver" }),
    );
    expect(device).toBe("cpu");
    expect(reason).toBe("cpu; cuda: no driver; webgpu: no adapter");
  });

  test("auto passes over a software gpu that is slower than the cpu", async () => {
    const { device, reason } = await resolveDevice("auto", machine({ cpu: 17, webgpu: 525 }));
    expect(device).toBe("cpu");
    expect(reason).toContain("webgpu: takes 525.0 ms where one CPU thread takes 17.0 ms");
  });

  test("auto without any device is an error that names all reasons", async () => {
    await expect(resolveDevice("auto", machine({ webgpu: "no adapter" }))).rejects.toThrow(
      /no device can be used: cpu: .*is installed; cuda: .*; webgpu: no adapter.*npm install .*onnxruntime-node/,
    );
  });

  test("a device asked for is used even where another is faster, and no other is tried", async () => {
    const options = machine({ cpu: 20, webgpu: 500, cuda: 1 });
    expect(await resolveDevice("webgpu", options)).toMatchObject({ device: "webgpu" });
    expect(options.asked).toEqual(["webgpu"]);
  });

  test("a device asked for that does not work is refused, with what to install", async () => {
    const failing = resolveDevice("webgpu", machine({ cpu: 20, webgpu: "No supported adapters" }));
    await expect(failing).rejects.toThrow(ConfigError);
    await expect(failing).rejects.toThrow(
      /webgpu cannot be used: No supported adapters. Needed: a GPU.*Vulkan/,
    );
  });

  test.each(["gpu", "CUDA", "", "tfjs"])("device %j is refused with the legal ones", async (wanted) => {
    await expect(resolveDevice(wanted, machine({ cpu: 1 }))).rejects.toThrow(
      /expected auto, cpu, webgpu, cuda/,
    );
  });
});

describe("tfjs-node-gpu", () => {
  const fake = (backend: string, isUsingGpuDevice: boolean) => ({
    default: {
      tidy: () => {},
      ready: async () => {},
      getBackend: () => backend,
      backend: () => ({ isUsingGpuDevice }),
    },
  });

  test("not installed is refused with what to install", async () => {
    const missing = async (): Promise<never> => {
      throw new Error(`Cannot find package '${TFJS_NODE_GPU}'`);
    };
    await expect(loadTfjsNodeGpu(missing)).rejects.toThrow(
      /cannot be loaded: Cannot find.*npm install @tensorflow/,
    );
  });

  test("installed but computing on the cpu is refused", async () => {
    await expect(loadTfjsNodeGpu(async () => fake("tensorflow", false))).rejects.toThrow(/finds no GPU/);
    await expect(loadTfjsNodeGpu(async () => fake("cpu", false))).rejects.toThrow(/finds no GPU/);
  });

  test("is probed by a program that runs with any tfjs, and refuses one without a gpu", async () => {
    const runtime = pathToFileURL(createRequire(import.meta.url).resolve("@tensorflow/tfjs")).href;
    const work = { runtime, device: "cuda", size: 16, products: 2 };
    expect(await runProbe(TFJS_CHILD, work)).toEqual({
      ok: false,
      reason: "tfjs-node-gpu finds no GPU it can use",
    });
    const unguarded = TFJS_CHILD.replace("isUsingGpuDevice !== true", "isUsingGpuDevice === true");
    expect(await runProbe(unguarded, work)).toMatchObject({ ok: true });
  });

  test("installed with a gpu gives the module", async () => {
    const loaded = fake("tensorflow", true);
    expect(await loadTfjsNodeGpu(async () => loaded)).toBe(loaded.default);
  });
});
