import { driveNavigation } from "mnemosyne-mpc/drive";
import {
  createNetInference,
  type NetInference,
  type NetSession,
  type NetSpec,
  netMisfits,
  netShapes,
  readNetMetadata,
  specFor,
} from "mnemosyne-mpc/init-net";
import type { Robot } from "mnemosyne-mpc/sim";
import { messageOf } from "../../../src/base/index.ts";
import { fetchModel } from "../net/fetch-model.ts";
import { openOrtSession } from "../net/ort-session.ts";
import { DEMO_RATE } from "./drive-demo.ts";

/** A robot's network, or why there is none; for people. */
type DemoNet =
  | { readonly net: NetInference; readonly note?: undefined }
  | { readonly net?: undefined; readonly note: string };

const loaded = new Map<string, Promise<DemoNet>>();

/**
 * The network that came with the page for a robot; loaded once, with its runtime, when first asked for.
 *
 * @param base address of the page
 */
export function demoNet(robot: Robot, base: string): Promise<DemoNet> {
  let net = loaded.get(robot.name);
  if (net === undefined) {
    net = load(robot, base).catch((error: unknown) => {
      loaded.delete(robot.name);
      return {
        note: `the network cannot be used: ${messageOf(error)}`,
      };
    });
    loaded.set(robot.name, net);
  }
  return net;
}

async function load(robot: Robot, base: string): Promise<DemoNet> {
  const own = await fetchModel(`warm-start-${robot.name}.onnx`, base);
  const bytes = own ?? (await fetchModel("warm-start-robots.onnx", base));
  if (bytes === undefined) return { note: `no network for the ${robot.name} comes with this page` };
  const { spec: made } = readNetMetadata(bytes);
  const navigation = driveNavigation(robot, DEMO_RATE);
  const misfits = netMisfits(made, robot, navigation);
  if (misfits.length > 0) return { note: `the network is not for this drive: ${misfits.join("; ")}` };
  const spec = specFor(made, robot, navigation);
  const run = await openOrtSession(bytes);
  await run.run(zeros(spec));
  return { net: createNetInference(run, spec, robot) };
}

function zeros(spec: NetSpec): Parameters<NetSession["run"]>[0] {
  return Object.fromEntries(
    Object.entries(netShapes(spec)).map(([name, shape]) => [
      name,
      { data: new Float32Array(shape.reduce((size, n) => size * n, 1)), shape },
    ]),
  );
}
