import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, it } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { applyUpdates, getOptimizer } from "../../src/rules/index.ts";

// Logistic regression of 4 features on 16 examples; loss and gradient by tfjs, update by either side.
const rng = createRng(21);
const X = Float32Array.from({ length: 64 }, () => rng.gauss());
const Y = Float32Array.from({ length: 16 }, () => rng.int(2));
const START = Float32Array.from({ length: 4 }, () => rng.gauss());

function loss(w: tf.Tensor): tf.Scalar {
  const logits = tf
    .tensor2d(X, [16, 4])
    .matMul(w.reshape([4, 1]))
    .reshape([16]);
  return tf.losses.sigmoidCrossEntropy(tf.tensor1d(Y), logits) as tf.Scalar;
}

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it.each([
  ["sgd", { learningRate: 0.3 }, () => tf.train.sgd(0.3)],
  ["momentum", { learningRate: 0.1, momentum: 0.8 }, () => tf.train.momentum(0.1, 0.8)],
  ["nesterov", { learningRate: 0.1, momentum: 0.8 }, () => tf.train.momentum(0.1, 0.8, true)],
  // tfjs has its epsilon under the root; both are negligible here.
  [
    "rmsprop",
    { learningRate: 0.05, decay: 0.8, epsilon: 1e-12 },
    () => tf.train.rmsprop(0.05, 0.8, 0, 1e-12),
  ],
  [
    "adam",
    { learningRate: 0.05, beta1: 0.8, beta2: 0.99, epsilon: 1e-3 },
    () => tf.train.adam(0.05, 0.8, 0.99, 1e-3),
  ],
] as const)("%s takes the 20 steps of tfjs's own", (name, options, create) => {
  const theirs = tf.variable(tf.tensor1d(START));
  const oracle = create();
  const optimizer = getOptimizer(name, options);
  const ours = START.slice();
  const gradient = tf.grad((w: tf.Tensor) => loss(w));
  let state = optimizer.init(ours);
  for (let t = 0; t < 20; t++) {
    oracle.minimize(() => loss(theirs));
    const grads = tf.tidy(() => gradient(tf.tensor1d(ours)).dataSync() as Float32Array);
    const step = optimizer.update(grads, state, ours);
    applyUpdates(ours, step.updates);
    state = step.state;
  }
  const expected = theirs.dataSync();
  expect(Math.abs(expected[0] - START[0])).toBeGreaterThan(1e-2);
  ours.forEach((w, i) => {
    // float32 rounding of 20 steps at a size of about 1.
    expect(Math.abs(w - expected[i])).toBeLessThan(5e-6);
  });
  tf.disposeVariables();
});
