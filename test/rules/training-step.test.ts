import { expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import {
  add,
  createGraph,
  gradients,
  input,
  layoutParameters,
  matMul,
  mean,
  mul,
  reshape,
  type StatefulExecutor,
  softplus,
  sub,
  unpackParameters,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor } from "../../src/graph/node.ts";
import {
  createEma,
  getOptimizer,
  type OptimizerState,
  packState,
  unpackState,
} from "../../src/rules/index.ts";

// Logistic regression, 6 features, batch 24: forward, backward, AdamW and the average in one graph.
const B = 24;
const layout = layoutParameters([
  { name: "w", shape: [6, 1], init: "zeros" },
  { name: "b", shape: [1], init: "zeros" },
]);
const n = layout.total;
const optimizer = getOptimizer("adamw", {
  learningRate: 0.05,
  clipNorm: 1,
  decayRanges: [layout.entries[0]],
});
const ema = createEma({ decay: 0.9 });

function trainingStep(): Uint8Array {
  const g = createGraph();
  const params = input(g, "params", [n]);
  const { w, b } = unpackParameters(params, layout);
  const x = input(g, "x", [B, 6]);
  const y = input(g, "y", [B]);
  const logits = reshape(add(matMul(x, w), b), [B]);
  const loss = mean(sub(softplus(logits), mul(logits, y)), [0], true);
  const [grads] = gradients(loss, [params]);
  const step = optimizer.graph!.update(
    params,
    grads,
    [input(g, "m", [n]), input(g, "v", [n])],
    input(g, "hyper", [optimizer.graph!.hyperSize]),
  );
  const average = ema.graph.update(step.params, input(g, "average", [n]), input(g, "emaHyper", [1]));
  const [nextM, nextV] = step.slots;
  return writeOnnx(g, {
    loss,
    sound: step.sound,
    nextParams: step.params,
    nextM,
    nextV,
    nextAverage: average.average,
  });
}
const STATE = { nextParams: "params", nextM: "m", nextV: "v", nextAverage: "average" };

type Checkpoint = {
  readonly params: Float32Array;
  readonly state: OptimizerState;
  readonly average: Float32Array;
};

async function restore(executor: StatefulExecutor, { params, state, average }: Checkpoint): Promise<void> {
  for (const [name, data] of Object.entries({
    nextParams: params,
    nextM: state.slots[0],
    nextV: state.slots[1],
    nextAverage: average,
  }))
    await executor.writeState(name, { data, shape: [n] });
}

async function save(executor: StatefulExecutor, step: number, skipped: number): Promise<Checkpoint> {
  const read = async (name: string) => (await executor.readState(name)).data as Float32Array;
  return {
    params: await read("nextParams"),
    state: { step, skipped, slots: [await read("nextM"), await read("nextV")] },
    average: await read("nextAverage"),
  };
}

/** Steps `from.state.step` to `to` with the batches of those steps. */
async function train(from: Checkpoint, to: number): Promise<{ end: Checkpoint; losses: number[] }> {
  const executor = await createOrtExecutor(trainingStep(), { state: STATE });
  await restore(executor, from);
  const losses: number[] = [];
  let { step, skipped } = from.state;
  while (step < to) {
    const rng = createRng(step);
    const x = Float32Array.from({ length: B * 6 }, () => rng.gauss());
    const y = Float32Array.from({ length: B }, (_, i) => (x[6 * i] - 2 * x[6 * i + 1] + 0.5 > 0 ? 1 : 0));
    const { loss, sound } = await executor.run({
      x: { data: x, shape: [B, 6] },
      y: { data: y, shape: [B] },
      hyper: { data: optimizer.graph!.hyper(step), shape: [optimizer.graph!.hyperSize] },
      emaHyper: { data: ema.graph.hyper(step), shape: [1] },
    });
    losses.push((loss.data as Float32Array)[0]);
    const taken = (sound.data as Float32Array)[0];
    step += taken;
    skipped += 1 - taken;
  }
  const end = await save(executor, step, skipped);
  await executor.dispose();
  return { end, losses };
}

test("a training step as one graph learns, and resumed from bytes it goes on bit for bit", async () => {
  const params = new Float32Array(n);
  const start: Checkpoint = { params, state: optimizer.init(params), average: params };
  const whole = await train(start, 200);
  expect(whole.losses[0]).toBeCloseTo(Math.log(2), 5);
  expect(whole.losses.at(-1)).toBeLessThan(0.3);
  const [w0, w1] = whole.end.params;
  // The labels' plane is (1, -2, 0, ...).
  expect(w1 / w0).toBeLessThan(-1.5);
  expect(w1 / w0).toBeGreaterThan(-2.5);

  const half = await train(start, 77);
  const resumed = await train(unpackState<Checkpoint>(packState(half.end)), 200);
  expect([...half.losses, ...resumed.losses]).toEqual(whole.losses);
  expect(resumed.end).toEqual(whole.end);
});
