// A transformer without softmax solves the regression in its prompt: each layer is a step of a first-order method.
//
//   npm run example -- 14
//
// With numbers made for its prompt a memformer is conjugate gradients, to rounding. With numbers that all prompts share it
// can be no better than an exact bound, and a second of training on the CPU reaches that bound.

import { createRng } from "mnemosyne-mpc/base";
import { createOrtExecutor } from "mnemosyne-mpc/graph/node";
import {
  conjugateGradients,
  createMemformer,
  drawPrompts,
  leastSharedLoss,
  lossForm,
  type MemformerSpec,
  runMemformer,
  writeOptimizee,
} from "mnemosyne-mpc/optim";
import { applyUpdates, createAdam } from "mnemosyne-mpc/rules";

const LAYERS = 2;
const STEPS = 300;
const family = { eigenvalues: [1, 1, 1, 1, 1], examples: 20 };
const rng = createRng(1);

// 1. One prompt, and the numbers that conjugate gradients would take on it.
const prompt = drawPrompts(family, 1, rng);
const cg = conjugateGradients(prompt, 5);
const exact: MemformerSpec = { d: 5, n: 20, layers: 5, memory: "cgd", preconditioner: "scalar" };
const numbers = [0, 1, 2, 3, 4].flatMap((l) => [1, cg.alpha[l], cg.gamma[l]]);
const predictions = runMemformer(exact, numbers, prompt);
const worst = Math.max(...predictions.map((value, l) => Math.abs(value - cg.predictions[l])));
console.log(
  `label ${prompt.y[0].toFixed(4)}; after layers 1 to 5: ${Array.from(predictions, (p) => p.toFixed(4)).join(", ")}`,
);
console.log(`conjugate gradients to ${worst.toExponential(0)}`);

// 2. Numbers that all prompts share, found by training on fresh prompts.
const spec: MemformerSpec = { d: 5, n: 20, layers: LAYERS, memory: "lfom" };
const optimizee = createMemformer({ spec, prompts: [family], batch: 256 });
const executor = await createOrtExecutor(writeOptimizee(optimizee));
const adam = createAdam({ learningRate: (t) => 0.05 * (1 - t / STEPS), clipNorm: 1 });
const params = optimizee.init(rng);
let state = adam.init(params);
for (let t = 0; t < STEPS; t++) {
  const shape = [params.length];
  const { grads } = await executor.run({ params: { data: params, shape }, ...optimizee.drawBatch(rng) });
  const step = adam.update(grads.data as Float32Array, state, params);
  applyUpdates(params, step.updates);
  state = step.state;
}
await executor.dispose();

const fresh = drawPrompts(family, 20_000, rng);
const found = runMemformer(spec, params, fresh);
const squares = fresh.y.map((y, p) => (found[p * LAYERS + LAYERS - 1] - y) ** 2);
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const loss = mean(squares);
const error = Math.sqrt(mean(squares.map((value) => (value - loss) ** 2)) / squares.length);
const least = leastSharedLoss(lossForm(family, LAYERS), LAYERS);
console.log(
  `${LAYERS} layers on new prompts: loss ${loss.toFixed(3)} +- ${error.toFixed(3)}; the least there can be: ${least.toFixed(3)}`,
);
