// Train a graph: describe a network as tensors, differentiate it, write it as ONNX, and train it in one graph.
//
//   npm run example -- 07
//
// A small attention layer of the house (an associative memory, `camAttention`) learns to look things up: eight
// keys with a value each, and a query near one of them. Forward pass, gradients and Adam are a single ONNX graph.

import { createRng } from "mnemosyne-mpc/base";
import { camAttention, createFeatureMap } from "mnemosyne-mpc/cam";
import {
  createGraph,
  dense,
  gradients,
  initParameters,
  input,
  layoutParameters,
  mean,
  reshape,
  square,
  sub,
  unpackParameters,
  writeOnnx,
} from "mnemosyne-mpc/graph";
import { createOrtExecutor } from "mnemosyne-mpc/graph/node";
import { getOptimizer } from "mnemosyne-mpc/rules";

const [B, T, D] = [32, 8, 16];
const layout = layoutParameters([
  { name: "query", shape: [D, D], init: { normal: 0.5 } },
  { name: "key", shape: [D, D], init: { normal: 0.5 } },
]);
const adam = getOptimizer("adam", { learningRate: 0.01 }).graph!;

const g = createGraph();
const parameters = input(g, "parameters", [layout.total]);
const [keys, values] = [input(g, "keys", [B, 1, T, D]), input(g, "values", [B, 1, T, 1])];
const [query, wanted] = [input(g, "query", [B, 1, 1, D]), input(g, "wanted", [B, 1])];
const p = unpackParameters(parameters, layout);
const map = createFeatureMap({ kind: "hf+", dim: D, features: 64, rng: createRng(1) });
const read = camAttention(dense(query, p.query), dense(keys, p.key), values, map);
const loss = mean(square(sub(reshape(read, [B, 1]), wanted)), [0, 1]);
const [grads] = gradients(loss, [parameters]);
const slots = Array.from({ length: adam.slots }, (_, i) => input(g, `slot${i}`, [layout.total]));
const hyper = input(g, "hyper", [adam.hyperSize]);
const step = adam.update(parameters, grads, slots, hyper);
const outputs = { loss, parametersNext: step.params, slot0Next: step.slots[0], slot1Next: step.slots[1] };
const state = { parametersNext: "parameters", slot0Next: "slot0", slot1Next: "slot1" };
const session = await createOrtExecutor(writeOnnx(g, outputs), { state });
const rng = createRng(0);
await session.writeState("parametersNext", { data: initParameters(layout, rng), shape: [layout.total] });

/** Random keys and values, and a query near a random key. */
function lookUps() {
  const feeds = {
    keys: { data: Float32Array.from({ length: B * T * D }, () => rng.gauss()), shape: [B, 1, T, D] },
    values: { data: Float32Array.from({ length: B * T }, () => rng.gauss()), shape: [B, 1, T, 1] },
    query: { data: new Float32Array(B * D), shape: [B, 1, 1, D] },
    wanted: { data: new Float32Array(B), shape: [B, 1] },
  };
  for (let b = 0; b < B; b++) {
    const t = rng.int(T);
    for (let i = 0; i < D; i++)
      feeds.query.data[b * D + i] = feeds.keys.data[(b * T + t) * D + i] + 0.1 * rng.gauss();
    feeds.wanted.data[b] = feeds.values.data[b * T + t];
  }
  return feeds;
}

const losses: number[] = [];
for (let n = 0; n < 600; n++) {
  const { loss: now } = await session.run({
    ...lookUps(),
    hyper: { data: adam.hyper(n), shape: [adam.hyperSize] },
  });
  losses.push((now.data as Float32Array)[0]);
}
await session.dispose();
const average = (from: number, to: number): number =>
  losses.slice(from, to).reduce((sum, v) => sum + v, 0) / (to - from);
const [first, last] = [average(0, 20), average(580, 600)];
console.log(`mean squared error ${first.toFixed(3)} at first, ${last.toFixed(3)} after 600 steps`);
if (!(last < 0.5 * first)) process.exitCode = 1;
