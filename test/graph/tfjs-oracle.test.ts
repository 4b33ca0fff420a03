import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  constant,
  createGraph,
  type Executor,
  gradients,
  input,
  mul,
  sum,
  type Tensor,
  type TensorData,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor, createTfjsExecutor } from "../../src/graph/node.ts";
import { TFJS_CASES, type TfjsCase } from "./tfjs-cases.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
  await tf.ready();
});

/** Float32 with a few operations in another order; each op's own tolerance comes on top. */
const RELATIVE = 2e-5;
const ABSOLUTE = 2e-6;

type Run = { readonly value: Float32Array; readonly gradients: readonly Float32Array[] };

/** The function's value, and the gradients of its product with fixed weights (any adjoint will do). */
function build(
  opCase: TfjsCase,
  weights: Float32Array | undefined,
): { graph: Tensor["graph"]; outputs: Record<string, Tensor> } {
  const graph = createGraph();
  const xs = opCase.shapes.map((shape, i) => input(graph, `x${i}`, shape));
  const value = opCase.ours(xs);
  const outputs: Record<string, Tensor> = { value };
  if (weights === undefined) return { graph, outputs };
  const loss = sum(
    mul(value, constant(graph, weights, value.shape)),
    value.shape.map((_, axis) => axis),
  );
  gradients(loss, xs).forEach((gradient, i) => {
    outputs[`d${i}`] = gradient;
  });
  return { graph, outputs };
}

async function runOurs(
  executor: Executor,
  opCase: TfjsCase,
  feeds: Record<string, TensorData>,
): Promise<Run> {
  const results = await executor.run(feeds);
  await executor.dispose();
  return {
    value: results.value!.data as Float32Array,
    gradients: opCase.shapes.map((_, i) => results[`d${i}`].data as Float32Array),
  };
}

/** The same in tfjs's own operations, differentiated by tfjs. */
function runTheirs(opCase: TfjsCase, xs: tf.Tensor[], weights: Float32Array): Run & { shape: number[] } {
  const value = opCase.theirs(tf, xs);
  const loss = (...args: tf.Tensor[]): tf.Scalar => {
    const y = opCase.theirs(tf, args);
    return tf.sum(tf.mul(y, tf.tensor(weights.slice(0, y.size), y.shape)));
  };
  return {
    value: value.dataSync() as Float32Array,
    shape: value.shape,
    gradients: tf
      .grads(loss)(xs)
      .map((x) => x.dataSync() as Float32Array),
  };
}

function expectClose(name: string, got: Float32Array, expected: Float32Array, absolute = ABSOLUTE): void {
  expect(got.length, name).toBe(expected.length);
  let scale = 0;
  for (const x of expected) scale = Math.max(scale, Math.abs(x));
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i] - expected[i]);
    expect(error, `${name}[${i}]: got ${got[i]}, expected ${expected[i]}`).toBeLessThanOrEqual(
      absolute + RELATIVE * Math.max(Math.abs(expected[i]), scale * 0.1),
    );
  }
}

describe("every operation and its gradient agree with tfjs's own", () => {
  test.each(TFJS_CASES)("$name", async (opCase) => {
    const rng = createRng(1);
    const [low, high] = opCase.range ?? [-2, 2];
    const draw = (shape: readonly number[]): Float32Array =>
      Float32Array.from(
        { length: shape.reduce((n, d) => n * d, 1) },
        () => low + (high - low) * rng.uniform(),
      );
    const feeds: Record<string, TensorData> = {};
    opCase.shapes.forEach((shape, i) => {
      feeds[`x${i}`] = { data: draw(shape), shape };
    });

    const valueShape = build(opCase, undefined).outputs.value!.shape;
    const weights = Float32Array.from(
      { length: valueShape.reduce((n, d) => n * d, 1) },
      () => 2 * rng.uniform() - 1,
    );
    const { graph, outputs } = build(opCase, weights);
    const ort = await runOurs(await createOrtExecutor(writeOnnx(graph, outputs)), opCase, feeds);
    const interpreted = await runOurs(createTfjsExecutor(tf, graph, outputs), opCase, feeds);
    const xs = opCase.shapes.map((shape, i) => tf.tensor(feeds[`x${i}`].data as Float32Array, [...shape]));
    const theirs = runTheirs(opCase, xs, weights);

    expect(theirs.shape).toEqual([...valueShape]);
    const absolute = opCase.absolute;
    for (const [who, run] of Object.entries({ ort, interpreted })) {
      expectClose(`${who} value`, run.value, theirs.value, absolute);
      run.gradients.forEach((gradient, i) => {
        expectClose(`${who} gradient ${i}`, gradient, theirs.gradients[i], absolute);
      });
    }
  });
});
