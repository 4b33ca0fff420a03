import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../base/index.ts";
import { createOrtExecutor } from "../graph/node.ts";
import { createExampleRunner } from "./example-runner.ts";
import { viewFeatureRows } from "./feature-rows.ts";
import type { ExampleDraw } from "./feature-set.ts";
import { featureSizes } from "./net-spec.ts";
import type { ExampleDrawPart, RunnerReply, RunnerRequest, RunnerSetup } from "./runner-messages.ts";

// A thread of the parallel runner: a session of its own for a part of every batch.

if (parentPort === null) throw new Error("runner-worker.ts runs in a worker thread only");
const port = parentPort;
const setup = workerData as RunnerSetup;
const { spec } = setup;
const sizes = featureSizes(spec);
const shared = new Float32Array(setup.parameters);
const gradient = new Float32Array(setup.gradient);
const parameters = new Float32Array(shared.length);

const runner = await createExampleRunner({
  spec,
  shards: setup.shards.map(({ buffer, offset, length }) =>
    viewFeatureRows(buffer, offset, sizes, spec.nx, length),
  ),
  batch: setup.batch,
  loss: setup.loss,
  createExecutor: (model) => createOrtExecutor(model, { device: "cpu", threads: 1 }),
});

let prepared: { readonly number: number; readonly draw: ExampleDraw } | undefined;

async function serve(request: RunnerRequest): Promise<void> {
  if (request.act === "prepare") {
    prepared = { number: request.part.number, draw: drawOf(request.part) };
    runner.prepare?.(prepared.draw);
    return;
  }
  const { id } = request;
  try {
    parameters.set(shared);
    if (request.act === "evaluate") {
      reply({ id, evaluation: await runner.evaluate(parameters, request.examples) });
      return;
    }
    const known = prepared?.number === request.part.number ? prepared.draw : undefined;
    const result = await runner.gradient(parameters, known ?? drawOf(request.part));
    gradient.set(result.gradient);
    reply({ id, loss: result.loss });
  } catch (error) {
    reply({ id, error: messageOf(error) });
  }
}

function drawOf({ examples, mirrors }: ExampleDrawPart): ExampleDraw {
  return { examples, mirrors };
}

function reply(message: RunnerReply): void {
  port.postMessage(message);
}

let last: Promise<void> = Promise.resolve();
port.on("message", (request: RunnerRequest) => {
  last = last.then(() => serve(request));
});
reply({ id: 0 });
