// `node scripts/bert-base.mjs [--optimizer NAME] [--batch B] [--layers L]`: BERT's base sizes (12 layers of width 768, 30,522 tokens, 110
// million numbers) built, differentiated and moved once, on random tokens: how much memory and time one step takes.
import { parseArgs } from "node:util";
import { ensureReady, ROOT } from "./ensure.mjs";

const { values } = parseArgs({
  options: {
    optimizer: { type: "string", default: "feedback-orthogonal" },
    batch: { type: "string", default: "2" },
    layers: { type: "string", default: "12" },
  },
});
await ensureReady(ROOT, { need: "run" });
const { createRng } = await import("../dist/base/index.js");
const { createOrtExecutor } = await import("../dist/graph/node.js");
const { BERT_BASE, createMaskedLanguage, specialId, writeOptimizee } = await import("../dist/optim/index.js");
const { openOptimizer } = await import("../dist/optim/node.js");
const { applyUpdates } = await import("../dist/rules/index.js");

const VOCABULARY = 30_522;
const [length, count] = [64, 16];
const rng = createRng(1);
const tokens = Int32Array.from({ length: length * count }, (_, i) => {
  const t = i % length;
  return t === 0 ? specialId("begin") : t === length - 1 ? specialId("end") : 4 + rng.int(VOCABULARY - 4);
});
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
const peak = () => `peak ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`;
const say = (what) => console.log(`${what}: ${seconds()}, ${peak()}`);

const text = { vocabulary: VOCABULARY, length, count, tokens };
const sizes = { ...BERT_BASE, layers: Number(values.layers) };
const optimizee = createMaskedLanguage({ text, ...sizes, batch: Number(values.batch) });
const { layout } = optimizee;
say(`${layout.total} numbers in ${layout.entries.length} tensors`);
const executor = await createOrtExecutor(writeOptimizee(optimizee));
say("gradient's graph open");
const params = optimizee.init(rng);
const feeds = optimizee.drawBatch(rng);
const run = () => executor.run({ params: { data: params, shape: [layout.total] }, ...feeds });
const before = await run();
const grads = before.grads.data;
const loss = before.loss.data[0];
say(`loss ${loss.toFixed(4)}, log of the vocabulary ${Math.log(VOCABULARY).toFixed(4)}`);
const optimizer = await openOptimizer(values.optimizer, { layout, horizon: 100 });
const step = optimizer.update(grads, optimizer.init(params), params, undefined, loss);
applyUpdates(params, step.updates);
say(`one update of ${optimizer.name}, ${step.state.skipped} refused`);
const after = await run();
say(`loss of the same batch after it ${after.loss.data[0].toFixed(4)}`);
await executor.dispose();
