import { describe, expect, test } from "vitest";
import {
  createGraph,
  dense,
  gradients,
  input,
  layerNorm,
  mean,
  mul,
  relu,
  square,
  sub,
  type Tensor,
  type TensorData,
  writeOnnx,
} from "../../src/graph/index.ts";
import { createOrtExecutor, inspectDevice, type OrtDevice } from "../../src/graph/node.ts";
import { createRng } from "../../src/linalg/index.ts";

/** Present on a machine with a GPU, or a software Vulkan such as Mesa's lavapipe. */
const webgpu = await inspectDevice("webgpu");
const cuda = await inspectDevice("cuda");
const SIZE = { batch: 8, inputs: 5, hidden: 16 };

/** One step of gradient descent on a small network; its three parameters are state. */
function trainingStep(): Uint8Array {
  const g = createGraph();
  const { batch, inputs, hidden } = SIZE;
  const x = input(g, "x", [batch, inputs]);
  const target = input(g, "target", [batch, 1]);
  const parameters: Record<string, Tensor> = {
    w1: input(g, "w1", [inputs, hidden]),
    gain: input(g, "gain", [hidden]),
    bias: input(g, "bias", [hidden]),
    w2: input(g, "w2", [hidden, 1]),
  };
  const { w1, gain, bias, w2 } = parameters;
  const out = dense(relu(layerNorm(dense(x, w1!), gain!, bias!)), w2!);
  const loss = mean(square(sub(out, target)), [0, 1]);
  const names = Object.keys(parameters);
  const slopes = gradients(loss, Object.values(parameters));
  const outputs: Record<string, Tensor> = { loss };
  names.forEach((name, i) => {
    outputs[`${name}New`] = sub(parameters[name]!, mul(slopes[i]!, 0.05));
  });
  return writeOnnx(g, outputs);
}

const STATE = { w1New: "w1", gainNew: "gain", biasNew: "bias", w2New: "w2" };

async function train(device: OrtDevice, steps: number): Promise<{ losses: number[]; w2: Float32Array }> {
  const rng = createRng(3);
  const { batch, inputs, hidden } = SIZE;
  const draw = (...shape: number[]): TensorData => ({
    data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => rng.gauss()),
    shape,
  });
  const executor = await createOrtExecutor(trainingStep(), { device, state: STATE });
  executor.writeState("w1New", draw(inputs, hidden));
  executor.writeState("gainNew", { data: new Float32Array(hidden).fill(1), shape: [hidden] });
  executor.writeState("w2New", draw(hidden, 1));
  const feeds = { x: draw(batch, inputs), target: draw(batch, 1) };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await executor.run(feeds)).loss!.data[0] as number);
  const { data } = await executor.readState("w2New");
  await executor.dispose();
  return { losses, w2: data as Float32Array };
}

describe.each([webgpu, cuda])("on $device", ({ device, usable, reason }) => {
  const skipped = usable ? "" : ` (skipped: ${reason})`;

  test.skipIf(!usable)(`a network trains to the same parameters as on the cpu${skipped}`, async () => {
    const here = await train(device, 20);
    const there = await train("cpu", 20);
    expect(here.losses.at(-1)!).toBeLessThan(0.7 * here.losses[0]!);
    here.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(there.losses[i]!, 4);
    });
    here.w2.forEach((w, i) => {
      expect(w).toBeCloseTo(there.w2[i]!, 4);
    });
  });
});
