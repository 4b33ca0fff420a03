import {
  createNetInference,
  createNetSpec,
  type NetInference,
  type NetSession,
  type NetSpec,
  netShapes,
  readNetMetadata,
} from "mnemosyne-mpc/init-net";
import { driveNavigation } from "mnemosyne-mpc/planner";
import type { Robot } from "mnemosyne-mpc/sim";
import type { InferenceSession } from "onnxruntime-web";
import { DEMO_RATE } from "./demo-drive.ts";

/** A robot's network, or why there is none; for people. */
export type DemoNet =
  | { readonly net: NetInference; readonly note?: undefined }
  | { readonly net?: undefined; readonly note: string };

const loaded = new Map<string, Promise<DemoNet>>();

/** The network that came with the page for a robot; loaded once, with its runtime, when first asked for. */
export function demoNet(robot: Robot): Promise<DemoNet> {
  let net = loaded.get(robot.name);
  if (net === undefined) {
    net = load(robot).catch((error: unknown) => {
      loaded.delete(robot.name);
      return {
        note: `the network cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      };
    });
    loaded.set(robot.name, net);
  }
  return net;
}

async function load(robot: Robot): Promise<DemoNet> {
  const bytes = await fetchModel(robot);
  if (bytes === undefined) return { note: `no network for the ${robot.name} comes with this page` };
  const { spec } = readNetMetadata(bytes);
  const misfit = misfitOf(spec, robot);
  if (misfit !== undefined) return { note: misfit };
  const [{ env, InferenceSession, Tensor }, wasm] = await Promise.all([
    import("onnxruntime-web/wasm"),
    import("onnxruntime-web/ort-wasm-simd-threaded.wasm?url"),
  ]);
  env.wasm.wasmPaths = { wasm: wasm.default };
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const run = sessionOf(session, (data, shape) => new Tensor("float32", data, shape));
  await run.run(zeros(spec));
  return { net: createNetInference(run, spec, robot) };
}

/** undefined where there is none: some servers answer with a page instead of 404. */
async function fetchModel(robot: Robot): Promise<Uint8Array | undefined> {
  const answer = await fetch(new URL(`models/warm-start-${robot.name}.onnx`, document.baseURI));
  if (!answer.ok || (answer.headers.get("content-type") ?? "").includes("text/html")) return undefined;
  return new Uint8Array(await answer.arrayBuffer());
}

type MakeTensor = (
  data: Float32Array,
  shape: readonly number[],
) => InstanceType<typeof import("onnxruntime-web").Tensor>;

/** ONNX Runtime's session as the library wants one; it is fed no more than the model reads. */
function sessionOf(session: InferenceSession, tensor: MakeTensor): NetSession {
  return {
    async run(feeds) {
      const given = Object.fromEntries(
        session.inputNames.map((name) => [name, tensor(feeds[name].data as Float32Array, feeds[name].shape)]),
      );
      const outputs = await session.run(given);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { data, dims }]) => [
          name,
          { data: data as Float32Array, shape: dims },
        ]),
      );
    },
  };
}

function zeros(spec: NetSpec): Parameters<NetSession["run"]>[0] {
  return Object.fromEntries(
    Object.entries(netShapes(spec)).map(([name, shape]) => [
      name,
      { data: new Float32Array(shape.reduce((size, n) => size * n, 1)), shape },
    ]),
  );
}

/** Why a network is not for this page's drives of a robot. */
function misfitOf(spec: NetSpec, robot: Robot): string | undefined {
  const wanted = createNetSpec(robot, driveNavigation(robot, DEMO_RATE), spec.options);
  const fits =
    spec.robot === wanted.robot &&
    spec.nx === wanted.nx &&
    spec.nu === wanted.nu &&
    spec.N === wanted.N &&
    Math.abs(spec.dt - wanted.dt) < 1e-6 &&
    Math.abs(spec.lookahead - wanted.lookahead) < 1e-6;
  return fits
    ? undefined
    : `the network is for the ${spec.robot} with N = ${spec.N} and dt = ${spec.dt} s, not for this drive`;
}
