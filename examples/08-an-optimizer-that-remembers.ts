// An optimizer that remembers: train a network with a learned optimizer, with no learning rate to choose.
//
//   npm run example -- 08
//
// A small perceptron on made-up digits, from the same start and on the same batches, by Mnemosyne and by Adam at
// several learning rates. In TensorFlow.js one line is enough for a model that you have:
//
//   model.compile({ optimizer: createTfOptimizer(tf, await openOptimizer("mnemosyne-light")), loss });

import { createRng } from "mnemosyne-mpc/base";
import { createOrtExecutor } from "mnemosyne-mpc/graph/node";
import { createMlp, createSyntheticDigits, writeOptimizee } from "mnemosyne-mpc/optim";
import { openOptimizer } from "mnemosyne-mpc/optim/node";
import { applyUpdates, getOptimizer, type Optimizer } from "mnemosyne-mpc/rules";

const STEPS = 200;
const digits = createSyntheticDigits(4000, createRng(1));
const mlp = createMlp({ digits, hidden: [20] });
const session = await createOrtExecutor(writeOptimizee(mlp));

/** Mean loss of the last 20 of some steps. */
async function train(optimizer: Optimizer): Promise<number> {
  const rng = createRng(7);
  const params = mlp.init(rng);
  let state = optimizer.init(params);
  let last = 0;
  for (let step = 0; step < STEPS; step++) {
    const batch = mlp.drawBatch(rng);
    const { loss, grads } = await session.run({ params: { data: params, shape: [params.length] }, ...batch });
    const next = optimizer.update(grads.data as Float32Array, state, params);
    applyUpdates(params, next.updates);
    state = next.state;
    if (step >= STEPS - 20) last += (loss.data as Float32Array)[0] / 20;
  }
  return last;
}

const learned = await train(await openOptimizer("mnemosyne-light"));
console.log(`mnemosyne-light   loss ${learned.toFixed(3)} after ${STEPS} steps`);
const rates = [0.001, 0.01, 0.1];
const adam: number[] = [];
for (const learningRate of rates) {
  adam.push(await train(getOptimizer("adam", { learningRate })));
  console.log(`${`adam at ${learningRate}`.padEnd(17)} loss ${adam.at(-1)!.toFixed(3)}`);
}
await session.dispose();
if (!(learned < 2 * Math.min(...adam))) process.exitCode = 1;
