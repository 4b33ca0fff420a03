// The programs of the probing processes, as text: they must run the same from the sources, from dist/ and
// under a bundler.

/** Reads the request, times `multiply` and answers; `setUp` gives `multiply`, which resolves to the numbers. */
const probe = (setUp: string): string => `
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { runtime, wasm, model, device, size, products } = JSON.parse(text);
const answer = (result) => process.stdout.write("\\n" + JSON.stringify(result) + "\\n", () => process.exit(0));
try {
  const module = await import(runtime);
  const library = module.default ?? module;
  const values = new Float32Array(size * size).fill(1 / size);
  ${setUp}
  let ms = Infinity;
  for (let run = 0; run < 4; run++) {
    const start = performance.now();
    const numbers = await multiply();
    if (run > 0) ms = Math.min(ms, performance.now() - start);
    const wrong = numbers.find((value) => !(Math.abs(value * size - 1) < 1e-3));
    if (wrong !== undefined) throw new Error("wrong result: " + wrong * size + ", expected 1");
  }
  answer({ ok: true, ms });
} catch (error) {
  answer({ ok: false, reason: String(error?.message ?? error) });
}
`;

/** With ONNX Runtime, native or WebAssembly; every operation must run on the device. */
export const ORT_CHILD = probe(`
  if (wasm !== undefined) {
    const { readFileSync } = await import("node:fs");
    library.env.wasm.numThreads = 1;
    library.env.wasm.wasmBinary = readFileSync(new URL(wasm));
  }
  const session = await library.InferenceSession.create(Buffer.from(model, "base64"), {
    executionProviders: [device],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: device === "cpu" ? {} : { disable_cpu_ep_fallback: "1" } },
  });
  const x = new library.Tensor("float32", values, [size, size]);
  const multiply = async () => (await session.run({ x })).y.data;
`);

/** With tfjs-node-gpu, which without a GPU would compute on the CPU. */
export const TFJS_CHILD = probe(`
  await library.ready();
  if (library.backend().isUsingGpuDevice !== true) throw new Error("tfjs-node-gpu finds no GPU it can use");
  const x = library.tensor(values, [size, size]);
  const multiply = async () => {
    let y = x;
    for (let i = 0; i < products; i++) y = library.matMul(y, x);
    return y.data();
  };
`);
