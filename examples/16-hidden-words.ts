// A small BERT from scratch: byte pairs learned from a folder of text, then a transformer that says which tokens are hidden.
//
//   npm run example -- 16 [FOLDER]
//
// Without a folder it learns from this project's documentation. Matrices are moved by feedback-orthogonal, which has no learning
// rate, the embedding by Adam; half a minute on a CPU.

import { createRng } from "mnemosyne-mpc/base";
import { createOrtExecutor } from "mnemosyne-mpc/graph/node";
import {
  createBytePairEncoder,
  createMaskedLanguage,
  createTokenSets,
  judgedSequences,
  trainBytePairs,
  writeOptimizee,
} from "mnemosyne-mpc/optim";
import { readCorpus } from "mnemosyne-mpc/optim/node";
import { applyUpdates, createAdam, createFeedback, createPartition } from "mnemosyne-mpc/rules";

const STEPS = 200;
const [place = "docs/*.md"] = process.argv.slice(2);

// 1. Text as tokens. What is no text is left out and named.
const { texts, refused } = await readCorpus(place);
for (const why of refused) console.log(why);
const pairs = trainBytePairs(texts, 500);
const { encode, decode } = createBytePairEncoder(pairs);
const shown = encode("The planner remembers the last trajectory.");
console.log(Array.from(shown, (id) => decode([id])).join("|"));

// 2. The network, and an optimizer for each group of its tensors.
const set = createTokenSets(texts, pairs, 32);
const sizes = { layers: 2, width: 32, heads: 2 };
const optimizee = createMaskedLanguage({ text: set.train, ...sizes, batch: 16 });
const { layout } = optimizee;
const optimizer = createPartition({
  layout,
  parts: [
    { optimizer: createAdam({ learningRate: 0.004 }), select: ({ name }) => name === "embedding" },
    { optimizer: (own) => createFeedback({ layout: own, horizon: STEPS, direction: "orthogonal" }) },
  ],
});

// 3. Training, and what is held out before and after.
const executor = await createOrtExecutor(writeOptimizee(optimizee));
const judge = createMaskedLanguage({ text: set.test, ...sizes, batch: 50 });
const judging = await createOrtExecutor(writeOptimizee(judge, { gradient: false }));
const held = judgedSequences(set.test, [...Array(50).keys()]);
const rng = createRng(1);
const params = optimizee.init(rng);
const inputs = () => ({ params: { data: params, shape: [params.length] } });
const heldOutLoss = async (): Promise<number> =>
  ((await judging.run({ ...inputs(), ...held })).loss.data as Float32Array)[0];

const before = await heldOutLoss();
let state = optimizer.init(params);
for (let t = 0; t < STEPS; t++) {
  const { loss, grads } = await executor.run({ ...inputs(), ...optimizee.drawBatch(rng) });
  const told = (loss.data as Float32Array)[0];
  const step = optimizer.update(grads.data as Float32Array, state, params, undefined, told);
  applyUpdates(params, step.updates);
  state = step.state;
}
const after = await heldOutLoss();
console.log(
  `${layout.total} numbers, ${STEPS} steps: loss of hidden tokens ${before.toFixed(2)} -> ${after.toFixed(2)}`,
);
await executor.dispose();
await judging.dispose();
