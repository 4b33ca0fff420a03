// What a step costs where all 7 million numbers of the sentence encoder are trained: node scripts/step-cost.mjs [BATCH] after npm run build.
// Processor time of a gradient of a batch and of each optimizer's update, interleaved, and the memory of its state.
import { createRng } from "../dist/base/index.js";
import { createOrtExecutor } from "../dist/graph/node.js";
import {
  createEncoderClassifier,
  createSteeredModel,
  createSteeredOptimizer,
  STEERED_DESIGNS,
  tokenizeTexts,
  writeOptimizee,
} from "../dist/optim/index.js";
import { getOptimizer } from "../dist/rules/index.js";

const ROUNDS = 3;
const TOKENS = 20;
const CLASSES = 35;
const batch = Number(process.argv[2] ?? 32);

const rng = createRng(1);
const texts = Array.from({ length: batch }, (_, i) => `${i}`);
const set = {
  texts,
  labels: Uint16Array.from(texts, () => rng.int(CLASSES)),
  classes: Array.from({ length: CLASSES }, String),
};
const tokens = tokenizeTexts(set, () => Array.from({ length: TOKENS }, () => 6 + rng.int(7990)), TOKENS);
const optimizee = createEncoderClassifier({ tokens, batch });
const { layout } = optimizee;
const params = optimizee.init(rng);
const executor = await createOrtExecutor(writeOptimizee(optimizee));
const feeds = { params: { data: params, shape: [layout.total] }, ...optimizee.drawBatch(rng) };

const unlearned = (name) => {
  const spec = STEERED_DESIGNS[name];
  const weights = new Float32Array(createSteeredModel(spec).layout.total); // zeros: the rule alone, at the cost of all
  return createSteeredOptimizer({ name, spec, weights }, { layout, horizon: 100 });
};
const optimizers = {
  adam: () => getOptimizer("adam"),
  feedback: () => getOptimizer("feedback", { layout, horizon: 100 }),
  "feedback-orthogonal": () => getOptimizer("feedback-orthogonal", { layout, horizon: 100 }),
  "tensor-wise": () => unlearned("tensor-wise"),
  super: () => unlearned("super"),
};

const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const timed = async (work) => {
  const begin = seconds();
  await work();
  return seconds() - begin;
};
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

let grads = (await executor.run(feeds)).grads.data;
for (const [name, create] of Object.entries(optimizers)) {
  const optimizer = create();
  let state = optimizer.init(params);
  let [last, spare] = [undefined, undefined];
  const [gradient, update] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const g = await timed(async () => {
      grads = (await executor.run(feeds)).grads.data;
    });
    const u = await timed(() => {
      const step = optimizer.update(grads, state, params, spare, 1);
      [spare, last, state] = [last, step, step.state];
    });
    if (round > 0) [gradient.push(g), update.push(u)]; // the first warms up
  }
  const [a, b] = [median(gradient), median(update)];
  const bytes = state.slots.reduce((sum, slot) => sum + slot.byteLength, 0);
  console.log(
    `${name}: gradient ${a.toFixed(2)} s, update ${b.toFixed(2)} s, together ${((a + b) / a).toFixed(2)} gradients; state ${(bytes / 1e6).toFixed(0)} MB, process ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  );
}
