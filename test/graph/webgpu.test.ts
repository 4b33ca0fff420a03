import { describe, expect, test } from "vitest";
import { createRng } from "../../src/base/index.ts";
import { type TensorData, writeOnnx } from "../../src/graph/index.ts";
import { createOrtExecutor, inspectDevice, type OrtDevice } from "../../src/graph/node.ts";
import { everyOperation } from "./every-operation.ts";
import { TRAINING_STATE, trainingData, trainingStep } from "./training-step.ts";

/** Usable on a machine with a GPU; webgpu also on a software Vulkan such as Mesa's lavapipe. */
const gpus = [await inspectDevice("webgpu"), await inspectDevice("cuda")];

/** A software GPU compiles its shaders for minutes. [ms] */
const TIMEOUT = 600_000;

async function train(
  device: OrtDevice,
  steps: number,
): Promise<{ losses: number[]; parameters: Float32Array }> {
  const { graph, outputs } = trainingStep();
  const executor = await createOrtExecutor(writeOnnx(graph, outputs), { device, state: TRAINING_STATE });
  const { feeds, parameters } = trainingData(createRng(3));
  executor.writeState("parametersNew", parameters);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push((await executor.run(feeds)).loss!.data[0] as number);
  const { data } = await executor.readState("parametersNew");
  await executor.dispose();
  return { losses, parameters: data as Float32Array };
}

describe.each(gpus)("on $device", ({ device, usable, reason }) => {
  const skipped = usable ? "" : ` (skipped: ${reason})`;

  test.skipIf(!usable)(
    `a network whose parameters stay on the device trains as on the cpu${skipped}`,
    async () => {
      const here = await train(device, 10);
      const there = await train("cpu", 10);
      expect(here.losses[9]).toBeLessThan(0.9 * here.losses[0]);
      here.losses.forEach((loss, i) => {
        expect(loss).toBeCloseTo(there.losses[i], 4);
      });
      here.parameters.forEach((p, i) => {
        expect(p).toBeCloseTo(there.parameters[i], 4);
      });
    },
    TIMEOUT,
  );

  test.skipIf(!usable)(
    `every operation and gradient agrees with the cpu${skipped}`,
    async () => {
      const { model, feeds } = everyOperation();
      const results: Record<string, TensorData>[] = [];
      for (const on of [device, "cpu"] as const) {
        const executor = await createOrtExecutor(model, { device: on });
        results.push(await executor.run(feeds));
        await executor.dispose();
      }
      const [here, there] = results;
      for (const [name, { data }] of Object.entries(there!)) {
        const expected = Array.from(data, Number);
        const scale = Math.max(1, ...expected.map(Math.abs));
        expected.forEach((value, i) => {
          const error = Math.abs(Number(here![name].data[i]) - value);
          // GPUs round exp, erf and division by a few units in the last place.
          expect(error, `${name}[${i}]`).toBeLessThanOrEqual(2e-5 * scale);
        });
      }
    },
    TIMEOUT,
  );
});
