import {
  createNetSpec,
  formatNetMetadata,
  NET_METADATA_KEY,
  type NetOptions,
  type NetSpec,
} from "../../src/init-net/index.ts";
import { initNet, writeInferenceModel } from "../../src/init-net/training-models.ts";
import type { Robot } from "../../src/sim/index.ts";

/** A small network: a few milliseconds to build, less than one to run. */
export const SMALL: Partial<NetOptions> = {
  window: 20,
  width: 16,
  layers: 1,
  heads: 2,
  features: 8,
  hidden: 32,
  hypotheses: 3,
};

/** Navigation sizes of a drive at 10 Hz. */
export const sizesOf = (lookahead: number) => ({ N: 30, dt: 0.1, lookahead });

/** A network that was never trained, as a file; `change` may spoil its parameters. */
export function randomNet(
  robot: Robot,
  lookahead: number,
  options: Partial<NetOptions> = {},
  change: (parameters: Float32Array) => void = () => {},
): { bytes: Uint8Array; spec: NetSpec; parameters: Float32Array } {
  const spec = createNetSpec(robot, sizesOf(lookahead), { ...SMALL, ...options });
  const parameters = initNet(spec, 1);
  change(parameters);
  const metadata = { [NET_METADATA_KEY]: formatNetMetadata(spec, { steps: 0 }) };
  return { bytes: writeInferenceModel(spec, parameters, metadata), spec, parameters };
}
